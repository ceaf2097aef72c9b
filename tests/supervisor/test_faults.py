"""Every fault of every source at once, in mid-soak: none passes, each says why, and the healthy ones miss nothing."""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.intent import Tick
from tests.supervisor.faults import FAULTS, METRIC, RATE, RATIO, TOKEN, Fault
from tests.supervisor.faulty_world import World
from tests.supervisor.starving import waited_seconds
from tests.supervisor.supervised import REPOSITORY, Supervised, canary
from tests.waiting import until_async

Build = Callable[..., Supervised]
# The healthy ones have the thirty slots that a threshold takes; the others cost less, and are unknown whatever they have.
EVERY_SECONDS = 0.5
FAULTY_EVERY_SECONDS = 2.0
SOAK_SECONDS = 17

# The same sources with nothing wrong: what their gates say is what the others would have said.
SOUND = [
    *(Fault(kind, "sound", "") for kind in METRIC),
    *(Fault(kind, "sound with a credential", "", server="secure") for kind in ("scrape", "promql", "http")),
    Fault("scrape", "sound rate", "", metric=RATE),
    Fault("scrape", "sound ratio", "", metric=RATIO),
]
EVERYTHING = [*FAULTS, *SOUND]


def plan(world: World) -> str:
    gates = ", ".join(
        f'{{ id = "gate-{fault.id}", text = "{fault.id}", gate = "{fault.condition}", tolerate = "4%", extend = 0 }}'
        for fault in EVERYTHING
    )
    sources = [
        *(fault.toml(world.addresses, FAULTY_EVERY_SECONDS) for fault in FAULTS),
        *(fault.toml(world.addresses, EVERY_SECONDS) for fault in SOUND),
    ]
    soak = f'{{ id = "soak", text = "Soak", soak = "{SOAK_SECONDS}s", items = [{gates}] }}'
    return f'title = "Faults"\n{"".join(sources)}\n' + canary(soak)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    (tmp_path / "world").mkdir()
    world = World(tmp_path / "world", EVERYTHING)
    async with AsyncExitStack() as stack:
        await world.begin(stack, tmp_path / "config" / "qudag-tui" / "config.toml")
        yield world


def errors(run: Supervised) -> dict[str, str]:
    return {name: str(said["error"]) for name, said in run.standings("metric").items()}


async def asked(run: Supervised, *words: str) -> tuple[int, str]:
    """What the command line says of the run: its exit code, and what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "qudag_tui", *words, "--run", str(run.run.folder.path)),
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


async def test_no_fault_of_any_source_passes_and_what_is_healthy_goes_on(
    supervised: Build, world: World, tmp_path: Path
) -> None:
    run = supervised(head=plan(world), checklists="", folder=world.folder)
    await asyncio.to_thread(run.start, XDG_CONFIG_HOME=str(tmp_path / "config"))
    always = {fault.id for fault in FAULTS if fault.server == "nobody"}
    expected = {fault.id: fault.reason for fault in FAULTS}
    clock = SOUND[0].id
    assert run.supervisor is not None
    pids = (os.getpid(), run.supervisor.pid)

    def is_well() -> bool:
        said = run.standings("metric")
        return all(
            fault.id in said and (said[fault.id]["value"] is None) is (fault.id in always) for fault in EVERYTHING
        )

    def only_the_lost_have_none() -> bool:
        return {name for name, error in errors(run).items() if error} == always

    await until_async(is_well, 0.2)
    run.ask(Tick("soak"))
    starved = -sum(map(waited_seconds, pids))
    before = len(run.samples(clock))
    await until_async(lambda: len(run.samples(clock)) > before + 6, 0.1)
    await until_async(only_the_lost_have_none, 0.2)

    await world.turn_bad()
    before, shown, passed = len(run.samples(clock)), set[str](), set[str]()

    def have_all_shown() -> bool:
        found, gates = errors(run), run.standings("gate")
        shown.update(name for name, why in expected.items() if why in found[name])
        passed.update(name for name in shown if gates[f"gate-{name}"]["verdict"] == "pass")
        return shown == expected.keys() and len(run.samples(clock)) > before + 5

    with suppress(TimeoutError):
        await until_async(have_all_shown, 0.2, 60)
    assert {name: errors(run)[name] for name in expected if name not in shown} == {}
    assert passed == set()
    verdicts = {name: said["verdict"] for name, said in run.standings("gate").items()}
    assert {name: verdicts[f"gate-{name}"] for name in expected} == dict.fromkeys(expected, "unknown")
    code, metrics = await asked(run, "metrics", "--json")
    told = {said["id"]: said for said in json.loads(metrics)}
    assert (code, {name for name in expected if told[name]["value"] is not None or not told[name]["error"]}) == (
        0,
        set(),
    )

    await world.turn_well()
    await until_async(lambda: "soak completed" in run.kinds(), 0.1, 120)
    starved += sum(map(waited_seconds, pids))

    facts = {
        fact.item.removeprefix("gate-"): fact for fact in run.facts(ev.GateJudged) if isinstance(fact, ev.GateJudged)
    }
    assert {name: facts[name].verdict for name in expected} == dict.fromkeys(expected, "unknown")
    allowed = math.floor(2 * starved / EVERY_SECONDS)
    missing = {fault.id: facts[fault.id].evidence["missing"] for fault in SOUND}
    assert {name: lost for name, lost in missing.items() if lost > allowed} == {}
    if not allowed:
        assert {fault.id: facts[fault.id].verdict for fault in SOUND} == dict.fromkeys(missing, "pass")
    # What can be well again is so, and its gate is unknown all the same.
    await until_async(only_the_lost_have_none, 0.2)
    code, lines = await asked(run, "gate", "canary")
    assert code == 7
    assert {name for name in expected if f"gate-{name}" not in lines} == set()
    # What the server sent back stands nowhere.
    kept = [path.read_bytes() for path in sorted(run.run.folder.path.rglob("*")) if path.is_file()]
    assert not any(TOKEN.encode() in each for each in kept)
    # Before the servers go: whoever still asks would be accepted by nobody.
    run.kill()
