"""``kill -9`` of front end, supervisor and shim at every event of a rollback, and at random moments.

``QUDAG_TUI_CRASHES=500`` tries that many random moments instead of 40.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from tests.supervisor.crashing import FRONT_END, KINDS, SHIM, STEPS, SUPERVISOR, Rollback, Strike

CRASHES = int(os.environ.get("QUDAG_TUI_CRASHES", "40"))
# Several tests of some crashes each, so that they are shared out.
CRASHES_EACH = 5
LONGEST_WAIT_SECONDS = 0.03

Begin = Callable[[], Rollback]

# Every process that forks here has one thread that matters; from Python 3.12 on it warns of any other (xdist's, say).
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Begins a run in a folder of its own."""
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("QUDAG_TUI_AS", "ana")
    made: list[Rollback] = []

    def build() -> Rollback:
        folder = tmp_path / f"project-{len(made)}"
        folder.mkdir()
        made.append(Rollback(folder))
        return made[-1]

    yield build
    for each in made:
        each.close()


def boundaries() -> Iterator[Strike]:
    """Each process at each event at which it is there, and each writer right before its own."""
    for seq, kind in enumerate(KINDS, 1):
        if seq >= 2:
            yield Strike(seq, SUPERVISOR)
        if seq >= 3:
            yield Strike(seq, FRONT_END)
        if kind.startswith("step "):
            yield Strike(seq, SHIM)
        if seq >= 2:
            yield Strike(seq, FRONT_END if kind == "execution requested" else SUPERVISOR, before=True)
    yield Strike(KINDS.index("step started") + 1, SHIM, before=True)


def name_of(strike: Strike) -> str:
    return f"{strike.victim} {'before' if strike.before else 'after'} {strike.seq} {KINDS[strike.seq - 1]}"


def test_undisturbed_it_writes_what_the_matrix_expects(begin: Begin) -> None:
    run = begin()
    run.supervise()
    run.ask_for_it()

    run.finish()

    assert run.kinds() == list(KINDS)
    run.must_hold()


@pytest.mark.parametrize("strike", list(boundaries()), ids=name_of)
def test_whoever_is_killed_at_an_event_no_step_runs_twice_and_a_person_can_end_it(begin: Begin, strike: Strike) -> None:
    run = begin()
    run.supervise(strike)
    run.ask_for_it(strike)
    run.until(lambda _: run.has_ended(strike.victim) if strike.victim != SHIM else len(run.kinds()) >= strike.seq)

    run.finish()

    run.must_hold()


@pytest.mark.parametrize("number", range(-(-CRASHES // CRASHES_EACH)))
def test_killed_at_random_moments_no_step_runs_twice_and_a_person_can_end_it(begin: Begin, number: int) -> None:
    chance = random.Random(f"crash {number}")
    for _ in range(min(CRASHES_EACH, CRASHES - number * CRASHES_EACH)):
        run = begin()
        run.supervise()
        run.ask_for_it()
        for _ in range(chance.randint(1, 2)):
            strike_at_random(run, chance)
        run.finish()
        run.must_hold()
        run.close()


def strike_at_random(run: Rollback, chance: random.Random) -> None:
    """Wait for a random number of events, and a moment; then kill one, two, or all."""
    wanted = chance.randint(2, len(KINDS) - 1)
    victims = chance.sample([FRONT_END, SUPERVISOR, SHIM], chance.randint(1, 3))
    pause = chance.uniform(0, LONGEST_WAIT_SECONDS)
    run.until(lambda _: len(run.kinds()) >= wanted or nothing_more_comes(run))
    time.sleep(pause)
    for victim in victims:
        run.strike(victim)


def nothing_more_comes(run: Rollback) -> bool:
    if run.has_ended(SUPERVISOR) or run.has_ended(FRONT_END):
        return True
    return run.execution is not None and (run.execution.waits_for is not None or run.execution.held)


@pytest.mark.parametrize("before", [True, False])
def test_a_front_end_killed_while_it_begins_a_run_leaves_a_whole_run_or_none(begin: Begin, *, before: bool) -> None:
    from qudag_tui.cli.main import main
    from qudag_tui.run.folder import list_runs

    run = begin()
    again = ["new", str(run.path), "--release", "v3", "--id", "again"]
    run.fork(FRONT_END, lambda: main(again), Strike(1, FRONT_END, before=before))
    run.until(lambda _: run.has_ended(FRONT_END))

    assert [one.id for one in list_runs(run.folder / "runs") if one.broken] == []
    assert main(again) == 0
    assert "again" in [one.id for one in list_runs(run.folder / "runs")]


def test_each_step_of_the_matrix_counts_its_own_executions(begin: Begin) -> None:
    """The proof would be worth nothing if a second execution went unseen."""
    from qudag_tui.core.intent import Execute
    from tests.supervisor.supervised import ANA

    run = begin()
    run.supervise()
    run.ask_for_it()
    run.finish()
    run.run.submit(Execute("rollback"), ANA)
    run.until(lambda state: [str(e.outcome) for e in state.executions.values()] == ["passed", "passed"])

    assert [run.lines(f"count-{name}") for name in STEPS] == [["ran", "ran"]] * len(STEPS)
    assert len(run.facts(ev.StepStarted)) == 2 * len(STEPS)
