"""docs/commands.md says what the parser does: every verb, argument, option and exit code, and nothing else."""

from __future__ import annotations

import argparse
import re

import pytest

from qudag_tui.cli.exit_code import SIGNALLED_MEANING, ExitCode
from qudag_tui.cli.parser import parser_of
from qudag_tui.cli.verbs import OPEN, VERBS, module_of
from tests.cli.desk import REPOSITORY, Desk

TEXT = (REPOSITORY / "docs" / "commands.md").read_text(encoding="utf-8")
COMMON = ("--run", "--runs-dir", "--json", "--as")


def section(title: str) -> str:
    """The text below a heading, up to the next one."""
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"docs/commands.md has no heading {title!r}"
    return found[1]


def rows(text: str) -> dict[str, str]:
    """The rows of its table: what is named, and what is said of it."""
    found = re.findall(r"^\| (.+?) \| (.+) \|$", text, re.MULTILINE)
    named = {name.strip("`").replace("\\|", "|"): said for name, said in found}
    return {name: said for name, said in named.items() if said not in {"meaning", "---"}}


def written(action: argparse.Action) -> str:
    """An argument as the documentation writes it."""
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if not action.option_strings:
        return metavar or "|".join(map(str, action.choices or ()))
    return " / ".join(action.option_strings) + (f" {metavar}" if metavar else "")


def arguments(verb: str) -> list[argparse.Action]:
    return [action for action in parser_of(verb)._actions if "--help" not in action.option_strings]


def is_common(action: argparse.Action) -> bool:
    shared = {option: other.help for other in arguments("rollback") for option in other.option_strings}
    return any(option in COMMON and shared[option] == action.help for option in action.option_strings)


@pytest.mark.parametrize("verb", [OPEN, *VERBS])
def test_every_argument_of_a_verb_is_documented_as_its_help_says_and_no_other(verb: str) -> None:
    text = section("Without a verb" if verb == OPEN else verb)
    own = {written(action): action.help for action in arguments(verb) if not is_common(action)}
    assert rows(text) == own
    also = re.search(r"^Also: (.+)\.$", text, re.MULTILINE)
    named = re.findall(r"`(--[a-z-]+)`", also[1]) if also else []
    assert sorted(named) == sorted(action.option_strings[0] for action in arguments(verb) if is_common(action))


def test_the_options_that_hold_everywhere_are_those_of_the_parser() -> None:
    shared = {written(action): action.help for action in arguments("rollback") if is_common(action)}
    assert rows(section("Options everywhere")) == shared


def test_every_exit_code_is_documented() -> None:
    codes = {str(int(code)): code.meaning for code in ExitCode} | {"128+n": SIGNALLED_MEANING}
    documented = rows(section("Exit codes"))
    documented.pop("code", None)
    assert documented == codes


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_begins_with_what_the_overview_says_of_it(verb: str) -> None:
    assert section(verb).lstrip().startswith(f"{VERBS[verb][:1].upper()}{VERBS[verb][1:]}.")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_on_stdout(desk: Desk, verb: str) -> None:
    answer = desk(verb, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"usage: qudag-tui {verb}")


def test_help_lists_every_verb_and_exit_code(desk: Desk) -> None:
    answer = desk("--help")
    assert answer.code == 0
    assert all(f"  {verb} " in answer.out and words in answer.out for verb, words in VERBS.items())
    assert all(code.meaning in answer.out for code in ExitCode)


def test_every_verb_of_the_table_has_its_module_and_every_module_is_described() -> None:
    assert all(module_of(verb).__doc__ for verb in VERBS)
