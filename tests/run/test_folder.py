"""Run folders: how they are made, what is refused, and how runs are found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qudag_tui.core.event import Event
from qudag_tui.core.intent import CloseRun
from qudag_tui.run import clock
from qudag_tui.run.error import ReadOnly, RunBroken, RunExists, RunNotFound, RunRefused, SeveralRuns
from qudag_tui.run.filesystem import filesystem_of, refuse_network
from qudag_tui.run.folder import RunFolder, RunSummary, find_run, list_runs, runs_dir_for
from qudag_tui.run.run import Run
from tests.run.builder import ANA, new_run, small_disk, write_plan


def test_a_new_run_is_for_its_login_alone(tmp_path: Path) -> None:
    folder = new_run(tmp_path).folder.path

    modes = {
        str(path.relative_to(folder)): oct(path.stat().st_mode & 0o777)
        for path in sorted([folder, *folder.rglob("*")])
        if path.parent.name != "plans"
    }

    assert modes == {
        ".": "0o700",
        "journal.lock": "0o600",
        "logs": "0o700",
        "plans": "0o700",
        "presence": "0o700",
        "presence.lock": "0o600",
        "progress.toml": "0o600",
        "supervisor.lock": "0o600",
    }
    assert [path.stat().st_mode & 0o777 for path in (folder / "plans").iterdir()] == [0o600]


def test_a_folder_that_is_there_is_not_taken_twice(tmp_path: Path) -> None:
    RunFolder.create(tmp_path, "r1")

    with pytest.raises(RunExists, match="a run of that name is there already"):
        RunFolder.create(tmp_path, "r1")


def test_links_above_the_runs_folder_are_followed(tmp_path: Path) -> None:
    run = new_run(tmp_path / "project")
    (tmp_path / "link").symlink_to(tmp_path / "project")

    assert RunFolder.open(tmp_path / "link" / "runs" / "r1").path == run.folder.path


def test_a_run_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    link = run.folder.path.with_name("r2")
    link.symlink_to(run.folder.path)

    with pytest.raises(RunRefused) as caught:
        RunFolder.open(link)

    assert str(caught.value) == f"{link}: it is a symbolic link: name the folder itself"


@pytest.mark.parametrize("name", ["progress.toml", "plans", "journal.lock"])
def test_a_run_with_a_link_in_it_is_refused(tmp_path: Path, name: str) -> None:
    run = new_run(tmp_path)
    (run.folder.path / name).rename(tmp_path / "target")
    (run.folder.path / name).symlink_to(tmp_path / "target")

    with pytest.raises(RunRefused, match="symbolic link"):
        Run.open(run.folder.path).submit(CloseRun("abandoned", "why"), ANA)


def test_a_file_with_a_second_name_is_refused(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    (tmp_path / "second").hardlink_to(run.folder.journal)

    with pytest.raises(RunRefused, match=r"progress\.toml: it has a second name \(a hard link\)"):
        Run.open(run.folder.path)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_owner_is_refused(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    os.chown(run.folder.journal, 12345, -1)

    with pytest.raises(RunRefused, match=r"it belongs to another login \(uid 12345\)"):
        Run.open(run.folder.path)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_run_of_another_login_can_be_read_and_not_written(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    for path in (run.folder.path, *run.folder.path.rglob("*")):
        os.chown(path, 12345, -1)
    opened = Run.open(run.folder.path)

    assert len(opened.events) == 1
    with pytest.raises(ReadOnly, match=r"this run is read-only here: it belongs to another login \(uid 12345\)"):
        opened.submit(CloseRun("abandoned", "why"), ANA)


def test_a_folder_that_others_may_write_to_is_read_only(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    run.folder.path.chmod(0o770)

    with pytest.raises(ReadOnly, match="others may write to it"):
        Run.open(run.folder.path).submit(CloseRun("abandoned", "why"), ANA)


def test_a_folder_that_is_no_run_says_so(tmp_path: Path) -> None:
    (tmp_path / "r1").mkdir()

    with pytest.raises(RunBroken, match=r"it is no run: it has no progress\.toml"):
        Run.open(tmp_path / "r1")
    with pytest.raises(RunBroken, match="there is no run folder"):
        Run.open(tmp_path / "r2")


def test_a_read_only_filesystem_is_said_to_be_one_and_works_again_when_it_is_none(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        run = new_run(disk)
        assert os.system(f"mount -o remount,ro {disk}") == 0
        with pytest.raises(ReadOnly) as caught:
            run.submit(CloseRun("abandoned", "why"), ANA)
        with pytest.raises(ReadOnly, match="the run's folder cannot be made"):
            Run.create(disk / "runs", disk / "checklists.toml", release="v3", actor=ANA, now=clock.now())
        assert os.system(f"mount -o remount,rw {disk}") == 0
        assert str(caught.value) == (
            f"{run.folder.journal_lock}: it cannot be opened (Read-only file system): "
            "make the folder writable for this login"
        )
        assert isinstance(run.submit(CloseRun("abandoned", "why"), ANA), Event)


# Network filesystems

TABLE = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 27 0:40 / /home rw - nfs4 server:/home rw
41 27 0:41 / /home/ana/local\\040disk rw - xfs /dev/vdb rw
42 27 0:42 / /mnt rw - ext4 /dev/vdc rw
43 42 0:43 / /mnt rw - fuse.sshfs bo@host:/ rw
a line that is none
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/runs", "ext4"),
        ("/home/ana/runs", "nfs4"),
        ("/homes", "ext4"),
        ("/home/ana/local disk/runs", "xfs"),
        ("/mnt/x", "fuse.sshfs"),
    ],
)
def test_the_filesystem_is_that_of_the_nearest_mount_and_of_the_last_one_there(path: str, kind: str) -> None:
    assert filesystem_of(Path(path), TABLE) == kind


def test_a_new_run_on_a_network_filesystem_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(f"{TABLE}50 27 0:50 / {tmp_path} rw - cifs //server/share rw\n")
    monkeypatch.setattr("qudag_tui.run.filesystem._MOUNTS", table)

    with pytest.raises(RunRefused, match=r"it is on a network filesystem \(cifs\)"):
        RunFolder.create(tmp_path / "runs", "r1")
    refuse_network(Path("/srv"))


# Finding


def test_runs_stand_where_the_option_the_environment_or_the_file_says(monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path("project/checklists.toml")

    assert runs_dir_for(file) == Path("project/runs")
    assert runs_dir_for(None) == Path("runs")
    monkeypatch.setenv("QUDAG_TUI_RUNS", "/srv/runs")
    assert runs_dir_for(file) == Path("/srv/runs")
    assert runs_dir_for(file, Path("here")) == Path("here")


def test_runs_are_listed_open_closed_and_broken(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    plan = write_plan(tmp_path)
    for name in ("a", "b"):
        run = Run.create(runs, plan, release=f"v-{name}", run_id=name, actor=ANA, now=clock.now())
    assert isinstance(run.submit(CloseRun("abandoned", "why"), ANA), Event)
    (runs / "c").mkdir()
    (runs / "d").mkdir()
    (runs / "d" / "progress.toml").write_text("nonsense")
    (runs / "e").symlink_to(runs / "a")
    (runs / ".new-x").mkdir()
    (runs / "notes.txt").write_text("")

    assert list_runs(runs) == [
        RunSummary("a", runs / "a", "A deployment", "v-a", open=True, file=str(plan)),
        RunSummary("b", runs / "b", "A deployment", "v-b", open=False, file=str(plan)),
        RunSummary("c", runs / "c", broken="it is no run: it has no progress.toml"),
        RunSummary("d", runs / "d", broken="its journal does not begin with “run created”"),
        RunSummary("e", runs / "e", broken="it is a symbolic link: name the folder itself"),
    ]
    assert list_runs(tmp_path / "none") == []


def test_a_run_of_another_checklist_file_is_not_opened_for_this_one(tmp_path: Path) -> None:
    runs, plan = tmp_path / "runs", write_plan(tmp_path)
    other = tmp_path / "other.toml"
    other.write_bytes(plan.read_bytes())
    Run.create(runs, plan, release="v1", run_id="a", actor=ANA, now=clock.now())

    assert find_run(runs, file=plan) == runs / "a"
    with pytest.raises(RunNotFound):
        find_run(runs, file=other)


def test_a_run_is_found_by_its_id_by_its_folder_or_as_the_only_open_one(tmp_path: Path) -> None:
    runs, plan = tmp_path / "runs", write_plan(tmp_path)
    with pytest.raises(RunNotFound, match="no run is open: begin one with: qudag-tui new FILE --release R"):
        find_run(runs)

    Run.create(runs, plan, release="v1", run_id="a", actor=ANA, now=clock.now())
    assert find_run(runs) == find_run(runs, "a") == find_run(tmp_path, str(runs / "a")) == runs / "a"

    Run.create(runs, plan, release="v2", run_id="b", actor=ANA, now=clock.now())
    with pytest.raises(SeveralRuns, match="several runs are open: choose with --run: a, b"):
        find_run(runs)
    with pytest.raises(RunNotFound, match="there is no run “x”: there are: a, b"):
        find_run(runs, "x")
    with pytest.raises(RunNotFound):
        find_run(runs, "\x00")
