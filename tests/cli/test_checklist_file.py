"""The verbs about a checklist file: init, check, trust, and what a rollback of it would run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import tomlkit

from tests.cli.desk import PLAN, SHIPPED, Answer, Desk

DRY_RUN = """\
export QUDAG_TUI_RUN=r1
export QUDAG_TUI_PHASE=canary
export QUDAG_TUI_RELEASE=v2
export QUDAG_TUI_PREVIOUS=v1

# 1. Alert somebody: a person does this

# 2. Flags off (target 30 s, ended after 1 min)  [flags]
(cd {here} && QUDAG_TUI_STEP=flags sh -c 'echo flags off; echo of $QUDAG_TUI_RELEASE')

# 3. Recovered: wait until cpu < 101%, at most 1 min

# 4. If not: only if recovery did not pass
# 4.1. Old code  [code]
(cd {here} && MODE='hard way' QUDAG_TUI_STEP=code sh -c 'rm -f current
')
"""


def test_init_writes_the_shipped_file_and_never_over_another(desk: Desk) -> None:
    answer = desk("init", "mine.toml")
    assert (answer.code, answer.out) == (0, "mine.toml\n")
    assert (desk.folder / "mine.toml").read_bytes() == SHIPPED.read_bytes()
    assert desk("init", "mine.toml").code == 3
    assert desk("init", "no/such/folder.toml").code == 4
    assert desk("check", "mine.toml").code == 0


def test_init_with_a_title_keeps_every_comment(desk: Desk) -> None:
    assert desk("init", "mine.toml", "--title", 'Ours "now"').code == 0
    text = (desk.folder / "mine.toml").read_text(encoding="utf-8")
    assert tomlkit.parse(text)["title"] == 'Ours "now"'
    assert text.count("#") == SHIPPED.read_text(encoding="utf-8").count("#")
    assert desk("init", "other.toml", "--title", " ").code == 2


def test_check_names_every_error_with_its_place_and_exits_two(desk: Desk) -> None:
    desk.write('title = "x"\nnonsense = 1\n[[checklists]]\ntitle = 7\nitems = ["a", "a"]\n')
    answer = desk("check")
    assert (answer.code, answer.out) == (2, "")
    places = [line.split(":")[:3] for line in answer.err.removeprefix("qudag-tui: ").splitlines()]
    assert [place[:2] for place in places] == [
        ["checklists.toml", "2"],
        ["checklists.toml", "4"],
        ["checklists.toml", "5"],
    ]
    found = desk("check", "--json")
    assert found.code == 2
    assert [error["line"] for error in found.json["errors"]] == [2, 4, 5]


def test_check_warns_of_what_is_unwise_and_is_strict_on_request(desk: Desk) -> None:
    desk.write(SHIPPED.read_text(encoding="utf-8"))
    answer = desk("check")
    assert answer.code == 0
    assert all(": warning: " in line for line in answer.out.splitlines())
    assert answer.err.startswith("checklists.toml: 99 boxes, 86 of them to be done; ")
    assert desk("check", "--strict").code == 1
    assert desk("check", "missing.toml").code == 4


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02", b"\xff\xfe", b"[" * 40, b"x = \x80", b"a = 1\n" * 3])
def test_no_bytes_make_check_do_worse_than_two(desk: Desk, data: bytes) -> None:
    (desk.folder / "checklists.toml").write_bytes(data)
    for verb in (
        ("check",),
        ("new", "--release", "v2"),
        ("trust", "--yes"),
        ("rollback", "--dry-run", "--file", "checklists.toml"),
    ):
        answer = desk(*verb)
        assert (answer.code, answer.out) == (2, "")
        assert "Traceback" not in answer.err


def test_the_dry_run_can_be_pasted(desk: Desk) -> None:
    desk.new()
    answer = desk("rollback", "--dry-run")
    assert answer == Answer(0, DRY_RUN.format(here=desk.folder), "rollback of r1: nothing is started by this\n")
    (desk.folder / "current").write_text("")
    ran = subprocess.run(["sh"], input=answer.out, capture_output=True, text=True, check=True)
    assert ran.stdout == "flags off\nof v2\n"
    assert not (desk.folder / "current").exists()


def test_the_dry_run_needs_no_run(desk: Desk) -> None:
    answer = desk("rollback", "--dry-run", "--file", "checklists.toml")
    assert answer.code == 0
    assert answer.out == DRY_RUN.format(here=desk.folder).partition("\n\n")[2].join(["\n", ""])


def test_a_dry_run_quotes_what_a_terminal_would_interpret(desk: Desk) -> None:
    desk.write(
        'title = "x"\n[[checklists]]\ntitle = "Day"\nitems = ["a"]\n'
        '[[procedures.rollback.steps]]\ntext = "Off\\u001b"\nid = "off"\nrun = ["printf", "%s", "a\\u001b\'\\u0085b"]\n'
    )
    answer = desk("rollback", "--dry-run", "--file", "checklists.toml")
    assert "\x1b" not in answer.out
    ran = subprocess.run(["bash"], input=answer.out, capture_output=True, text=True, check=True)
    assert ran.stdout == "a\x1b'\x85b"


def test_one_item_can_be_dry_run_too(desk: Desk) -> None:
    desk.new()
    assert desk("run", "deploy", "--dry-run").out.splitlines()[-1] == (
        f"(cd {desk.folder} && QUDAG_TUI_STEP=deploy true)"
    )


def test_nothing_runs_before_it_is_trusted_and_the_message_says_how(desk: Desk) -> None:
    desk.new()
    for words in (("rollback", "--yes"), ("run", "deploy", "--yes"), ("retry", "flags"), ("resume",)):
        answer = desk(*words)
        assert (answer.code, answer.out) == (3, "")
        assert "review it with: qudag-tui trust --run r1" in answer.err
    assert desk.run.state.head_seq == 1


def test_trust_shows_what_would_run_and_needs_a_word(desk: Desk) -> None:
    answer = desk("trust")
    assert answer.code == 3
    assert f"would run, in {desk.folder}:\n  flags\n" in answer.out
    assert "--yes" in answer.err
    assert desk("trust", "--show").code == 3
    assert desk("trust", "--yes").code == 0
    assert desk("trust", "--show").code == 0
    assert desk("trust", "--list").out.startswith(f"{desk.folder}/checklists.toml\t")
    assert desk("trust", "--json", "--show").json["commands"][0]["id"] == "flags"
    assert desk("trust", "--revoke").code == 0
    assert desk("trust", "--show").code == 3


def test_a_run_is_trusted_by_the_plan_that_it_follows(desk: Desk) -> None:
    desk.new()
    desk.write(PLAN.replace("echo flags off", "echo something else"))
    assert desk("trust", "--yes").code == 0
    assert desk("rollback", "--yes").code == 3
    assert desk("trust", "--run", "r1", "--yes").code == 0
    assert "something else" not in desk("trust", "--run", "r1", "--show").out


def test_a_file_that_others_can_write_is_never_trusted(desk: Desk) -> None:
    Path("checklists.toml").chmod(0o666)
    answer = desk("trust", "--yes")
    assert answer.code == 3
    assert "cannot be trusted" in answer.err
