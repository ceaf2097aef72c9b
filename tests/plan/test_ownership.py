"""Nothing is trusted that somebody other than this login or root could write, or lead elsewhere."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from qudag_tui.plan import ownership
from qudag_tui.plan.trust import review
from tests.plan.project import TEXT, Project


def test_a_group_of_others_may_not_write_and_ones_own_may(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.path.chmod(0o664)
    monkeypatch.setattr(ownership, "_is_own_group", lambda _: False)
    assert len(project.review().problems) == 1
    assert "the group " in project.review().problems[0]

    monkeypatch.setattr(ownership, "_is_own_group", lambda _: True)
    assert project.review().problems == ()


def test_a_file_of_somebody_else_is_not_trusted(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = project.path.stat().st_uid
    monkeypatch.setattr(ownership, "_ROOT", -1)
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    assert "belongs to" in project.review().problems[0]


def test_every_link_on_the_way_to_a_script_is_looked_at(project: Project, tmp_path: Path) -> None:
    """A link in a folder where others write can be led elsewhere, however safe the place is where it leads now."""
    shared, safe = tmp_path / "shared", tmp_path / "safe"
    for folder in (shared, safe):
        folder.mkdir()
    (safe / "flags").write_text("#!/bin/sh\n")
    (shared / "flags").symlink_to("../safe/flags")
    shared.chmod(0o777)
    flags = project.path.parent / "flags"
    flags.unlink()
    flags.symlink_to(shared / "flags")

    assert project.review().problems == (f"anybody can write {shared} (chmod o-w takes that away)",)


def test_links_that_never_end_are_a_problem_and_no_hang(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")

    assert ownership.others_can_write(tmp_path / "a") == f"{tmp_path}/a has too many symbolic links on its way"


def test_the_folder_in_which_a_step_runs_may_not_be_written_by_others(project: Project, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    project.path.write_text(TEXT.replace('cwd = "scripts"', f'cwd = "{elsewhere}"'))
    project.trust()
    assert project.before_exec("code") == ""

    elsewhere.chmod(0o777)

    why = f"anybody can write {elsewhere} (chmod o-w takes that away)"
    assert (project.review().problems, project.check(), project.before_exec("code")) == ((why,), why, why)
    assert project.before_exec("flags") == ""


def test_an_access_list_that_lets_another_login_write_is_seen(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The group's bits are only the mask of such a list: a file of one's own group may be anybody's to write."""
    entries = [(1, 6, 0xFFFFFFFF), (2, 6, 12345), (4, 4, 0xFFFFFFFF), (16, 6, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)]
    listed = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    flags = project.path.parent / "flags"
    flags.chmod(0o664)
    monkeypatch.setattr(ownership, "_is_own_group", lambda _: True)
    assert project.review().problems == ()

    monkeypatch.setattr(os, "getxattr", lambda place, _: listed if place == flags else b"")

    assert project.review().problems == (
        f"an access list lets the login 12345 write {flags} (setfacl -b takes that away)",
    )


def test_a_program_that_others_could_replace_is_doubtful_and_no_reason_to_refuse(
    project: Project, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "sh").symlink_to("/bin/sh")
    programs.chmod(0o777)

    found = review(project.plan(), project.path, str(programs))

    assert found.problems == ()
    why = f"anybody can write {programs} (chmod o-w takes that away)"
    assert found.doubts == (f"somebody else could put another program in the place of {programs}/sh: {why}",)
