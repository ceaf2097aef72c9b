"""A checklist file with the files that it names, in a folder of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from qudag_tui.core.checklist import Plan
from qudag_tui.plan.file import parse_plan
from qudag_tui.plan.trust import Review, check, check_before_exec, give, review

AT = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
TEXT = """
title = "A deployment"
trusts = ["lib/**"]

[vars]
node = "http://127.0.0.1:9090"

[sources.node]
scrape = "{node}/metrics"

[[checklists]]
title = "Day"
[[checklists.sections]]
title = "First"
items = [{ id = "deploy", text = "Deploy", run = ["sh", "scripts/deploy.sh", "--config=conf/a.toml", "{node}"] }]

[procedures.rollback]
[[procedures.rollback.steps]]
id = "flags"
text = "Flags off"
run = ["./flags", "off"]

[[procedures.rollback.steps]]
id = "code"
text = "Code"
cwd = "scripts"
run = ["./back.sh"]
"""
NAMED = ("flags", "scripts/deploy.sh", "scripts/back.sh", "conf/a.toml", "lib/deep/a.py")


class Project:
    """A checklist file with the files that it names."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "checklists.toml"
        self.path.write_text(TEXT)
        for name in (*NAMED, "unnamed"):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"#!/bin/sh\n# {name}\n")
            file.chmod(0o755)

    def plan(self, **variables: str) -> Plan:
        return parse_plan(self.path.read_bytes(), "checklists.toml", variables)

    def review(self, **variables: str) -> Review:
        return review(self.plan(**variables), self.path, "/usr/bin:/bin:relative:")

    def trust(self, **variables: str) -> None:
        give(self.review(**variables), "ana", AT)

    def check(self, **variables: str) -> str:
        return check(self.plan(**variables), self.path)

    def change(self, name: str) -> None:
        (self.path.parent / name).write_text("#!/bin/sh\necho changed\n")

    def before_exec(self, step: str) -> str:
        plan = self.plan()
        return check_before_exec(plan, self.path, plan.steps[step])
