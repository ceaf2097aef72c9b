from __future__ import annotations

import re
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
ALLOWED_AT_THE_TOP = {
    "pyproject.toml",
    "qudag_tui",
    "checklists.toml",
    "tests",
    "screenshots",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "CONTRIBUTING.md",
    "docs",
}


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (TOP / name).exists()]


def test_the_top_of_the_repository_holds_what_was_agreed() -> None:
    tops = {name.split("/")[0] for name in tracked()}

    assert sorted(top for top in tops if not top.startswith(".") and top not in ALLOWED_AT_THE_TOP) == []


def test_no_module_has_grown_past_four_hundred_lines() -> None:
    long = {
        name: lines
        for name in tracked()
        if name.endswith(".py") and (lines := len((TOP / name).read_text().splitlines())) > 400
    }

    assert long == {}


def test_every_link_between_the_documents_leads_somewhere() -> None:
    broken: list[str] = []
    for name in (name for name in tracked() if name.endswith(".md")):
        targets = re.findall(r"\]\(([^)#\s]+)", (TOP / name).read_text())
        broken += [f"{name}: {t}" for t in targets if "://" not in t and not (TOP / name).parent.joinpath(t).exists()]

    assert broken == []


def test_nothing_is_referenced_that_lies_beside_the_repository() -> None:
    texts = [name for name in tracked() if name.endswith((".py", ".md", ".toml", ".tcss", ".svg"))]
    found = [name for name in texts if name != "tests/test_repository.py" and "../shared" in (TOP / name).read_text()]

    assert found == []
