"""One run as its users see it: begun, followed, added to, and what happens when the disk or a colleague interferes."""

from __future__ import annotations

import shutil
import threading
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qudag_tui.core.event import Event, ItemTicked, RunCreated
from qudag_tui.core.intent import AddComment, Tick, Untick
from qudag_tui.core.item import ItemState
from qudag_tui.core.refusal import Refusal
from qudag_tui.plan.error import PlanErrors
from qudag_tui.run.error import Behind, InvalidRunId, NotRecordable, NotSaved, RunBroken, RunExists, RunGone
from qudag_tui.run.run import Run
from qudag_tui.run.verify import verify
from tests.run.builder import ANA, BO, FailingDisk, at, new_run, small_disk, write_plan

FIRST, SECOND = "pre/item-0", "pre/item-1"


def tick(run: Run, item: str) -> Event:
    event = run.submit(Tick(item), ANA, lambda: at(5))
    assert isinstance(event, Event)
    return event


def state_of(run: Run, item: str) -> ItemState:
    return run.state.item_state(run.plan.items[item])


# Beginning


def test_a_new_run_says_what_it_is_in_its_first_event(tmp_path: Path) -> None:
    run = Run.create(
        tmp_path / "runs",
        write_plan(tmp_path),
        release="v2",
        previous="v1",
        starts=datetime(2026, 11, 22, 23, tzinfo=UTC),
        actor=ANA,
        now=at(),
    )

    fact = run.events[0].fact
    assert isinstance(fact, RunCreated)
    assert (fact.run, fact.title, fact.release, fact.previous) == ("2026-11-22-v2", "A deployment", "v2", "v1")
    assert (fact.starts, fact.plan) == ("2026-11-22T23:00:00.000000Z", run.plan.sha256)
    assert fact.file == str(tmp_path / "checklists.toml")
    assert len(bytes.fromhex(fact.nonce)) == 16
    assert run.folder.plan(fact.plan).read_bytes() == (tmp_path / "checklists.toml").read_bytes()
    assert run.catch_up() == []


def test_a_day_s_second_run_of_a_release_gets_a_number(tmp_path: Path) -> None:
    plan = write_plan(tmp_path)

    ids = [Run.create(tmp_path / "runs", plan, release="rel/2.1 rc", actor=ANA, now=at()).folder.id for _ in range(3)]

    assert ids == ["2026-11-22-rel-2.1-rc", "2026-11-22-rel-2.1-rc-2", "2026-11-22-rel-2.1-rc-3"]


def test_an_id_that_is_taken_or_no_name_is_refused(tmp_path: Path) -> None:
    new_run(tmp_path)

    with pytest.raises(RunExists):
        new_run(tmp_path)
    for wrong in ("../x", "", ".hidden", "a b", "x" * 200):
        with pytest.raises(InvalidRunId, match="cannot be the name of a run"):
            Run.create(tmp_path / "runs", tmp_path / "checklists.toml", release="v", run_id=wrong, actor=ANA, now=at())


def test_a_run_that_could_not_be_begun_leaves_nothing(tmp_path: Path) -> None:
    disk = FailingDisk()
    disk.full = 0

    with pytest.raises(NotSaved):
        new_run(tmp_path, disk)

    assert list((tmp_path / "runs").iterdir()) == []


def test_a_plan_that_is_none_begins_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("title = ")

    with pytest.raises(PlanErrors):
        Run.create(tmp_path / "runs", tmp_path / "x.toml", release="v", actor=ANA, now=at())

    assert not (tmp_path / "runs").exists()


def test_a_run_whose_plan_was_changed_or_is_gone_says_so(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    plan = run.folder.plan(run.plan.sha256)
    plan.write_bytes(plan.read_bytes() + b"\n")
    with pytest.raises(RunBroken, match="the plan it follows was changed: put the original back"):
        Run.open(run.folder.path)

    plan.unlink()
    with pytest.raises(RunBroken, match="the plan it follows cannot be read"):
        Run.open(run.folder.path)


def test_the_plan_that_a_run_follows_is_its_own_copy(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    (tmp_path / "checklists.toml").write_text("nonsense")

    assert Run.open(run.folder.path).plan == run.plan


# Adding and following


def test_what_is_submitted_is_in_state_events_and_file(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    event = tick(run, FIRST)

    assert (event.seq, event.fact, event.actor, event.at) == (2, ItemTicked(FIRST), ANA, at(5))
    assert run.events[1:] == [event]
    assert state_of(run, FIRST) is ItemState.DONE
    assert Run.open(run.folder.path).events == run.events


def test_what_is_refused_is_not_in_the_file(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    before = run.folder.journal.read_bytes()

    assert isinstance(run.submit(Untick(FIRST), ANA), Refusal)
    assert run.folder.journal.read_bytes() == before


def test_everybody_decides_on_what_the_others_did(tmp_path: Path) -> None:
    mine = new_run(tmp_path)
    theirs = Run.open(mine.folder.path)
    tick(mine, FIRST)

    assert isinstance(theirs.submit(Tick(FIRST), BO), Refusal)
    assert state_of(theirs, FIRST) is ItemState.DONE


def test_each_event_is_delivered_once_and_in_order_own_ones_too(tmp_path: Path) -> None:
    mine = new_run(tmp_path)
    theirs = Run.open(mine.folder.path)
    delivered: list[Event] = []
    for item in (FIRST, SECOND):
        tick(theirs, item)
        delivered += mine.catch_up()
        assert isinstance(mine.submit(AddComment(item, "seen"), BO), Event)
        tick(theirs, item.replace("item-", "item-1"))
    delivered += mine.catch_up()

    assert delivered == mine.events[1:] == theirs.events[1:]
    assert len(delivered) == 6
    assert mine.catch_up() == []


def test_a_thread_that_follows_gets_every_event_that_another_submits(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    theirs = Run.open(run.folder.path)
    delivered: list[Event] = []
    is_done = threading.Event()

    def follow() -> None:
        while not is_done.is_set():
            delivered.extend(run.catch_up())

    follower = threading.Thread(target=follow)
    follower.start()
    for number in range(100):
        for one in (run, theirs):
            assert isinstance(one.submit(AddComment(FIRST, str(number)), ANA), Event)
    is_done.set()
    follower.join()
    delivered += run.catch_up()

    assert delivered == run.events[1:]
    assert len(delivered) == 200


def test_the_clock_is_asked_under_the_lock_so_that_times_are_in_order(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    theirs = Run.open(run.folder.path)
    calls: list[int] = []

    def now() -> object:
        calls.append(len(run.events))
        return at(9)

    tick(theirs, FIRST)
    run.submit(Tick(SECOND), ANA, now)  # type: ignore[arg-type]  # an Instant, said loosely

    assert calls == [2]


def test_a_text_that_cannot_be_recorded_is_an_error_and_the_run_goes_on(tmp_path: Path) -> None:
    run = new_run(tmp_path)

    with pytest.raises(NotRecordable, match="half a character"):
        run.submit(AddComment(FIRST, "\ud800"), ANA)

    assert tick(run, FIRST).seq == 2


def test_an_event_that_was_not_saved_is_neither_in_state_nor_in_events(tmp_path: Path) -> None:
    disk = FailingDisk()
    run = new_run(tmp_path, disk)
    disk.fails = {"fsync"}
    with pytest.raises(NotSaved):
        tick(run, FIRST)
    assert (len(run.events), state_of(run, FIRST)) == (1, ItemState.OPEN)
    assert run.catch_up() == []

    disk.fails = set()
    assert tick(run, FIRST).seq == 2


# Interference


def replace(run: Run, data: bytes) -> None:
    passing = run.folder.path / "progress.swp"
    passing.write_bytes(data)
    passing.rename(run.folder.journal)


def test_an_editor_that_adds_a_comment_disturbs_nothing(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    tick(run, FIRST)
    run.catch_up()
    replace(run, b"# Checked by bo.\n" + run.folder.journal.read_bytes())

    assert run.catch_up() == []
    assert (tick(run, SECOND).seq, run.generation) == (3, 0)
    assert verify(run.folder).findings == ()


def test_an_altered_event_is_folded_anew(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    tick(run, FIRST)
    replace(run, run.folder.journal.read_bytes().replace(FIRST.encode(), SECOND.encode()))
    run.catch_up()

    assert (state_of(run, FIRST), state_of(run, SECOND)) == (ItemState.OPEN, ItemState.DONE)
    assert run.generation == 1


def test_a_file_that_an_editor_saved_without_the_newest_events_is_not_written_to(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    old = run.folder.journal.read_bytes()
    tick(run, FIRST)
    whole = run.folder.journal.read_bytes()
    replace(run, old)

    with pytest.raises(Behind) as caught:
        tick(run, SECOND)

    assert str(caught.value) == (
        f"{run.folder.journal}: the journal on disk lacks events that were read from it "
        "(1 are kept in progress.toml.lost): put them back, or open the run again to go on from what is on disk"
    )
    assert run.folder.journal.read_bytes() == old
    lost = tomllib.loads((run.folder.path / "progress.toml.lost").read_text())["event"]
    assert [(one["seq"], one["item"]) for one in lost] == [(2, FIRST)]
    assert old + (run.folder.path / "progress.toml.lost").read_bytes().split(b"\n", 1)[1] == whole

    replace(run, whole)
    assert tick(run, SECOND).seq == 3


def test_what_was_lost_is_kept_once(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    old = run.folder.journal.read_bytes()
    tick(run, FIRST)
    replace(run, old)

    for _ in range(3):
        with pytest.raises(Behind):
            tick(run, SECOND)
        (run.folder.journal).touch()

    assert (run.folder.path / "progress.toml.lost").read_text().count("[[event]]") == 1


def test_a_follower_raises_the_alarm_only_when_it_stays_so(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    old = run.folder.journal.read_bytes()
    tick(run, FIRST)
    run.catch_up()
    whole = run.folder.journal.read_bytes()
    replace(run, old)
    assert run.catch_up() == []  # an editor may be half way through
    replace(run, whole)
    assert run.catch_up() == []

    replace(run, old)
    assert run.catch_up() == []
    for _ in range(2):
        with pytest.raises(Behind):
            run.catch_up()
    replace(run, whole)
    assert run.catch_up() == []
    assert tick(run, SECOND).seq == 3


def test_a_fresh_front_end_goes_on_from_what_is_on_disk(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    old = run.folder.journal.read_bytes()
    tick(run, FIRST)
    replace(run, old)

    assert tick(Run.open(run.folder.path), SECOND).seq == 2


def test_a_deleted_folder_is_said_to_be_gone(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    shutil.rmtree(run.folder.path)

    with pytest.raises(RunGone, match="the run's folder was deleted or moved"):
        run.catch_up()
    with pytest.raises(RunGone):
        tick(run, FIRST)


def test_an_event_of_a_newer_version_makes_the_run_read_only_here(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    tick(run, FIRST)
    text = run.folder.journal.read_text().replace('kind = "item ticked"', 'kind = "item blessed"')
    run.folder.journal.write_text(text)
    opened = Run.open(run.folder.path)

    answer = opened.submit(Tick(SECOND), ANA)

    assert isinstance(answer, Refusal)
    assert "read-only" in str(answer)


def fill(hog: Path) -> None:
    with hog.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(65536))


def comment_for_ever(run: Run) -> None:
    while True:
        assert isinstance(run.submit(AddComment(FIRST, "x" * 4000), ANA), Event)


def test_on_a_real_full_disk_ticks_go_on_from_the_reserve_and_after_it_nothing_is_claimed(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        run = new_run(disk)
        hog = disk / "hog"
        with pytest.raises(OSError, match="No space left"):
            fill(hog)
        with pytest.raises(NotSaved, match="not saved: "):
            comment_for_ever(run)
        saved = len(run.events) - 1

        assert saved >= 200  # a rollback needs a few dozen events
        opened = Run.open(run.folder.path)
        assert opened.events == run.events
        hog.unlink()
        assert isinstance(run.submit(AddComment(FIRST, "there is room"), ANA), Event)
        assert verify(run.folder).findings == ()
