from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from qudag_tui.plan.file import parse_plan
from qudag_tui.plan.review_text import lines_of, parts_of
from qudag_tui.plan.trust import TrustError, check, give, review, revoke, trusted
from tests.plan.project import AT, NAMED, TEXT, Project


def test_a_review_says_what_would_run_and_be_asked(project: Project) -> None:
    found = project.review()

    folder = project.path.parent
    assert [(command.id, command.argv, command.cwd) for command in found.commands] == [
        ("flags", ("./flags", "off"), str(folder)),
        ("code", ("./back.sh",), str(folder / "scripts")),
        ("deploy", ("sh", "scripts/deploy.sh", "--config=conf/a.toml", "http://127.0.0.1:9090"), str(folder)),
    ]
    assert found.addresses == ("http://127.0.0.1:9090/metrics",)
    assert set(found.files) == set(NAMED)
    assert found.programs == {"sh": "/usr/bin/sh"}
    assert found.search_path == "/usr/bin:/bin"
    assert (found.missing, found.problems, found.differences, found.is_first) == ((), (), (), True)


def test_nothing_is_trusted_until_somebody_trusts_it(project: Project) -> None:
    before = project.check()
    project.trust()

    assert (before, project.check()) == ("checklists.toml is not trusted", "")


def test_what_is_kept_is_for_this_login_only(project: Project, tmp_path: Path) -> None:
    project.trust()
    kept = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]

    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    assert len(kept) == 1 + 1 + len(NAMED), "the trust, and copies of the checklist file and of what it names"

    next(path for path in kept if path.suffix == ".json").chmod(0o666)
    assert project.check() == "checklists.toml is not trusted"


@pytest.mark.parametrize("name", NAMED)
def test_a_file_that_changed_is_no_longer_trusted(project: Project, name: str) -> None:
    project.trust()
    project.change(name)

    assert project.check() == f"{name} has changed since ana trusted it"
    assert project.review().differences == (f"{name} has changed",)


def test_a_file_that_nothing_names_may_change(project: Project) -> None:
    project.trust()
    project.change("unnamed")

    assert project.check() == ""


def test_a_file_that_came_later_is_not_covered(project: Project) -> None:
    (project.path.parent / "flags").unlink()
    project.trust()
    assert project.check() == ""

    project.change("flags")

    assert project.check() == "flags is new since ana trusted the file"


def test_before_each_exec_only_the_files_of_that_step_are_looked_at(project: Project) -> None:
    project.trust()
    project.change("scripts/back.sh")

    assert project.before_exec("flags") == ""
    assert project.before_exec("code") == "scripts/back.sh has changed since ana trusted it"


def test_other_variables_and_another_version_are_trusted_apart(project: Project) -> None:
    project.trust()
    followed = project.plan()
    assert project.check(node="http://evil") == (
        "checklists.toml was trusted, but not as it is followed here (another version, or other variables)"
    )
    assert project.review(node="http://evil").differences == (
        "the variable node was http://127.0.0.1:9090, and is http://evil",
    )

    project.path.write_text(TEXT.replace('"off"', '"on"'))

    assert project.check() != ""
    assert project.review().differences == ("the checklist file has changed",)
    assert check(followed, project.path) == "", "the run follows its own copy: what is on disk now disarms nothing"

    give(review(project.plan(), project.path, "/usr/bin:/bin"), "bo", AT)
    assert project.check() == ""
    assert check(followed, project.path) == ""


def test_trust_belongs_to_the_place(project: Project, tmp_path: Path) -> None:
    project.trust()
    other = tmp_path / "other"
    other.mkdir()

    assert Project(other).check() == "checklists.toml is not trusted"


def test_trust_is_taken_away(project: Project) -> None:
    project.trust()

    assert (revoke(project.path), project.check(), revoke(project.path)) == (
        True,
        "checklists.toml is not trusted",
        False,
    )


def test_a_program_is_pinned_by_its_path_and_may_be_upgraded(project: Project, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    (second / "sh").symlink_to("/bin/sh")
    given = give(review(project.plan(), project.path, f"{first}:{second}"), "ana", AT)
    assert given.programs == {"sh": f"{second}/sh"}

    (second / "sh").unlink()
    (second / "sh").symlink_to("/bin/cat")
    assert project.check() == ""

    (first / "sh").symlink_to("/bin/sh")
    assert project.check() == f"sh is {first}/sh now, not what ana trusted ({second}/sh)"


def test_a_program_that_is_not_there_is_named(project: Project) -> None:
    found = review(project.plan(), project.path, "/nowhere")

    assert found.missing == ("sh",)
    assert found.problems == ()


@pytest.mark.parametrize("name", ["checklists.toml", "flags", "scripts", "."])
def test_nothing_is_trusted_that_anybody_could_write(project: Project, name: str) -> None:
    place = (project.path.parent / name).resolve()
    place.chmod(0o777)

    with pytest.raises(TrustError, match=r"cannot be trusted: anybody can write .* \(chmod o-w takes that away\)"):
        project.trust()
    place.chmod(0o755)
    project.trust()
    place.chmod(0o777)
    assert project.check() == (
        "" if name == "checklists.toml" else f"anybody can write {place} (chmod o-w takes that away)"
    )


def test_a_pipe_in_the_place_of_a_script_is_not_waited_for(project: Project) -> None:
    project.trust()
    (project.path.parent / "flags").unlink()
    os.mkfifo(project.path.parent / "flags")

    assert project.check() == ""
    assert project.review().missing == (str(project.path.parent / "flags"),)


def test_what_is_kept_may_be_damaged(project: Project, tmp_path: Path) -> None:
    project.trust()
    kept = next(path for path in (tmp_path / "state").rglob("*.json"))
    for damage in (b"", b"{", b"[]", b'{"path": 1}', b"[" * 100_000, b"\xff"):
        kept.write_bytes(damage)

        assert trusted(project.plan(), project.path) is None
        assert project.check() == "checklists.toml is not trusted"


def test_a_state_folder_that_cannot_be_written_is_an_error_in_words(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("QUDAG_TUI_STATE", str(tmp_path / "file"))

    with pytest.raises(TrustError, match=r"the trust could not be kept in .*Not a directory"):
        project.trust()


def test_too_many_listed_files_and_a_pattern_that_is_none_are_problems(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qudag_tui.plan import named_files

    monkeypatch.setattr(named_files, "MOST_FILES", 0)

    assert project.review().problems == ("trusts: 'lib/**' matches more than 0 files",)


def test_a_program_that_came_after_the_review_is_refused_until_the_next(project: Project, tmp_path: Path) -> None:
    places = tmp_path / "programs"
    places.mkdir()
    give(review(project.plan(), project.path, str(places)), "ana", AT)
    assert project.check() == ""

    (places / "sh").symlink_to("/bin/sh")

    assert project.check() == f"sh is {places}/sh now, not what ana trusted (there was none)"
    assert project.review().differences[0] == "the program sh is new"


def test_a_run_can_be_trusted_although_its_checklist_file_is_gone(project: Project) -> None:
    plan, data = project.plan(), project.path.read_bytes()
    project.path.unlink()

    reviewed = review(plan, project.path, "/usr/bin:/bin", data)
    give(reviewed, "ana", AT)

    assert check(plan, project.path) == ""


def test_a_file_that_is_too_large_to_be_hashed_is_a_problem(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from qudag_tui.plan import named_files

    monkeypatch.setattr(named_files, "MOST_HASHED_BYTES", 3)

    assert "too large to be hashed" in project.review().problems[0]


def test_what_was_kept_by_an_earlier_version_still_counts(project: Project, tmp_path: Path) -> None:
    project.trust()
    kept = next((tmp_path / "state").rglob("*.json"))
    said = json.loads(kept.read_text())
    del said["modes"]
    kept.write_text(json.dumps(said))

    assert project.check() == ""


def test_the_review_tells_everything_in_words_and_nothing_of_it_reaches_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "checklists.toml"
    path.write_text(
        'title = "x"\n[[checklists]]\ntitle = "Day"\nitems = ["Do it"]\n'
        '[[procedures.rollback.steps]]\nid = "a"\ntext = "a"\nrun = ["no-such", "$(reboot); \\u001b[2J\\nnext", ".."]\n'
        f'env = {{ HUGE = "{"y" * 9000}", LINES = "one\\ntwo" }}\nsecrets = ["TOKEN"]\ncwd = "sub"\n'
    )

    lines = list(lines_of(parts_of(review(parse_plan(path.read_bytes(), "x"), path, "/usr/bin:/bin"))))

    assert lines[1:] == [
        f"would run, in {tmp_path}:",
        f"  a  (in {tmp_path}/sub)",
        "    no-such $'$(reboot); \\x1b[2J",
        "    next' ..",
        "with, in its environment:",
        f"  a: HUGE={'y' * 3992}… and 5,008 more characters",
        "  a: LINES=one … and 1 more lines",
        "  a: TOKEN from your environment, as secrets",
        "programs that are not there now:",
        "  no-such",
        "PATH, as it stays for what runs:",
        "  /usr/bin:/bin",
        "not covered:",
        "  What programs read in turn is not covered, nor is what your own login does meanwhile.",
    ]


def test_a_program_that_a_text_for_a_shell_runs_is_covered_and_what_it_writes_is_not(project: Project) -> None:
    project.path.write_text(
        TEXT.replace(
            'run = ["./flags", "off"]', 'run = "set -e; ./unnamed off >> scratch && (echo done)"\nshell = true'
        )
    )
    (project.path.parent / "scratch").write_text("")
    project.trust()
    assert "unnamed" in project.review().files
    assert "scratch" not in project.review().files

    project.change("unnamed")

    assert project.before_exec("flags") == "unnamed has changed since ana trusted it"
