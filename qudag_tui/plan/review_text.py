"""A review in words: the same parts, in the same order, on the screen and on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.core.dry_run import join
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.plan.difference import one_line

if TYPE_CHECKING:
    from qudag_tui.plan.named_files import Command, Environment
    from qudag_tui.plan.trust_review import Change, Review

HASH_CHARACTERS = 16
_MOST_LINES = 400
_MOST_COMMAND_LINES = 120
_MOST_CHARACTERS = 4000
_MOST_CHANGES = 40
_NOT_COVERED = "What programs read in turn is not covered, nor is what your own login does meanwhile."


@lean_dataclass(frozen=True, slots=True)
class Part:
    """Lines under a heading, harmless to a terminal, each of any length. ``is_wrong`` is what stands in the way.

    In a difference, lines that begin with ``-`` were so when it was trusted, those with ``+`` are so now.
    """

    heading: str
    lines: tuple[str, ...]
    is_wrong: bool = False
    is_difference: bool = False


def parts_of(reviewed: Review) -> tuple[Part, ...]:
    """Everything that a person is to see before they trust it: what is wrong first, what is new next."""
    folder = Path(reviewed.path).parent
    runs = [line for command in reviewed.commands for line in _command(command, folder)]
    parts = [
        Part("", (one_line(f"{reviewed.path}  {reviewed.plan[:HASH_CHARACTERS]}"),)),
        _part("in the way", reviewed.problems, is_wrong=True),
        *difference_parts(reviewed),
        _part(f"would run, in {folder}", runs) if runs else Part("would run nothing", ()),
        _part("with, in its environment", (line for each in reviewed.environments for line in _environment(each))),
        _part("would ask", reviewed.addresses),
        _part(
            "with a credential of your own configuration, if that lets it go there",
            (f"source {source}: {name}" for source, name in reviewed.credentials.items()),
        ),
        _part("variables", (f"{name} = {value}" for name, value in reviewed.vars.items())),
        _part(
            "files below its folder, hashed now and again before each start",
            (f"{digest[:HASH_CHARACTERS]}  {name}" for name, digest in reviewed.files.items()),
        ),
        _part("too large for a copy to be kept: trusted by the hash alone", reviewed.large),
        _part(
            "programs, by place and not by content",
            (f"{word}  {program}" for word, program in reviewed.programs.items()),
        ),
        _part("programs that are not there now", reviewed.missing, is_wrong=True),
        _part("doubtful", reviewed.doubts, is_wrong=True),
        _part("PATH, as it stays for what runs", [reviewed.search_path] if runs else []),
        Part("not covered", (_NOT_COVERED,)),
    ]
    return tuple(part for part in parts if part is not None)


def difference_parts(reviewed: Review) -> tuple[Part, ...]:
    """Only what has changed since it was last trusted."""
    last = reviewed.last
    since = f"since {last.by} trusted it, {last.at[:16].replace('T', ' ')} UTC" if last else ""
    shown = [_difference(change) for change in reviewed.changes[:_MOST_CHANGES]]
    if len(reviewed.changes) > _MOST_CHANGES:
        shown.append(Part(f"and {len(reviewed.changes) - _MOST_CHANGES} more files have changed", ()))
    summary = _part(since, reviewed.differences)
    return tuple(part for part in (summary, *shown) if part is not None)


def lines_of(parts: Sequence[Part]) -> Iterator[str]:
    """The parts as plain lines, for a terminal or a file."""
    for part in parts:
        if part.heading:
            yield f"{part.heading}:" if part.lines else part.heading
        indent = "  " if part.heading else ""
        yield from (f"{indent}{line}" for line in part.lines)


def _difference(change: Change) -> Part:
    kept = ", the trusted copy is kept" if change.kept else ""
    return Part(one_line(f"{change.name}, then and now{kept}"), change.lines, is_difference=True)


def _part(heading: str, lines: Iterable[str], *, is_wrong: bool = False) -> Part | None:
    shown = tuple(_bounded([one_line(line, _MOST_CHARACTERS) for line in lines], _MOST_LINES))
    return Part(one_line(heading), shown, is_wrong) if shown else None


def _command(command: Command, folder: Path) -> Iterator[str]:
    where = "" if Path(command.cwd) == folder else f"  (in {command.cwd})"
    yield f"{command.id}{where}"
    yield from _bounded([f"  {line}" for line in join(command.argv).split("\n")], _MOST_COMMAND_LINES)


def _environment(environment: Environment) -> Iterator[str]:
    for name, value in environment.set.items():
        first, *more = value.split("\n")
        yield f"{environment.id}: {name}={first}" + (f" … and {len(more)} more lines" if more else "")
    if environment.secrets:
        yield f"{environment.id}: {', '.join(environment.secrets)} from your environment, as secrets"


def _bounded(lines: list[str], most: int) -> list[str]:
    left = len(lines) - most
    return lines if left <= 0 else [*lines[:most], f"… and {left:,} more lines, which this trusts as well"]
