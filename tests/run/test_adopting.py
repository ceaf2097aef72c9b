"""A run on disk that goes on with other plans: kept before they are named, found again, and never half there."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from qudag_tui.core.event import Actor, Event, PlanAdopted
from qudag_tui.core.intent import Tick
from qudag_tui.core.refusal import Refusal
from qudag_tui.plan.error import PlanErrors
from qudag_tui.run.adopting import Candidate, candidate
from qudag_tui.run.error import NotSaved, RunBroken, RunRefused
from qudag_tui.run.folder import find_run, list_runs
from qudag_tui.run.run import Run
from qudag_tui.run.verify import verify
from tests.run.builder import ANA, BO, FailingDisk, at, new_run

HEAD = 'title = "Other"\n[vars]\nnode = "a"\nport = "1"\n[[checklists]]\ntitle = "Day"\n'
SECTION = '[[checklists.sections]]\nid = "pre"\ntitle = "Before"\n'


def edit(folder: Path, items: str = '"Item 0", "Another"', head: str = HEAD) -> Path:
    path = folder / "checklists.toml"
    path.write_text(f"{head}{SECTION}items = [{items}]\n")
    return path


def adopt(run: Run, path: Path, actor: Actor = ANA) -> Event | Refusal:
    found = candidate(run, path)
    run.keep_plan(found.data, found.plan)
    return run.submit(found.intent({}), actor)


def states(run: Run) -> dict[str, str]:
    return {item.id: str(run.state.item_state(item)) for item in run.plan.items.values()}


def test_an_adopted_plan_is_kept_and_followed_by_whoever_opens_or_follows_the_run(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    other = Run.open(run.folder.path)
    run.submit(Tick("pre/item-0"), ANA)
    path = edit(tmp_path)
    event = adopt(run, path)

    assert isinstance(event, Event)
    assert isinstance(event.fact, PlanAdopted)
    assert (event.fact.file, event.fact.vars) == (str(path), {"node": "a", "port": "1"})
    assert run.folder.plan(event.fact.plan).read_bytes() == path.read_bytes()
    other.catch_up()
    for one in (run, other, Run.open(run.folder.path)):
        assert states(one) == {"pre/item-0": "done", "pre/another": "open"}
        assert one.plan.title == "Other"
    assert verify(run.folder).is_sound


def test_a_plan_without_its_event_changes_nothing_and_is_adopted_later(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    before = run.plan
    path = edit(tmp_path)
    found = candidate(run, path)
    run.keep_plan(found.data, found.plan)

    again = Run.open(run.folder.path)
    assert again.plan == before
    assert verify(run.folder).is_sound
    assert isinstance(adopt(again, path), Event)


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_plan_that_could_not_be_kept_leaves_nothing_and_is_not_adopted(tmp_path: Path, call: str) -> None:
    disk = FailingDisk()
    run = new_run(tmp_path, disk)
    found = candidate(run, edit(tmp_path))
    disk.fails = {call}
    with pytest.raises(NotSaved, match="the plan was not saved"):
        run.keep_plan(found.data, found.plan)
    disk.fails = set()

    assert isinstance(run.submit(found.intent({}), ANA), Refusal)
    assert [event.kind for event in run.events] == ["run created"]
    assert not list((run.folder.path / "plans").glob(".new-*"))
    assert Run.open(run.folder.path).plan.title == "A deployment"


def test_adopting_back_never_writes_over_a_plan_that_is_kept(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    first, kept = (tmp_path / "checklists.toml").read_bytes(), run.folder.plan(run.plan.sha256)
    inode = kept.stat().st_ino
    adopt(run, edit(tmp_path))
    (tmp_path / "checklists.toml").write_bytes(first)
    adopt(run, tmp_path / "checklists.toml")

    assert run.plan.title == "A deployment"
    assert kept.stat().st_ino == inode
    assert [event.kind for event in run.events] == ["run created", "plan adopted", "plan adopted"]


def test_a_run_whose_adopted_plan_is_gone_or_changed_says_where_and_goes_on_once_it_is_back(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    follower = Run.open(run.folder.path)
    event = adopt(run, edit(tmp_path))
    assert isinstance(event, Event)
    kept = run.folder.plan(run.plan.sha256)
    data = kept.read_bytes()
    kept.unlink()
    with pytest.raises(RunBroken, match=f"{kept}: the plan it follows cannot be read"):
        Run.open(run.folder.path)
    for _ in range(2):
        with pytest.raises(RunBroken, match=str(kept)):
            follower.catch_up()
    with pytest.raises(RunBroken):
        follower.submit(Tick("pre/item-0"), ANA)
    assert [(one.problem, one.seq) for one in verify(run.folder).findings] == [("missing", 2)]
    assert len(follower.events) == 1

    kept.write_bytes(data)
    kept.chmod(0o600)
    assert [one.kind for one in follower.catch_up()] == ["plan adopted"]
    assert follower.plan.title == "Other"


def test_a_forged_event_that_names_what_is_no_plan_is_no_traceback(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    run._journal.append(run.position, at(1), ANA, PlanAdopted("../../etc/passwd", vars={"a": "b"}))
    with pytest.raises(RunBroken, match="its plan has no proper hash"):
        Run.open(run.folder.path)
    assert [(one.problem, one.seq) for one in verify(run.folder).findings] == [("missing", 2)]


def test_a_plan_that_was_adopted_with_variables_it_does_not_have_is_no_traceback(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    run._journal.append(run.position, at(1), ANA, PlanAdopted(run.plan.sha256, vars={"nobody": "x"}))
    with pytest.raises(RunBroken, match="has no variable of this name"):
        Run.open(run.folder.path)


def test_two_front_ends_that_adopt_the_same_file_at_once_record_it_once(tmp_path: Path) -> None:
    first = new_run(tmp_path)
    runs = [first, Run.open(first.folder.path)]
    path = edit(tmp_path)
    found = [candidate(run, path) for run in runs]
    answers: list[Event | Refusal] = []
    gate = threading.Barrier(2)

    def go(run: Run, what: Candidate, actor: Actor) -> None:
        gate.wait()
        run.keep_plan(what.data, what.plan)
        answers.append(run.submit(what.intent({}), actor))

    threads = [
        threading.Thread(target=go, args=(run, what, actor))
        for run, what, actor in zip(runs, found, (ANA, BO), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(type(answer).__name__ for answer in answers) == ["Event", "Refusal"]
    assert [str(answer) for answer in answers if isinstance(answer, Refusal)] == [
        "the run follows this plan already: there is nothing to adopt"
    ]
    again = Run.open(first.folder.path)
    assert [event.kind for event in again.events] == ["run created", "plan adopted"]
    assert verify(first.folder).is_sound


def test_an_altered_journal_is_folded_anew_over_all_its_plans(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    run.submit(Tick("pre/item-1"), ANA)
    adopt(run, edit(tmp_path, '"Item 1"'))
    journal = run.folder.journal
    journal.write_bytes(journal.read_bytes().replace(b'by = "ana"', b'by = "eve"', 2))
    run.catch_up()
    run.catch_up()

    assert run.generation == 1
    assert states(run) == {"pre/item-1": "done"}
    assert run.state.marks["pre/item-1"][-1].by == "eve"


# What the file says now


def test_what_was_said_when_the_run_was_started_stays_said_and_the_rest_is_as_the_file_has_it(tmp_path: Path) -> None:
    path = edit(tmp_path)
    run = Run.create(tmp_path / "runs", path, release="v2", actor=ANA, now=at(), overrides={"node": "mine"})
    edit(tmp_path, head=HEAD.replace('"a"', '"b"').replace('"1"', '"2"'))

    assert candidate(run, path).plan.vars == {"node": "mine", "port": "2"}
    assert candidate(run, path).given == {"node": "mine"}
    assert candidate(run, path, {"node": "yours"}).plan.vars == {"node": "yours", "port": "2"}
    edit(tmp_path, head=HEAD.replace('node = "a"\n', ""))
    assert candidate(run, path).plan.vars == {"port": "1"}


def test_a_file_as_it_is_followed_is_nothing_to_adopt_and_a_broken_one_says_all_that_is_wrong(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    path = tmp_path / "checklists.toml"
    assert candidate(run, path).is_same
    edit(tmp_path, '"a", "a", {}')
    with pytest.raises(PlanErrors) as broken:
        candidate(run, path)
    assert len(broken.value.errors) >= 2
    path.unlink()
    with pytest.raises(FileNotFoundError):
        candidate(run, path)


def test_a_run_is_found_by_the_file_that_it_adopted_last(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    (tmp_path / "ops").mkdir()
    elsewhere = edit(tmp_path / "ops")
    adopt(run, elsewhere)
    runs = tmp_path / "runs"

    assert [one.file for one in list_runs(runs)] == [str(elsewhere)]
    assert find_run(runs, file=elsewhere) == run.folder.path


def test_a_plan_that_asks_for_more_approvals_than_anybody_could_give_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    run = new_run(tmp_path)
    steps = '[procedures.rollback]\napprovals = 2\n[[procedures.rollback.steps]]\ntext = "Tell"\n'
    found = candidate(run, edit(tmp_path, head=HEAD.replace("[[checklists]]", f"{steps}[[checklists]]")))

    with pytest.raises(RunRefused):
        run.keep_plan(found.data, found.plan, "ana")
    assert [path.stem for path in (run.folder.path / "plans").iterdir()] == [run.plan.sha256]
