"""Putting back what was trusted: exactly its bytes, in one step, nowhere else, and losing nothing."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qudag_tui.plan import kept_copy
from qudag_tui.plan.kept_copy import MOST_FILE_BYTES
from qudag_tui.plan.restoring import Restorable, newest, restorable, restore
from qudag_tui.plan.trust import Trusted, TrustError, revoke
from tests.plan.project import NAMED, TEXT, Project

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def given(project: Project) -> Trusted:
    found = newest(project.path)
    assert found is not None
    return found


def put_back(project: Project) -> list[str]:
    found = given(project)
    return [each.name for each in restore(found, restorable(found), AT)]


def test_the_review_shows_line_by_line_what_has_changed(project: Project) -> None:
    project.trust()
    project.change("flags")

    (change,) = project.review().changes

    assert (change.name, change.kept) == ("flags", True)
    assert change.lines == ("@@ line 1, now 1", "  #!/bin/sh", "- # flags", "+ echo changed")


def test_the_review_shows_what_has_changed_in_the_checklist_file_itself(project: Project) -> None:
    project.trust()
    project.path.write_text(TEXT.replace('"off"', '"on"'))

    (change,) = project.review().changes

    assert change.name == "checklists.toml"
    assert [line for line in change.lines if line[0] in "+-"] == [
        '- run = ["./flags", "off"]',
        '+ run = ["./flags", "on"]',
    ]


def test_every_file_that_changed_is_put_back_with_its_permissions_and_is_trusted_again(project: Project) -> None:
    project.trust()
    before = {name: (project.path.parent / name).read_bytes() for name in NAMED}
    for name in NAMED:
        project.change(name)
    (project.path.parent / "flags").chmod(0o711)
    (project.path.parent / "conf/a.toml").unlink()
    project.path.write_text("rubbish")

    assert put_back(project) == ["checklists.toml", *sorted(NAMED)]

    assert {name: (project.path.parent / name).read_bytes() for name in NAMED} == before
    assert project.path.read_text() == TEXT
    assert (project.path.parent / "flags").stat().st_mode & 0o777 == 0o711
    assert (project.path.parent / "conf/a.toml").stat().st_mode & 0o777 == 0o755
    assert (project.check(), restorable(given(project))) == ("", [])
    assert sorted(path.name for path in project.path.parent.rglob(".*")) == [], "nothing is left beside it"


def test_what_was_there_is_kept(project: Project) -> None:
    project.trust()
    project.change("scripts/back.sh")
    found = given(project)

    (restored,) = restore(found, restorable(found), AT)

    assert Path(restored.replaced).read_text() == "#!/bin/sh\necho changed\n"
    assert Path(restored.replaced).name.startswith("scripts+back.sh.untrusted-20261123T030000-")
    assert Path(restored.replaced).stat().st_mode & 0o777 == 0o600


def test_a_link_that_leads_out_of_the_folder_is_not_written_through(project: Project, tmp_path: Path) -> None:
    project.trust()
    outside = tmp_path / "outside"
    outside.write_text("theirs")
    flags = project.path.parent / "flags"
    flags.unlink()
    flags.symlink_to(outside)

    with pytest.raises(TrustError, match="leads out of"):
        put_back(project)
    assert outside.read_text() == "theirs"


def test_a_folder_that_is_a_link_out_is_not_written_through_either(project: Project, tmp_path: Path) -> None:
    project.trust()
    outside = tmp_path / "outside"
    (project.path.parent / "scripts").rename(outside)
    (project.path.parent / "scripts").symlink_to(outside)
    (outside / "back.sh").write_text("theirs")

    with pytest.raises(TrustError, match="leads out of"):
        put_back(project)
    assert (outside / "back.sh").read_text() == "theirs"


def test_nothing_is_put_where_others_can_write(project: Project) -> None:
    project.trust()
    project.change("scripts/back.sh")
    (project.path.parent / "scripts").chmod(0o777)

    with pytest.raises(TrustError, match="anybody can write"):
        put_back(project)


def test_a_pipe_in_its_place_stays(project: Project) -> None:
    project.trust()
    flags = project.path.parent / "flags"
    flags.unlink()
    os.mkfifo(flags)

    with pytest.raises(TrustError, match="it is no regular file"):
        put_back(project)
    assert flags.is_fifo()


def test_a_copy_that_was_damaged_is_not_put_back(project: Project, tmp_path: Path) -> None:
    project.trust()
    project.change("flags")
    (found,) = [each for each in restorable(given(project)) if each.name == "flags"]
    next((tmp_path / "state").rglob(found.digest)).write_bytes(b"something else")

    with pytest.raises(TrustError, match="no sound copy"):
        restore(given(project), [Restorable("flags", found.digest)], AT)


def test_a_large_file_is_trusted_by_its_hash_alone_and_the_review_says_so(project: Project) -> None:
    (project.path.parent / "flags").write_bytes(b"x" * (MOST_FILE_BYTES + 1))
    project.trust()
    assert project.review().large == ("flags",)
    project.change("flags")

    (change,) = project.review().changes

    assert (change.kept, "no copy of what was trusted is kept" in change.lines[0]) == (False, True)
    assert restorable(given(project)) == []


def test_the_copies_of_one_file_have_a_bound_in_all(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_copy, "MOST_BYTES", len(TEXT) + 30)
    project.trust()
    for name in NAMED:
        project.change(name)

    assert [each.name for each in restorable(given(project))] == [min(NAMED)]


def test_copies_that_no_trust_speaks_of_any_more_are_removed(project: Project, tmp_path: Path) -> None:
    project.trust()
    assert len(list((tmp_path / "state").rglob("copies/*"))) == 1 + len(NAMED)

    project.change("flags")
    project.trust()
    assert len(list((tmp_path / "state").rglob("copies/*"))) == 1 + len(NAMED), "the old one is gone, the new one kept"

    revoke(project.path)
    assert [path for path in (tmp_path / "state").rglob("*") if path.is_file()] == []


def test_what_changes_between_the_review_and_the_word_is_not_kept_as_trusted(project: Project) -> None:
    from qudag_tui.plan.trust import give

    reviewed = project.review()
    project.change("flags")
    give(reviewed, "ana", AT)

    assert project.check() == "flags has changed since ana trusted it"
    assert "flags" not in [each.name for each in restorable(given(project))]
