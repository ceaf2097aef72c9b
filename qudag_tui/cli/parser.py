"""The arguments of each verb."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any, NoReturn

from qudag_tui.cli.exit_code import SIGNALLED_MEANING, ExitCode
from qudag_tui.cli.sinks import say
from qudag_tui.cli.verbs import OPEN, VERBS, module_of

PROGRAM = "qudag-tui"
_LEADING_VALUES = ("--run", "--runs-dir", "--as")
_LEADING_FLAGS = ("--json", "--yes", "--ascii")
_MOST_SAID = 1_000


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are harmless to a terminal, and which never guesses an option."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(allow_abbrev=False, **keywords)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how it is used, and exit with 2."""
        # It repeats what was given, which may be a whole file by mistake.
        said = message if len(message) <= _MOST_SAID else f"{message[:_MOST_SAID]}…"
        say(*self.format_usage().rstrip().split("\n"), f"{self.prog}: {said}")
        raise SystemExit(ExitCode.USAGE)


def parser_of(verb: str) -> Parser:
    """The complete parser of one verb, or of the program without one (``open``)."""
    module = module_of(verb)
    if verb == OPEN:
        return _program(module)
    parser = Parser(prog=f"{PROGRAM} {verb}", description=f"{VERBS[verb][:1].upper()}{VERBS[verb][1:]}.")
    module.configure(parser)
    return parser


def _program(module: Any) -> Parser:
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {verb:<{width}}  {words}" for verb, words in VERBS.items())
    codes = "\n".join(f"  {code:>5}  {code.meaning}" for code in ExitCode)
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [FILE] [options]\n       {PROGRAM} VERB …",
        description="Drive a deployment from a terminal. Without a verb: open the run of FILE on the screen.",
        epilog=f"verbs (each has --help):\n{verbs}\n\nexit codes:\n{codes}\n  128+n  {SIGNALLED_MEANING}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.configure(parser)
    return parser


def parse(words: Sequence[str]) -> tuple[str, argparse.Namespace]:
    """The verb and its arguments; ``SystemExit`` with 2 for wrong usage, with 0 after help."""
    verb, rest = split_verb(words)
    return verb, parser_of(verb).parse_args(rest)


def split_verb(words: Sequence[str]) -> tuple[str, list[str]]:
    """The verb, and everything else; options that hold everywhere may stand before the verb."""
    position = 0
    while position < len(words) and words[position].startswith("-"):
        word = words[position]
        if word in _LEADING_VALUES:
            position += 2
        elif word in _LEADING_FLAGS or word.partition("=")[0] in _LEADING_VALUES:
            position += 1
        else:
            break
    if position < len(words) and words[position] in VERBS:
        return words[position], [*words[:position], *words[position + 1 :]]
    return OPEN, list(words)


def add_run_options(parser: argparse.ArgumentParser, *, json: bool = False) -> None:
    """``--run``, ``--runs-dir`` and, where something is printed, ``--json``."""
    parser.add_argument("--run", metavar="RUN", help="the run's id or folder (without it: the only open run)")
    add_runs_dir(parser)
    if json:
        parser.add_argument("--json", action="store_true", help="print JSON on stdout")


def add_runs_dir(parser: argparse.ArgumentParser) -> None:
    """``--runs-dir``."""
    parser.add_argument("--runs-dir", metavar="DIR", help="the folder of the runs (without it: QUDAG_TUI_RUNS, ./runs)")


def add_actor_options(parser: argparse.ArgumentParser) -> None:
    """What every verb takes that records something: where, who, and the event as JSON."""
    add_run_options(parser, json=True)
    parser.add_argument(
        "--as", dest="by", metavar="NAME", type=utf8, help="who is recorded (without it: QUDAG_TUI_AS, the login)"
    )


def add_yes(parser: argparse.ArgumentParser, help_text: str = "confirm where there is no terminal") -> None:
    """``--yes``."""
    parser.add_argument("--yes", action="store_true", help=help_text)


def add_why(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """``--why``."""
    parser.add_argument(
        "--why", metavar="TEXT", type=utf8, required=required, default="", help="the reason; it stays in the record"
    )


def utf8(word: str) -> str:
    """A word that is recorded, read as UTF-8 whatever the locale; what is none stays as it is, and is refused later."""
    try:
        return os.fsencode(word).decode()
    except UnicodeError:
        return word
