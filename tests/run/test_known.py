"""A run folder that this login did not make is read-only until a person accepts it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from qudag_tui.core.intent import Arm, CloseRun, Execute
from qudag_tui.run import known
from qudag_tui.run.acceptance import accept, provenance
from qudag_tui.run.error import NotSaved, ReadOnly, RunRefused
from qudag_tui.run.folder import RunFolder, find_run, list_runs, runs_dir_for
from qudag_tui.run.presence import attach
from qudag_tui.run.run import Run
from qudag_tui.run.samples import SampleReader, SampleWriter
from qudag_tui.run.supervision import ensure_supervisor, supervisor_holder
from tests.run.builder import ANA, BO, at, fill_up, new_run, small_disk

FROM_ELSEWHERE = "this login did not create it (it came from elsewhere, or this login's state is gone)"


def everything_in(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Names, times and contents of all that is in a folder."""
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    } | {".": (0, folder.stat().st_mtime_ns, b"")}


@pytest.fixture
def unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run that another login's program made."""
    run = new_run(tmp_path)
    SampleWriter(run.folder).close()
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "another-state"))
    return RunFolder.open(run.folder.path)


def test_the_login_that_made_a_run_writes_to_it(tmp_path: Path) -> None:
    run = new_run(tmp_path)

    opened = RunFolder.open(run.folder.path)

    assert (opened.is_unknown, opened.read_only) == (False, "")


def test_an_unknown_run_can_be_read_and_nothing_is_written_started_or_believed(unknown: RunFolder) -> None:
    before = everything_in(unknown.path)

    run = Run.open(unknown)
    reader = SampleReader(unknown)
    assert (run.state.head_seq, reader.standings("gate"), reader.witness()) == (1, {}, None)
    assert supervisor_holder(unknown) is None
    for write in (
        lambda: run.submit(CloseRun("abandoned", "why"), ANA),
        lambda: attach(unknown, ANA),
        lambda: ensure_supervisor(unknown),
        lambda: SampleWriter(unknown),
    ):
        with pytest.raises(ReadOnly) as refused:
            write()
        assert refused.value.what == f"this run is read-only here: {FROM_ELSEWHERE}"
        assert refused.value.hint == f"qudag-tui trust --run {unknown.path} shows who made it, and accepts it"
    assert everything_in(unknown.path) == before


def test_a_run_that_was_copied_or_moved_is_unknown_and_it_is_said_where_it_was(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    copied, moved = run.folder.path.with_name("copied"), tmp_path / "moved"
    shutil.copytree(run.folder.path, copied)
    assert RunFolder.open(copied).read_only == f"it was moved or copied here from {run.folder.path}"
    assert RunFolder.open(run.folder.path).read_only == ""

    run.folder.path.rename(moved)

    assert RunFolder.open(moved).read_only == f"it was moved or copied here from {run.folder.path}"


def test_another_run_in_the_place_of_a_known_one_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = new_run(tmp_path)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("QUDAG_TUI_STATE", str(tmp_path / "another-state"))
        theirs = new_run(tmp_path / "theirs")
    shutil.rmtree(mine.folder.path)
    theirs.folder.path.rename(mine.folder.path)

    assert RunFolder.open(mine.folder.path).read_only == FROM_ELSEWHERE


def test_what_is_pending_in_it_is_told_before_it_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.tui.deployment import Deployment

    theirs = Deployment(tmp_path, trusted=False)
    theirs.ask(Execute("rollback", "\x1b[2J"))
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "another-state"))

    told = provenance(Run.open(theirs.folder))

    (pending,) = [line for line in told.lines() if line.startswith("  pending")]
    assert pending.startswith("  pending in it: rollback, asked for by ana ")
    assert (told.by, told.login, told.host, told.events) == ("ana", "deploy", "gate-1", 2)
    assert told.file == str(tmp_path / "plan.toml")


def test_an_accepted_run_is_written_to_by_what_has_it_open_already_and_by_all_that_come(unknown: RunFolder) -> None:
    run = Run.open(unknown)

    accept(run, BO)

    run.submit(CloseRun("abandoned", "why"), BO)
    assert RunFolder.open(unknown.path).read_only == ""


@pytest.mark.parametrize("nonce", ["", "../../x", "Z" * 32, "0" * 31])
def test_a_forged_number_is_never_a_file_name(tmp_path: Path, nonce: str) -> None:
    assert known.known_folder(nonce) == ""
    known.forget(nonce)
    with pytest.raises(NotSaved, match="no proper number"):
        known.remember(tmp_path, nonce, known.ACCEPTED, ANA, at())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"path": 1}', b"\xff", b"[" * 100_000])
def test_what_is_kept_may_be_damaged(tmp_path: Path, data: bytes) -> None:
    run = new_run(tmp_path)
    next((tmp_path / "state" / "runs").iterdir()).write_bytes(data)

    assert RunFolder.open(run.folder.path).read_only == FROM_ELSEWHERE


def test_what_is_kept_counts_only_if_nobody_else_could_have_written_it(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    (kept,) = (tmp_path / "state" / "runs").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600

    kept.chmod(0o666)

    assert RunFolder.open(run.folder.path).is_unknown


def test_a_run_is_not_begun_where_it_could_not_be_known_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "file"))

    with pytest.raises(NotSaved, match=r"that this run is yours cannot be kept .* QUDAG_TUI_STATE"):
        new_run(tmp_path)
    assert list((tmp_path / "runs").iterdir()) == []


def test_the_open_run_is_ones_own_where_somebody_left_another_one_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("QUDAG_TUI_STATE", str(tmp_path / "another-state"))
        theirs = new_run(tmp_path)
        theirs.folder.path.rename(theirs.folder.path.with_name("theirs"))
    assert find_run(tmp_path / "runs").name == "theirs", "alone it is shown, read-only"

    mine = new_run(tmp_path)

    assert find_run(tmp_path / "runs") == mine.folder.path
    assert [(run.id, run.unknown) for run in list_runs(tmp_path / "runs")] == [("r1", False), ("theirs", True)]


def test_runs_beside_the_file_that_are_a_link_have_to_be_named(tmp_path: Path) -> None:
    (tmp_path / "runs").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(RunRefused, match="symbolic link"):
        runs_dir_for(tmp_path / "checklists.toml")
    assert runs_dir_for(tmp_path / "checklists.toml", tmp_path / "runs") == tmp_path / "runs"


def test_links_and_pipes_in_an_unknown_run_are_not_followed(unknown: RunFolder, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    for name in ("plans", "logs", "presence"):
        shutil.rmtree(unknown.path / name)
        (unknown.path / name).symlink_to(secret)

    with pytest.raises(RunRefused):
        Run.open(unknown.path)
    (unknown.path / "progress.toml").unlink()
    os.mkfifo(unknown.path / "progress.toml")
    with pytest.raises(RunRefused):
        Run.open(unknown.path)
    assert RunFolder.open(unknown.path).is_unknown
    assert list(secret.iterdir()) == []


def test_a_first_event_of_a_megabyte_is_still_ones_own(tmp_path: Path) -> None:
    plan = tmp_path / "checklists.toml"
    plan.write_text(
        f'title = "x"\n[vars]\nhuge = "{"y" * 1_000_000}"\n[[checklists]]\ntitle = "Day"\nitems = ["Do it"]\n'
    )

    run = Run.create(tmp_path / "runs", plan, release="v1", actor=ANA, now=at())

    assert RunFolder.open(run.folder.path).read_only == ""


def armed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run that this login does not know, in which a trigger may start the rollback."""
    from tests.tui.deployment import SMALL, Deployment

    theirs = Deployment(tmp_path, SMALL.replace('when = "cpu > 95%"', 'when = "cpu > 95%"\nthen = "start"'))
    theirs.ask(Arm("forged"))
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "another-state"))
    run = Run.open(theirs.folder)
    assert run.state.armed is not None
    return run


def test_a_run_that_somebody_else_armed_is_disarmed_when_it_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a trigger of theirs could start the rollback on the word of whoever wrote the journal."""
    run = armed_by_another(tmp_path, monkeypatch)
    assert "  pending in it: armed by ana " in "\n".join(provenance(run).lines())

    accept(run, BO)

    assert (run.events[-1].kind, run.events[-1].actor.by) == ("run disarmed", "bo")
    assert Run.open(run.folder.path).state.armed is None
    assert RunFolder.open(run.folder.path).read_only == ""


def test_an_acceptance_that_cannot_be_kept_writes_nothing_into_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = armed_by_another(tmp_path, monkeypatch)
    before = run.folder.journal.read_bytes()

    with small_disk(tmp_path / "another-state", "64k"):
        fill_up(tmp_path / "another-state" / "ballast")
        with pytest.raises(NotSaved, match=r"that this run is yours cannot be kept \(No space left on device\)"):
            accept(run, BO)

    assert run.folder.journal.read_bytes() == before
    assert (run.folder.is_unknown, RunFolder.open(run.folder.path).read_only) == (True, FROM_ELSEWHERE)


def test_a_run_that_cannot_be_disarmed_is_not_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = armed_by_another(tmp_path, monkeypatch)

    def full(*_: object) -> NoReturn:
        raise NotSaved("the disk is full")

    monkeypatch.setattr(Run, "submit", full)

    with pytest.raises(NotSaved, match="the disk is full"):
        accept(run, BO)

    assert (run.folder.is_unknown, RunFolder.open(run.folder.path).read_only) == (True, FROM_ELSEWHERE)
    assert list((tmp_path / "another-state" / "runs").iterdir()) == []
