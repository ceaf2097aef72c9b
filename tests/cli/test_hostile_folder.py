"""Looking at a checklist in a cloned repository runs nothing of it, asks nothing, and writes nothing beside the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qudag_tui.run import supervision
from tests.cli.desk import PLAN, READING, REPOSITORY, Desk

# What the program imports, each of them something that would tell that it was.
MODULES = ("sqlite3", "tomllib", "psutil", "json", "argparse", "difflib", "textual", "platformdirs", "runpy", "site")
VIEWING = (*READING, ("sources", "test"))


@pytest.fixture
def hostile(desk: Desk) -> Desk:
    """A plan that would do harm in every way a file can, among modules that would as well."""
    for name in MODULES:
        desk.write(f"import os\nopen({str(desk.folder / 'PWNED')!r}, 'a').write('{name}')\n", f"{name}.py")
    harm = f"touch {desk.folder}/PWNED"
    desk.write(
        PLAN.replace('run = ["true"]', f'run = ["sh", "-c", "{harm}"]').replace(
            "[metrics.cpu]", f'[sources.evil]\ncommand = ["sh", "-c", "{harm}"]\n[metrics.cpu]', 1
        )
    )
    return desk


def everything_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("start", [("-m", "qudag_tui"), ("-P", "-m", "qudag_tui")])
def test_no_module_of_the_folder_is_imported_however_the_program_is_started(
    hostile: Desk, start: tuple[str, ...]
) -> None:
    for words in (("check",), ("new", "--release", "v2", "--id", "r1"), ("status", "--json"), ("trust", "--show")):
        done = subprocess.run(
            [sys.executable, *start, *words],
            cwd=hostile.folder,
            env=hostile.environment(PYTHONPATH=os.pathsep.join([str(REPOSITORY), "", "."])),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        assert done.returncode in {0, 3}, done.stderr
    assert not (hostile.folder / "PWNED").exists()


def test_the_installed_program_imports_nothing_of_the_folder_either(hostile: Desk) -> None:
    program = Path(sys.executable).with_name("qudag-tui")
    if not program.exists():
        pytest.skip("it is not installed here")
    done = subprocess.run(
        [program, "status"], cwd=hostile.folder, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )

    assert (done.returncode, (hostile.folder / "PWNED").exists()) == (4, False)


def test_the_supervisor_gets_no_path_that_would_be_sought_in_the_runs_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([".", "", "lib", "/opt/lib"]))

    monkeypatch.setenv("QUDAG_TUI_STATE", "state")
    assert supervision._environment()["QUDAG_TUI_STATE"] == str(Path.cwd() / "state")
    assert supervision._environment()["PYTHONPATH"].split(os.pathsep)[-1] == "/opt/lib"
    assert all(path.startswith("/") for path in supervision._environment()["PYTHONPATH"].split(os.pathsep))


def test_looking_runs_nothing_asks_nothing_and_writes_nothing(hostile: Desk) -> None:
    hostile("new", "--release", "v2", "--id", "r1")
    before = everything_in(hostile.folder)

    for words in VIEWING:
        hostile(*words)

    assert everything_in(hostile.folder) == before
    assert "PWNED" not in before


def test_a_runs_folder_that_leads_elsewhere_is_refused_until_it_is_named(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (desk.folder / "runs").symlink_to(elsewhere)

    for words in (("new", "--release", "v2"), ("status",), ("runs",), ("tick", "talk")):
        answer = desk(*words)
        assert (words, answer.code, "symbolic link" in answer.err) == (words, 3, True)
    assert list(elsewhere.iterdir()) == []
    assert desk("new", "--release", "v2", "--runs-dir", str(elsewhere)).code == 0


def test_a_pipe_or_a_folder_in_the_place_of_the_checklist_file_is_not_waited_for(desk: Desk) -> None:
    file = desk.folder / "checklists.toml"
    file.unlink()
    os.mkfifo(file)
    for words in (("check",), ("new", "--release", "v2"), ("trust", "--show"), ("trust", "--list")):
        assert (words, desk(*words).code) in [(words, 2), (("trust", "--list"), 0)]
    file.unlink()
    file.mkdir()
    assert desk("check").code == 2


def test_names_that_a_shell_or_a_terminal_would_take_for_something_else_are_only_shown(desk: Desk) -> None:
    evil = "$(touch PWNED); `touch PWNED`\\n\\u001b]0;x\\u0007 ../../etc"
    desk.write(
        PLAN.replace('title = "A deployment"', f'title = "{evil}"').replace('text = "Deploy"', f'text = "{evil}"')
    )
    desk("new", "--release", "$(touch PWNED)", "--id", "r1")

    for words in VIEWING:
        answer = desk(*words)
        assert "\x1b" not in answer.out + answer.err
        assert "\x07" not in answer.out + answer.err
    assert not list(desk.folder.rglob("PWNED"))
    assert desk("new", "--release", "v2", "--id", "../r2").code == 2


def test_a_huge_environment_is_shown_in_part_and_the_rest_is_counted(desk: Desk) -> None:
    desk.write(PLAN.replace('MODE = "hard way"', f'MODE = "{"y" * 300_000}"'))

    shown = desk("trust", "--show").out

    assert "more characters" in shown
    assert len(shown) < 20_000
