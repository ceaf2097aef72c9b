"""A real run on disk, part of the way through a deployment, with samples and standings as a supervisor writes them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.refusal import Refusal
from qudag_tui.plan import trust
from qudag_tui.run import clock
from qudag_tui.run.run import Run
from qudag_tui.run.samples import Sample, SampleWriter, StandingKind

SHIPPED = Path(__file__).resolve().parents[2] / "checklists.toml"
ANA = ev.Actor("ana", "deploy", "gate-1", "/dev/pts/3")
BO = ev.Actor("bo", "deploy", "gate-1", "/dev/pts/4")
SUPERVISOR = ev.Actor("supervisor", "deploy", "gate-1", "")

SMALL = """\
title = "Small deployment"
notes = ["Call the commander first"]

[metrics.cpu]
title = "CPU"
short = "cpu"
gauge = "host:cpu_percent"
every = "1s"

[[checklists]]
title = "Day"

[[checklists.sections]]
id = "before"
title = "Before"
items = ["Freeze the code", "Tell the team", { text = "Back up", done = true }]

[[checklists.sections]]
id = "canary"
title = "Canary"
traffic = "10%"
metrics = ["cpu"]
items = [
  "Deploy",
  { text = "Watch it", id = "watch", soak = "30m", items = [{ text = "CPU is normal", id = "cpu-gate", gate = "cpu < 80%" }] },
  { text = "Go or No-Go", id = "go", decision = true },
]

[[checklists.sections]]
id = "after"
title = "After"
ordered = true
items = ["First", "Second"]

[[checklists]]
title = "Sign-offs"
items = [{ text = "QA Lead", id = "qa", signoff = "QA Lead" }]

[[triggers]]
text = "CPU is hot"
id = "hot"
when = "cpu > 95%"

[[triggers]]
text = "Somebody is unhappy"
id = "unhappy"

[[procedures.rollback.steps]]
id = "alert"
text = "Alert the commander"

[[procedures.rollback.steps]]
id = "flags-off"
text = "Switch the flags off"
run = ["true"]
target = "30s"

[[procedures.rollback.steps]]
id = "report"
text = "Write the report"
"""


class Deployment:
    """A run in ``folder`` whose past is told: every event at a moment of its own, the last of them now."""

    def __init__(self, folder: Path, plan: str | Path = SMALL, *, began: float = 0.0, trusted: bool = True) -> None:
        """``began`` is how many seconds ago T was."""
        runs = folder / "runs"
        path = folder / "plan.toml"
        path.write_text(plan if isinstance(plan, str) else plan.read_text(encoding="utf-8"), encoding="utf-8")
        now = clock.now()
        self.began = self._before(now, began)
        self.run = Run.create(
            runs,
            path,
            release="v2.1.0",
            previous="v2.0.9",
            starts=self.began.wall,
            run_id="r1",
            actor=ANA,
            now=self.began,
        )
        if trusted:
            trust.give(trust.review(self.run.plan, path), "ana", self.began.wall)

    @staticmethod
    def _before(now: Instant, seconds: float) -> Instant:
        return Instant(now.wall - timedelta(seconds=seconds), now.boot_ns - round(seconds * NANOSECONDS), now.boot_id)

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self.run.folder.path

    def ask(self, intent: ask.Intent, actor: ev.Actor = ANA, *, ago: float = 0.0) -> ev.Event:
        """Submit an intent as if ``ago`` seconds ago; it has to be granted."""
        moment = self._before(clock.now(), ago)
        answer = self.run.submit(intent, actor, lambda: moment)
        assert not isinstance(answer, Refusal), str(answer)
        return answer

    def record(self, fact: ev.Fact, *, ago: float = 0.0) -> ev.Event:
        """An observation of the supervisor."""
        return self.ask(ask.Record(fact), SUPERVISOR, ago=ago)

    def tick(self, *items: str, actor: ev.Actor = ANA, ago: float = 0.0) -> None:
        """Tick several boxes."""
        for item in items:
            self.ask(ask.Tick(item), actor, ago=ago)

    def samples(self, values: Mapping[str, Iterable[float]], *, ago: float = 0.0) -> None:
        """Series that end ``ago`` seconds ago, one value a period of the metric."""
        now = self._before(clock.now(), ago)
        now_ns = self.run.state.clock.at(now)
        rows = []
        for metric, series in values.items():
            every = (
                round(self.run.plan.metrics[metric].every_seconds * NANOSECONDS)
                if metric in self.run.plan.metrics
                else 5 * NANOSECONDS
            )
            listed = list(series)
            last = now_ns // every * every
            for number, value in enumerate(reversed(listed)):
                at = last - number * every
                if at >= 0 and not math.isnan(value):
                    rows.append(Sample(metric, at, now.wall - timedelta(seconds=number * every / NANOSECONDS), value))
        writer = SampleWriter(self.run.folder)
        writer.add(rows)
        writer.close()

    def standing(self, kind: StandingKind, id_: str, **payload: Any) -> None:
        """What a supervisor last found."""
        writer = SampleWriter(self.run.folder)
        writer.set_standing(kind, id_, self.run.state.clock.at(clock.now()), payload)
        writer.close()
