"""Appending at a position and following from one, whatever happens to the file meanwhile."""

from __future__ import annotations

import errno
import os
import shutil
import tomllib
from pathlib import Path

import pytest

from qudag_tui.core.event import Fact, ItemCommented, ItemTicked
from qudag_tui.run.error import NotRecordable, NotSaved, ReadOnly, RunGone, RunRefused
from qudag_tui.run.folder import RunFolder
from qudag_tui.run.journal import START, Appended, Conflict, Followed, Journal, Position
from qudag_tui.run.reserve import RESERVE_BYTES, RESERVE_FILE
from tests.run.builder import ANA, FailingDisk, at, chain, created, fact_of_each_kind

FACTS: tuple[Fact, ...] = (created(), ItemTicked("pre/first"), ItemTicked("pre/second"))


class Desk:
    """A journal in a folder of its own, with three events in it, and a hand that edits the file."""

    def __init__(self, folder: Path, disk: FailingDisk | None = None) -> None:
        self.disk = disk or FailingDisk()
        self.folder = RunFolder.create(folder / "runs", "r1")
        self.file = self.folder.journal
        self.journal = Journal(self.folder, self.disk)
        self.position = START
        for fact in FACTS:
            self.position = self.append(fact).position
        self.disk.calls.clear()

    def append(self, fact: Fact, position: Position | None = None) -> Appended:
        done = self.journal.append(self.position if position is None else position, at(9), ANA, fact)
        assert isinstance(done, Appended)
        return done

    def facts(self) -> list[Fact]:
        """What a fresh reader reads."""
        return [event.fact for event in Journal(self.folder).follow().events]

    def replace(self, data: bytes) -> None:
        """Save as editors do: a new file, renamed over the old one."""
        passing = self.file.with_suffix(".swp")
        passing.write_bytes(data)
        passing.rename(self.file)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_an_appended_event_is_durable_before_append_returns(desk: Desk) -> None:
    done = desk.append(ItemTicked("pre/third"))

    assert desk.disk.calls == ["write", "fsync"]
    assert desk.facts() == [*FACTS, ItemTicked("pre/third")]
    assert (done.event.seq, done.event.actor) == (4, ANA)
    assert done.position == Journal(desk.folder).follow().position


def test_the_first_event_makes_the_file_with_0600_and_space_in_reserve(tmp_path: Path) -> None:
    status = Desk(tmp_path).file.stat()

    assert status.st_mode & 0o777 == 0o600
    assert status.st_blocks * 512 >= RESERVE_BYTES


def test_following_gives_what_is_new_and_nothing_twice(desk: Desk) -> None:
    follower = Journal(desk.folder)
    first = follower.follow()
    desk.append(ItemTicked("pre/third"))
    second = follower.follow(first.position)
    third = follower.follow(second.position)

    assert [event.fact for event in first.events] == list(FACTS)
    assert [event.fact for event in second.events] == [ItemTicked("pre/third")]
    assert (third.events, third.position) == ([], second.position)
    assert not second.reread


def test_the_signature_changes_with_every_append(desk: Desk) -> None:
    before = desk.position.seen
    assert desk.journal.signature() == before
    desk.append(ItemTicked("pre/third"))
    assert desk.journal.signature() != before


def test_appending_where_somebody_else_appended_is_a_conflict(desk: Desk) -> None:
    Journal(desk.folder).append(desk.position, at(9), ANA, ItemTicked("pre/third"))

    assert desk.journal.append(desk.position, at(9), ANA, ItemTicked("pre/fourth")) == Conflict()
    assert desk.facts() == [*FACTS, ItemTicked("pre/third")]


def test_appending_to_a_run_that_has_begun_as_if_it_had_not_is_a_conflict(desk: Desk) -> None:
    assert desk.journal.append(START, at(9), ANA, created()) == Conflict()


def test_an_event_that_cannot_be_recorded_leaves_the_file_alone(desk: Desk) -> None:
    before = desk.file.read_bytes()

    with pytest.raises(NotRecordable):
        desk.append(ItemCommented("pre/first", "\udcff"))

    assert desk.file.read_bytes() == before


# The end of the file


def test_at_every_cut_the_journal_opens_keeps_what_is_complete_and_goes_on(tmp_path: Path) -> None:
    """An event of each kind, cut at every byte of its block, the journal's own first block included."""
    folder = RunFolder.create(tmp_path / "runs", "r1")
    first, *others = fact_of_each_kind()
    assert len(others) >= 30
    disk = FailingDisk()
    journal = Journal(folder, disk)
    for fact in (None, *others):
        facts = (first,) if fact is None else (first, fact)
        _, blocks = chain(*facts)
        before = b"".join(blocks[:-1])
        for cut in range(len(blocks[-1]) + 1):
            (folder.path / "progress.toml.torn").unlink(missing_ok=True)
            folder.journal.write_bytes(before + blocks[-1][:cut])
            is_whole = cut >= len(blocks[-1]) - 2
            expected = list(facts) if is_whole else list(facts[:-1])
            position = journal.follow().position
            done = journal.append(position, at(9), ANA, ItemTicked("pre/next"))
            assert isinstance(done, Appended), f"cut at byte {cut}"
            data = folder.journal.read_bytes()
            assert data.startswith(before + (blocks[-1][:cut] if is_whole else b""))
            assert [event.fact for event in journal.follow().events] == [*expected, ItemTicked("pre/next")]
            torn = blocks[-1][:cut].lstrip()
            kept = (folder.path / "progress.toml.torn").read_bytes() if torn and not is_whole else b""
            assert torn in kept or is_whole


def test_a_reader_without_the_lock_leaves_a_half_written_block_alone(desk: Desk) -> None:
    whole = desk.file.read_bytes()
    desk.file.write_bytes(whole[:-30])

    assert desk.facts() == list(FACTS[:2])
    assert desk.file.read_bytes() == whole[:-30]


def test_a_torn_end_is_kept_aside_and_cut_by_the_next_append(desk: Desk) -> None:
    desk.file.write_bytes(desk.file.read_bytes() + b"[[event]]\nseq = 4\nki")
    desk.append(ItemTicked("pre/third"))

    kept = (desk.folder.path / "progress.toml.torn").read_bytes()
    assert kept.startswith(b"# 20")
    assert kept.endswith(b"[[event]]\nseq = 4\nki\n")
    assert desk.facts() == [*FACTS, ItemTicked("pre/third")]


def test_what_cannot_be_kept_aside_is_not_cut(desk: Desk) -> None:
    torn = desk.file.read_bytes() + b"[[event]]\nseq = 4\nki"
    desk.file.write_bytes(torn)
    desk.disk.full = 0

    with pytest.raises(NotSaved, match="nothing was cut from the journal"):
        desk.append(ItemTicked("pre/third"))
    assert desk.file.read_bytes() == torn

    desk.disk.full = None
    desk.append(ItemTicked("pre/third"))
    assert desk.facts() == [*FACTS, ItemTicked("pre/third")]


def test_nuls_where_a_write_was_lost_are_kept_aside_and_cut(desk: Desk) -> None:
    desk.file.write_bytes(desk.file.read_bytes() + bytes(300))
    desk.append(ItemTicked("pre/third"))

    assert bytes(300) in (desk.folder.path / "progress.toml.torn").read_bytes()
    assert desk.facts() == [*FACTS, ItemTicked("pre/third")]


@pytest.mark.parametrize("missing", [1, 2])
def test_a_lost_line_end_is_added(desk: Desk, missing: int) -> None:
    whole = desk.file.read_bytes()
    desk.file.write_bytes(whole[:-missing])
    done = desk.journal.append(desk.journal.follow().position, at(9), ANA, ItemTicked("pre/third"))

    assert isinstance(done, Appended)
    assert desk.file.read_bytes().startswith(whole + b"[[event]]\n")


def test_a_comment_without_a_line_end_is_kept_where_it_is(desk: Desk) -> None:
    desk.file.write_bytes(desk.file.read_bytes() + b"# bo was here")
    desk.append(ItemTicked("pre/third"))

    assert b"# bo was here\n\n[[event]]\nseq = 4\n" in desk.file.read_bytes()
    assert not (desk.folder.path / "progress.toml.torn").exists()
    assert desk.facts() == [*FACTS, ItemTicked("pre/third")]


def test_an_altered_event_is_never_cut_and_appending_goes_on(desk: Desk) -> None:
    desk.file.write_bytes(desk.file.read_bytes().replace(b"pre/second", b"pre/seconds"))
    found = desk.journal.follow()
    desk.append(ItemTicked("pre/third"), found.position)

    assert desk.facts() == [*FACTS[:2], ItemTicked("pre/seconds"), ItemTicked("pre/third")]


# Editors


def edited(desk: Desk, data: bytes) -> Followed:
    desk.replace(data)
    return desk.journal.follow(desk.position)


def test_an_editor_that_replaced_the_file_is_noticed_and_the_event_goes_to_the_new_one(desk: Desk) -> None:
    orphan = os.open(desk.file, os.O_RDONLY)
    desk.replace(desk.file.read_bytes() + b"# checked\n")
    size = os.fstat(orphan).st_size

    assert desk.journal.append(desk.position, at(9), ANA, ItemTicked("pre/third")) == Conflict()
    followed = desk.journal.follow(desk.position)
    assert (followed.reread, followed.is_behind) == (True, False)
    desk.append(ItemTicked("pre/third"), followed.position)

    assert os.fstat(orphan).st_size == size
    assert desk.facts() == [*FACTS, ItemTicked("pre/third")]
    assert desk.file.stat().st_blocks * 512 >= RESERVE_BYTES
    os.close(orphan)


def test_an_editor_that_saves_between_write_and_the_end_of_an_append_makes_it_a_conflict(desk: Desk) -> None:
    class Meanwhile(FailingDisk):
        def fsync(self, descriptor: int) -> None:
            super().fsync(descriptor)
            desk.replace(before)

    before = desk.file.read_bytes()
    journal = Journal(desk.folder, Meanwhile())

    assert journal.append(desk.position, at(9), ANA, ItemTicked("pre/third")) == Conflict()


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_line_ends_are_the_editors_affair(desk: Desk, end: bytes) -> None:
    followed = edited(desk, desk.file.read_bytes().replace(b"\n", end))
    desk.append(ItemTicked("pre/third"), followed.position)

    assert not followed.is_behind
    assert desk.facts() == [*FACTS, ItemTicked("pre/third")]
    assert len(tomllib.loads(desk.file.read_text())["event"]) == 4


def test_a_file_edited_in_place_without_growing_is_read_again(desk: Desk) -> None:
    data = desk.file.read_bytes().replace(b"pre/first", b"pre/FIRST")
    with desk.file.open("r+b") as file:
        file.write(data)
    status = desk.file.stat()
    os.utime(desk.file, ns=(status.st_atime_ns, status.st_mtime_ns + 1))

    followed = desk.journal.follow(desk.position)

    assert followed.reread
    assert followed.events[1].fact == ItemTicked("pre/FIRST")


def test_a_file_that_lacks_what_was_read_is_behind(desk: Desk) -> None:
    _, blocks = chain(*FACTS[:2])

    followed = edited(desk, b"".join(blocks))

    assert (followed.reread, followed.is_behind) == (True, True)
    assert desk.journal.append(desk.position, at(9), ANA, ItemTicked("pre/third")) == Conflict()


def test_a_file_on_which_others_went_on_without_my_last_event_is_behind(desk: Desk) -> None:
    _, blocks = chain(*FACTS[:2], ItemTicked("pre/other"), ItemTicked("pre/another"))

    assert edited(desk, b"".join(blocks)).is_behind


# Disks


def test_a_failing_fsync_is_not_retried_and_the_event_is_taken_back(desk: Desk) -> None:
    before = desk.file.read_bytes()
    desk.disk.fails = {"fsync"}

    with pytest.raises(NotSaved) as caught:
        desk.append(ItemTicked("pre/third"))

    assert str(caught.value) == (
        f"{desk.file}: not saved: the disk did not confirm it (Input/output error): mend that, then do it again"
    )
    assert desk.disk.calls == ["write", "fsync", "truncate", "reserve"]
    assert desk.file.read_bytes() == before

    desk.disk.fails = set()
    desk.append(ItemTicked("pre/third"))
    assert desk.facts() == [*FACTS, ItemTicked("pre/third")]


def test_a_short_write_is_taken_back(desk: Desk) -> None:
    before = desk.file.read_bytes()
    desk.disk.full = 17

    with pytest.raises(NotSaved, match="the disk took 17 of 2"):
        desk.append(ItemTicked("pre/third"))

    assert desk.file.read_bytes() == before
    assert desk.disk.calls == ["write", "truncate", "reserve"]


def test_a_full_disk_says_so_and_is_usable_again_when_there_is_room(desk: Desk) -> None:
    desk.disk.full = 0
    with pytest.raises(NotSaved, match="not saved: No space left on device"):
        desk.append(ItemTicked("pre/third"))

    desk.disk.full = None
    desk.append(ItemTicked("pre/third"))
    assert desk.facts() == [*FACTS, ItemTicked("pre/third")]


def test_where_an_event_cannot_be_taken_back_nothing_more_is_written(desk: Desk) -> None:
    desk.disk.fails = {"fsync", "truncate"}
    with pytest.raises(ReadOnly, match="what was not saved could not be taken back"):
        desk.append(ItemTicked("pre/third"))

    desk.disk.fails = set()
    with pytest.raises(ReadOnly):
        desk.append(ItemTicked("pre/third"))


def test_the_reserve_is_renewed_when_half_of_it_is_used(desk: Desk) -> None:
    half = "x" * (RESERVE_BYTES // 2 + 8192)
    desk.position = desk.append(ItemCommented("pre/first", half)).position

    assert desk.disk.calls == ["write", "fsync", "reserve"]
    status = desk.file.stat()
    assert status.st_blocks * 512 - status.st_size >= RESERVE_BYTES


def test_where_a_filesystem_cannot_reserve_a_file_is_given_up_for_an_event(tmp_path: Path) -> None:
    class Plain(FailingDisk):
        """No fallocate; and full, until the reserve file is gone."""

        is_full = False

        def reserve(self, descriptor: int, offset: int, length: int) -> None:  # noqa: ARG002 - as fallocate's
            raise OSError(errno.EOPNOTSUPP, "not supported")

        def write(self, descriptor: int, data: bytes) -> int:
            if self.is_full and spare.exists():
                raise OSError(errno.ENOSPC, "full")
            return super().write(descriptor, data)

    desk = Desk(tmp_path, Plain())
    spare = desk.folder.path / RESERVE_FILE
    assert spare.stat().st_size == RESERVE_BYTES
    Plain.is_full = True

    position = desk.append(ItemTicked("pre/third")).position
    desk.append(ItemTicked("pre/fourth"), position)

    assert desk.facts() == [*FACTS, ItemTicked("pre/third"), ItemTicked("pre/fourth")]


# Folders


def test_a_folder_deleted_under_it_is_said_to_be_gone(desk: Desk) -> None:
    shutil.rmtree(desk.folder.path)

    with pytest.raises(RunGone, match="the run's folder was deleted or moved"):
        desk.journal.signature()
    with pytest.raises(RunGone):
        desk.append(ItemTicked("pre/third"))
    with pytest.raises(RunGone):
        desk.journal.follow(desk.position)


def test_a_folder_put_in_its_place_is_not_taken_for_it(desk: Desk, tmp_path: Path) -> None:
    desk.folder.path.rename(tmp_path / "elsewhere")
    RunFolder.create(tmp_path / "runs", "r1")

    with pytest.raises(RunGone):
        desk.append(ItemTicked("pre/third"))


@pytest.mark.parametrize("name", ["progress.toml", "journal.lock"])
def test_a_link_in_place_of_a_file_is_refused(desk: Desk, tmp_path: Path, name: str) -> None:
    (desk.folder.path / name).rename(tmp_path / "target")
    (desk.folder.path / name).symlink_to(tmp_path / "target")

    with pytest.raises(RunRefused, match="it is a symbolic link"):
        desk.append(ItemTicked("pre/third"))
