"""What verify names: changed, removed, reordered, torn; and up to where which witness vouches."""

from __future__ import annotations

from pathlib import Path

import pytest

from qudag_tui.core.intent import Tick
from qudag_tui.run.error import RunBroken
from qudag_tui.run.run import Run
from qudag_tui.run.samples import SampleWriter
from qudag_tui.run.verify import Anchor, Finding, verify
from qudag_tui.run.witness import Witness, write_witness
from tests.run.builder import ANA, at, new_run

TICKS = 5


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Six events: the run's beginning and five ticks."""
    opened = new_run(tmp_path)
    for number in range(TICKS):
        opened.submit(Tick(f"pre/item-{number}"), ANA)
    return opened


def blocks_of(run: Run) -> list[str]:
    return [block + "\n\n" for block in run.folder.journal.read_text().split("\n\n") if block]


def rewrite(run: Run, blocks: list[str]) -> None:
    run.folder.journal.write_text("".join(blocks))


def line_of(run: Run, seq: int) -> int:
    return run.folder.journal.read_text().split(f"\nseq = {seq}\n")[0].count("\n") + 1


def problems(run: Run) -> list[tuple[str, int, int]]:
    return [(one.problem, one.seq, one.line) for one in verify(run.folder).findings]


def test_a_journal_as_it_was_written_is_sound(run: Run) -> None:
    found = verify(run.folder.path)

    assert found.is_sound
    assert (found.events, found.head_seq, found.head_digest) == (6, 6, run.position.digest)
    assert (found.findings, found.anchors) == ((), ())


@pytest.mark.parametrize(
    ("old", "new"),
    [("\n", "\r\n"), ("\n\n", "\n"), ("\n\n", "\n\n# checked\n\n"), (" = ", "  =  "), ("\n\n", "  # ok\n\n")],
    ids=["CRLF", "trimmed", "comments", "spaces", "comments behind"],
)
def test_formatting_raises_no_alarm(run: Run, old: str, new: str) -> None:
    run.folder.journal.write_bytes(run.folder.journal.read_bytes().replace(old.encode(), new.encode()))

    assert verify(run.folder).findings == ()


@pytest.mark.parametrize("seq", range(1, 7))
def test_a_changed_event_is_named_and_no_other(run: Run, seq: int) -> None:
    blocks = blocks_of(run)
    blocks[seq - 1] = blocks[seq - 1].replace('by = "ana"', 'by = "bo"')
    rewrite(run, blocks)

    assert problems(run) == [("changed", seq, line_of(run, seq))]


@pytest.mark.parametrize("seq", range(1, 7))
def test_an_event_of_which_only_the_hash_was_changed_is_named_and_no_other(run: Run, seq: int) -> None:
    blocks = blocks_of(run)
    head, digest = blocks[seq - 1].split('hash = "')
    rewrite(run, [*blocks[: seq - 1], f'{head}hash = "{digest[1:64]}f"\n\n', *blocks[seq:]])

    assert problems(run) == [("changed", seq, line_of(run, seq))]


@pytest.mark.parametrize("seq", range(2, 6))
def test_a_removed_event_is_named(run: Run, seq: int) -> None:
    blocks = blocks_of(run)
    rewrite(run, blocks[: seq - 1] + blocks[seq:])

    assert verify(run.folder).findings == (
        Finding("removed", seq, line_of(run, seq + 1), f"event {seq} is missing before event {seq + 1}"),
    )


def test_several_removed_events_are_named_together(run: Run) -> None:
    blocks = blocks_of(run)
    rewrite(run, [blocks[0], *blocks[4:]])

    assert [str(one) for one in verify(run.folder).findings] == [
        f"line {line_of(run, 5)}: events 2 to 4 are missing before event 5"
    ]


@pytest.mark.parametrize("seq", range(2, 6))
def test_reordered_events_are_named(run: Run, seq: int) -> None:
    blocks = blocks_of(run)
    blocks[seq - 1], blocks[seq] = blocks[seq], blocks[seq - 1]
    rewrite(run, blocks)

    assert problems(run) == [("reordered", seq, line_of(run, seq))]


def test_a_repeated_event_is_named(run: Run) -> None:
    blocks = blocks_of(run)
    rewrite(run, [*blocks, blocks[3]])

    assert [kind for kind, _, _ in problems(run)] == ["reordered"]


def test_a_torn_end_is_named(run: Run) -> None:
    run.folder.journal.write_bytes(run.folder.journal.read_bytes()[:-40])

    assert problems(run) == [("torn", 0, line_of(run, 6))]


def test_text_that_belongs_to_no_event_is_named(run: Run) -> None:
    blocks = blocks_of(run)
    rewrite(run, [*blocks[:3], "note = 3\n\n", *blocks[3:]])

    assert problems(run) == [("stray", 0, line_of(run, 4) - 2)]


def test_an_unreadable_event_is_named(run: Run) -> None:
    blocks = blocks_of(run)
    blocks[2] = blocks[2].replace("by = ", "by : ")
    rewrite(run, blocks)

    assert problems(run) == [("changed", 3, line_of(run, 3))]


def test_a_plan_that_was_changed_is_named(run: Run) -> None:
    plan = run.folder.plan(run.plan.sha256)
    plan.write_bytes(plan.read_bytes() + b"# more\n")

    assert problems(run) == [("missing", 1, 1)]


def test_a_forger_who_mends_the_whole_chain_is_found_by_a_witness(run: Run, tmp_path: Path) -> None:
    forged = new_run(tmp_path / "forged")
    seen = Witness(3, "ab" * 32, at().wall)

    assert verify(forged.folder).is_sound
    found = verify(run.folder, [("bo's laptop", seen)])
    assert found.anchors == (Anchor("bo's laptop", 3, holds=False),)
    assert [one.what for one in found.findings] == ["event 3, or one before it, is another than bo's laptop saw"]


@pytest.mark.parametrize("left", [5, 3, 1])
def test_events_removed_at_the_end_are_found_by_whoever_saw_them(run: Run, left: int) -> None:
    writer = SampleWriter(run.folder)
    writer.set_witness(6, run.position.digest, at())
    writer.close()
    assert verify(run.folder).anchors == (Anchor("samples.db", 6, holds=True),)

    rewrite(run, blocks_of(run)[:left])
    found = verify(run.folder)

    which = "event 6" if left == 5 else f"events {left + 1} to 6"
    assert found.anchors == (Anchor("samples.db", 6, holds=False),)
    assert found.findings == (Finding("removed", left + 1, 0, f"{which} missing at the end: samples.db saw event 6"),)


def test_this_login_s_own_memory_is_a_witness_and_holds_only_up_to_what_it_saw(run: Run) -> None:
    assert run.state.run is not None
    write_witness(run.state.run.nonce, 4, verify_digest(run, 4), at())

    assert verify(run.folder).anchors == (Anchor("this login's own state", 4, holds=True),)


def verify_digest(run: Run, seq: int) -> str:
    return blocks_of(run)[seq - 1].split('hash = "')[1][:64]


def test_without_a_journal_there_is_nothing_to_verify(run: Run) -> None:
    folder = run.folder
    folder.journal.unlink()

    with pytest.raises(RunBroken, match="the journal cannot be read"):
        verify(folder)
