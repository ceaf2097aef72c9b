"""Finding out whether a plan could run: everything that is missing, nothing hashed twice, nothing of a stranger's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qudag_tui.core.readiness import Readiness
from qudag_tui.plan import readiness as finding
from qudag_tui.plan.file import parse_plan
from qudag_tui.plan.named_files import hash_file
from qudag_tui.plan.readiness import Hashes, readiness
from qudag_tui.plan.trust import check, check_before_exec
from tests.plan.project import NAMED, TEXT, Project

OURS = {"PATH": "/usr/bin:/bin"}


def test_a_trusted_plan_with_all_that_it_names_is_ready(project: Project) -> None:
    assert readiness(project.plan(), project.path, environment=OURS) == Readiness("checklists.toml is not trusted")

    project.trust()

    assert readiness(project.plan(), project.path, environment=OURS) == Readiness()


def test_what_is_missing_is_found(project: Project) -> None:
    project.path.write_text(
        TEXT.replace('run = ["./back.sh"]', 'run = ["./back.sh"]\nsecrets = ["TOKEN"]').replace('"sh",', '"no-such",')
    )
    project.trust()
    (project.path.parent / "scripts/back.sh").unlink()

    found = readiness(project.plan(), project.path, environment=OURS)

    program = str(project.path.parent / "scripts/back.sh")
    assert found == Readiness("", (program, "no-such"), ("scripts/back.sh",), ("TOKEN",))
    assert readiness(project.plan(), project.path, environment=OURS | {"TOKEN": "x"}).names == ()


def test_a_plan_that_runs_and_asks_nothing_needs_no_trust(tmp_path: Path) -> None:
    path = tmp_path / "checklists.toml"
    path.write_text('title = "x"\n[[checklists]]\ntitle = "Day"\nitems = ["Do it"]\n')

    assert readiness(parse_plan(path.read_bytes(), "x"), path) == Readiness()


def test_a_file_is_hashed_again_only_when_it_was_touched(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.trust()
    hashed: list[str] = []
    real = hash_file
    monkeypatch.setattr(finding, "hash_file", lambda path: hashed.append(path.name) or real(path))  # type: ignore[func-returns-value]  # append says nothing
    hashes = Hashes()
    for _ in range(3):
        assert readiness(project.plan(), project.path, hashes, OURS).why == ""
    assert len(hashed) == len(NAMED)

    project.change("flags")

    assert readiness(project.plan(), project.path, hashes, OURS).why == "flags has changed since ana trusted it"
    assert hashed[len(NAMED) :] == ["flags"]


def test_nothing_is_hashed_of_a_plan_that_nobody_trusts(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "hash_file", lambda _: pytest.fail("hashed"))

    assert readiness(project.plan(), project.path, Hashes(), OURS).why != ""


def test_a_file_whose_time_was_set_back_is_seen_all_the_same(project: Project) -> None:
    """Before a start the file is read, whatever its times say; and even for showing, the inode's own time counts."""
    project.trust()
    hashes, flags = Hashes(), project.path.parent / "flags"
    assert check(project.plan(), project.path, hashes) == ""
    before = flags.stat()
    flags.write_text("#!/bin/sh\n# FLAGS\n")
    os.utime(flags, ns=(before.st_atime_ns, before.st_mtime_ns))

    why = "flags has changed since ana trusted it"
    assert check_before_exec(project.plan(), project.path, project.plan().steps["flags"]) == why
    assert check(project.plan(), project.path, hashes) == why
