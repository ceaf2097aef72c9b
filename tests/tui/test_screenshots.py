"""The pictures in the README are of real states; with QUDAG_TUI_SCREENSHOTS=1 they are drawn anew."""

from __future__ import annotations

import html
import math
import os
import random
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.observed import SUPERVISOR
from qudag_tui.run import clock
from tests.tui.deployment import BO, SHIPPED, Deployment
from tests.tui.robot import Robot, at_the_screen

SCREENSHOTS = Path(__file__).resolve().parents[2] / "screenshots"
EVENING = datetime(2026, 11, 22, 21, 4, 5, tzinfo=UTC)
CANARY, PROBLEM = "canary", "http://127.0.0.1:9090/metrics: connection refused"


class Evening:
    """It is always the same evening in the pictures; time goes on from there, or jumps on."""

    def __init__(self) -> None:
        self.real, self.began, self.later = clock.now, clock.now().wall, timedelta()

    def now(self) -> Instant:
        moment = self.real()
        seconds = round(self.later.total_seconds() * NANOSECONDS)
        return Instant(EVENING + self.later + (moment.wall - self.began), moment.boot_ns + seconds, moment.boot_id)


@pytest.fixture(autouse=True)
def evening(monkeypatch: pytest.MonkeyPatch) -> Evening:
    it = Evening()
    monkeypatch.setattr("qudag_tui.run.clock.now", it.now)
    return it


def wave(level: float, swing: float, noise: float, count: int, period: float) -> list[float]:
    luck = random.Random(level)
    return [level + swing * math.sin(n / period) + luck.gauss(0, noise) for n in range(count)]


def soaking(folder: Path) -> Deployment:
    """52 minutes after T: phase 1 soaks, the host is measured, no node answers."""
    deployment = Deployment(folder, SHIPPED, began=3120)
    before, canary = (
        [item.id for item in deployment.run.plan.sections[name].items]
        for name in ("deployment-day-checklist/pre-deployment-t-2-hours", CANARY)
    )
    deployment.record(ev.SupervisorStarted(4242, 1, 0, "0"), ago=3100)
    deployment.tick(*before, ago=3000)
    deployment.tick(canary[0], canary[1], ago=800)
    deployment.ask(ask.AddComment(canary[2], "dashboards are at /d/canary"), BO, ago=760)
    deployment.tick(canary[2], ago=698)
    deployment.samples(
        {
            SUPERVISOR: [1.0],
            "cpu": wave(31, 6, 2, 900, 40),
            "memory": [value + n * 3e4 for n, value in enumerate(wave(410e6, 1e6, 2e6, 400, 30))],
            "load": wave(0.8, 0.3, 0.02, 400, 25),
            "disk": [61.2] * 400,
        }
    )
    deployment.standing(
        "gate", canary[6], verdict="pass", line="31%, limit 80% · 690 slots, 0 missing, 1 s old", value=31.0, limit=80.0
    )
    for gate in (canary[3], canary[4]):
        deployment.standing("gate", gate, verdict="unknown", line="no value", error=PROBLEM)
    for metric in ("response_time", "error_rate", "throughput", "cache_hit", "latency", "node_memory", "up"):
        deployment.standing("metric", metric, verdict="unknown", error=PROBLEM)
    for trigger in deployment.run.plan.triggers[:2]:
        deployment.standing("trigger", trigger.id, verdict="unknown", error=PROBLEM)
    return deployment


def rolling_back(folder: Path) -> Deployment:
    """The rollback was started; its second step runs and writes."""
    deployment = soaking(folder)
    instability = deployment.run.plan.triggers[3].id
    deployment.ask(ask.Tick(instability), BO, ago=35)
    request = deployment.ask(ask.Execute("rollback", "errors at 50%"), ago=22).seq
    deployment.record(ev.RequestClaimed(request), ago=21.9)
    alert = deployment.run.plan.procedures["rollback"].steps[0].id
    deployment.ask(ask.MarkStep(alert, "passed"), ago=18)
    logs = deployment.run.folder.logs
    logs.mkdir(mode=0o700, exist_ok=True)
    log = logs / "0016-flags-off.1.log"
    log.write_text("simd_crypto off\nmemory_pooling off\nconnection_pooling off\n")
    log.chmod(0o600)
    pid = os.getpid()
    deployment.record(ev.StepStarted("flags-off", request, 1, pid, 1, pid, 1, log.name), ago=7)
    return deployment


def decided(folder: Path) -> Deployment:
    """The soak is over: three gates have had their final look, one box is deferred."""
    deployment = soaking(folder)
    canary = [item.id for item in deployment.run.plan.sections[CANARY].items]
    started = deployment.run.state.soaks[canary[2]].seq
    looks = [
        ("unknown", "no value"),
        ("unknown", "no value"),
        ("unknown", "412 MB · a trend is judged from the next version on"),
        ("pass", "31%, limit 80% · 1800 slots"),
    ]
    for gate, (verdict, line) in zip(canary[3:7], looks, strict=True):
        deployment.record(ev.GateJudged(gate, started, verdict, line), ago=60)
    deployment.record(ev.SoakCompleted(canary[2], started, 1800.0), ago=59)
    deployment.tick(canary[6], ago=50)
    for gate, why in zip(canary[3:6], ("no node here", "no node here", "flat by eye"), strict=True):
        deployment.ask(ask.Override(gate, why), BO, ago=40)
    deployment.ask(
        ask.Defer(canary[7], "deployment-day-checklist/post-deployment-t-24-hours", "asked, no answers yet"), BO
    )
    return deployment


async def nothing(robot: Robot) -> None:
    await robot.sees("observed")


async def gate_under_the_cursor(robot: Robot) -> None:
    await robot.press("j", "j", "j", "j")
    await robot.sees("condition cpu < 80%")


async def rollback(robot: Robot) -> None:
    await robot.press("3")
    await robot.sees("connection_pooling off")


async def decision(robot: Robot) -> None:
    await robot.press("d")


async def metrics(robot: Robot) -> None:
    await robot.press("2")


Scene = tuple[Callable[[Path], Deployment], tuple[int, int], Callable[[Robot], Awaitable[None]], list[str]]
SCENES: dict[str, Scene] = {
    "checklists": (
        soaking,
        (120, 36),
        gate_under_the_cursor,
        [
            "T+00:52",
            "● supervised",
            "Phase 1: Canary (10%)",
            "soaking",
            "of 30:00 observed",
            "pass so far",
            "9 claimed",
        ],
    ),
    "checklists-80x24": (soaking, (80, 24), nothing, ["17/86", "1 Checklists", "of 30:00 observed", "due 23 Nov"]),
    "rollback": (
        rolling_back,
        (80, 24),
        rollback,
        [
            "cannot be told: connection refused",
            "Rollback to v2.0.9",
            "running",
            "of 00:30",
            "REPORTED bo",
            "connection_pooling off",
            "abort",
        ],
    ),
    "decision": (
        decided,
        (120, 36),
        decision,
        ["Go or No-Go", "overridden", "deferred", "A Go now needs a reason", "recorded as ana", "not now"],
    ),
    "metrics": (
        soaking,
        (120, 36),
        metrics,
        ["2 Metrics", "Memory in use", "limit 80%", "not measured", "connection refused"],
    ),
}


def texts_of(svg: str) -> str:
    """The words of a picture, line by line, as they stand on the screen."""
    lines: dict[str, list[tuple[float, str]]] = {}
    for x, y, text in re.findall(r'<text[^>]*? x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>', svg):
        lines.setdefault(y, []).append((float(x), html.unescape(text).replace("\xa0", " ")))
    return "\n".join("".join(text for _, text in sorted(parts)) for parts in lines.values())


def picture(robot: Robot) -> str:
    """The screen as SVG that fetches nothing: the fonts that Textual names lie on a network."""
    svg = robot.app.export_screenshot(title="qudag-tui")
    svg = re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)
    return svg.replace("Fira Code", "Fira Code, DejaVu Sans Mono")


def check(name: str, robot: Robot, expected: list[str]) -> None:
    path = SCREENSHOTS / f"{name}.svg"
    if os.environ.get("QUDAG_TUI_SCREENSHOTS") == "1":
        path.write_text(picture(robot), encoding="utf-8")
    svg = path.read_text(encoding="utf-8")
    assert [text for text in expected if text not in texts_of(svg)] == []
    assert re.findall(r"(?:href|src|url\()\s*=?\s*[\"']?\s*https?:", svg) == []


@pytest.mark.parametrize("name", SCENES)
async def test_a_picture_shows_a_real_state(name: str, tmp_path: Path) -> None:
    build, size, prepare, expected = SCENES[name]
    async with at_the_screen(build(tmp_path), size) as robot:
        await robot.sees("● supervised")
        await prepare(robot)
        await robot.sees(*expected)

        check(name, robot, expected)


async def test_the_recap_is_shown_to_who_comes_back(tmp_path: Path, evening: Evening) -> None:
    expected = [
        "Welcome back, ana. You left 2 h 04 min ago.",
        "running",
        "happened",
        "“Disable feature flags (< 30 seconds)”",
        "go on",
    ]
    deployment = soaking(tmp_path)
    async with at_the_screen(deployment):
        pass
    evening.later = timedelta(minutes=124)
    deployment.samples({SUPERVISOR: [1.0]})
    request = deployment.ask(ask.Execute("rollback", "errors at 50%"), BO, ago=1500).seq
    deployment.record(ev.RequestClaimed(request), ago=1499)
    alert = deployment.run.plan.procedures["rollback"].steps[0].id
    deployment.ask(ask.MarkStep(alert, "passed"), BO, ago=1480)
    deployment.record(ev.StepStarted("flags-off", request, 1, 10, 1, 9, 1), ago=1479)
    deployment.record(ev.StepEnded("flags-off", request, 1, "passed", code=0, seconds=5.2), ago=1474)
    deployment.record(ev.WatchStarted("recovery", request), ago=1473)
    deployment.record(
        ev.WatchEnded("recovery", request, "passed", "pass", "31%, limit 95% · held in the last 15 slots"), ago=1450
    )
    async with at_the_screen(deployment, (80, 24), recap=True) as robot:
        await robot.sees(*expected)

        check("recap", robot, expected)


def test_every_picture_is_one_of_these() -> None:
    assert {path.stem for path in SCREENSHOTS.glob("*.svg")} == {*SCENES, "recap"}
