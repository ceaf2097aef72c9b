"""A real disk that is full before a rollback, and in the middle of one: it starts from the journal's reserve and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.main import main as qudag_tui
from qudag_tui.core import event as ev
from qudag_tui.core.intent import AddComment
from qudag_tui.core.step import Outcome
from qudag_tui.run.error import NotSaved
from qudag_tui.run.verify import verify
from qudag_tui.supervisor.attempt import end_of
from tests.run.builder import fill_up, small_disk
from tests.supervisor.supervised import Supervised, step
from tests.waiting import until

Begin = Callable[..., Supervised]
MOST_TEXT = 10_000
OUTPUT_BYTES = 100_000
# The shim's own words, where it could not keep what a step wrote.
LOST = "No space left on device"


@pytest.fixture
def on_a_small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Builds a run that lies on a disk of 4 MB, beside a checklist file and steps that do not."""
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("QUDAG_TUI_AS", "ana")
    folder = tmp_path / "project"
    folder.mkdir()
    made: list[Supervised] = []
    with small_disk(folder / "runs", "4m"):

        def build(*steps: str) -> Supervised:
            made.append(Supervised(folder, *steps))
            return made[-1]

        yield build
        for each in made:
            each.close()


def fill(run: Supervised) -> None:
    """Not one byte more."""
    fill_up(run.folder / "runs" / "ballast")


def make_room(run: Supervised) -> None:
    (run.folder / "runs" / "ballast").unlink()


def spend_the_reserve(run: Supervised) -> None:
    """Comment until not even the shortest comment is saved."""
    box, size = next(iter(run.run.plan.items)), MOST_TEXT
    while size:
        try:
            run.ask(AddComment(box, "x" * size))
        except NotSaved:
            size //= 2


def ended(run: Supervised) -> list[ev.StepEnded]:
    return [fact for fact in run.facts(ev.StepEnded) if isinstance(fact, ev.StepEnded)]


STEPS = tuple(step(f"step-{number}", f"echo ran >> count-{number}; echo output of {number}") for number in range(1, 4))


def test_on_a_disk_that_was_full_before_it_runs_from_the_reserve_to_its_end(on_a_small_disk: Begin) -> None:
    run = on_a_small_disk(*STEPS)
    fill(run)
    run.start()
    run.rollback()

    assert run.until_over().outcome is Outcome.PASSED
    assert [run.lines(f"count-{number}") for number in range(1, 4)] == [["ran"]] * 3
    assert [fact.outcome for fact in ended(run)] == ["passed"] * 3
    # What the log lacks is said, and no hash is claimed for what is not there.
    for fact in ended(run):
        assert LOST in fact.error
        assert run.output(fact.step) == b""
    assert verify(run.run.folder).findings == ()


def test_on_a_disk_that_fills_in_mid_step_it_goes_on_to_its_end(on_a_small_disk: Begin) -> None:
    run = on_a_small_disk(
        step(
            "first",
            "echo before; echo began >> began; while [ ! -e full ]; do sleep 0.01; done; yes after | head -c 3000000",
        ),
        *STEPS,
    )
    run.start()
    run.rollback()
    until(lambda: run.lines("began"))
    fill(run)
    (run.folder / "full").touch()

    assert run.until_over().outcome is Outcome.PASSED
    first, *others = ended(run)
    assert first.outcome == "passed"
    assert LOST in first.error
    assert run.output("first").startswith(b"before\n")
    assert [fact.outcome for fact in others] == ["passed"] * 3
    assert [run.lines(f"count-{number}") for number in range(1, 4)] == [["ran"]] * 3
    assert verify(run.run.folder).findings == ()


def test_with_the_reserve_spent_too_nothing_starts_nothing_is_claimed_and_it_is_said(
    on_a_small_disk: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    run = on_a_small_disk(*STEPS)
    run.start()
    fill(run)
    spend_the_reserve(run)
    before = run.kinds()

    code = qudag_tui(["rollback", "--yes", "--run", str(run.run.folder.path)])

    assert code == ExitCode.CANNOT_WRITE
    assert "not saved: the disk" in capsys.readouterr().err
    assert run.kinds() == before
    assert [run.lines(f"count-{number}") for number in range(1, 4)] == [[]] * 3

    make_room(run)
    run.rollback()
    assert run.until_over().outcome is Outcome.PASSED
    assert [run.lines(f"count-{number}") for number in range(1, 4)] == [["ran"]] * 3
    assert verify(run.run.folder).findings == ()


def test_with_the_reserve_spent_in_mid_step_its_end_is_recorded_once_there_is_room(on_a_small_disk: Begin) -> None:
    # Its output is longer than what is set aside for it, so that nothing is given back when it ends.
    run = on_a_small_disk(
        step("first", f"echo began >> began; yes | head -c {OUTPUT_BYTES}; while [ ! -e finish ]; do sleep 0.01; done"),
        *STEPS,
    )
    run.start()
    run.rollback()
    until(lambda: run.lines("began"))
    until(lambda: len(run.output("first")) == OUTPUT_BYTES)
    fill(run)
    spend_the_reserve(run)
    (run.folder / "finish").touch()
    (exit_file,) = (run.run.folder.path / "logs").glob("*.exit")
    until(lambda: end_of(exit_file.read_bytes()))
    assert run.outcomes() == {}

    make_room(run)

    assert run.until_over().outcome is Outcome.PASSED
    assert [run.lines(f"count-{number}") for number in range(1, 4)] == [["ran"]] * 3
    assert verify(run.run.folder).findings == ()
