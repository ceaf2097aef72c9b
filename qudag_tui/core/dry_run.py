"""What an execution would run, as commands to paste: in order, with folder and names; persons' steps as comments."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from qudag_tui.core.duration import spoken
from qudag_tui.core.printable import visible

if TYPE_CHECKING:
    from qudag_tui.core.state import State
    from qudag_tui.core.step import Step


def dry_run(steps: Sequence[Step], folder: str, names: Mapping[str, str]) -> Iterator[str]:
    """The lines of a POSIX shell script that does by hand what the tool would do from ``folder``, started by nobody.

    ``names`` are the ``QUDAG_TUI_*`` variables that every step gets.
    """
    for name, value in names.items():
        yield f"export {name}={quote(value)}"
    for number, step in enumerate(steps, 1):
        yield ""
        yield from _step(step, f"{number}", folder)


def names_of(state: State) -> dict[str, str]:
    """The ``QUDAG_TUI_*`` variables that every step of a run gets now."""
    created, phase = state.run, state.current_phase
    return {
        "QUDAG_TUI_RUN": created.run if created else "",
        "QUDAG_TUI_PHASE": phase.id if phase else "",
        "QUDAG_TUI_RELEASE": created.release if created else "",
        "QUDAG_TUI_PREVIOUS": created.previous if created else "",
    }


def _step(step: Step, number: str, folder: str) -> Iterator[str]:
    if step.steps:
        condition = f": only if {step.unless} did not pass" if step.unless else ""
        yield _comment(f"{number}. {step.text.rstrip(':') if condition else step.text}{condition}{_limits(step)}")
        for position, child in enumerate(step.steps, 1):
            yield from _step(child, f"{number}.{position}", folder)
        return
    if step.until is not None:
        within = spoken(step.until.within_seconds)
        yield _comment(f"{number}. {step.text}: wait until {step.until.source}, at most {within}{_limits(step)}")
        return
    if step.is_persons:
        yield _comment(f"{number}. {step.text}: a person does this")
        return
    yield _comment(f"{number}. {step.text}{_limits(step)}  [{step.id}]")
    if step.secrets:
        yield _comment(f"needs in the environment: {', '.join(step.secrets)}")
    yield from command(step, folder).split("\n")


def _comment(text: str) -> str:
    # A line break in a text would end the comment, and what follows be a command.
    return f"# {visible(text)}"


def _limits(step: Step) -> str:
    limits = [
        f"target {spoken(step.target_seconds)}" if step.target_seconds else "",
        f"ended after {spoken(step.timeout_seconds)}" if step.timeout_seconds else "",
        f"at most {step.attempts} attempts" if step.attempts > 1 else "",
        "confirmed before it starts" if step.confirm and not step.is_persons else "",
    ]
    said = ", ".join(limit for limit in limits if limit)
    return f" ({said})" if said else ""


def command(step: Step, folder: str) -> str:
    """What runs the command of ``step`` in a subshell, in its folder, with the names it declares; may have line breaks."""
    argv = ("sh", "-c", *step.run) if step.shell else step.run
    env = "".join(f"{name}={quote(value)} " for name, value in step.env.items())
    where = step.cwd if step.cwd.startswith("/") else folder if step.cwd == "." else f"{folder}/{step.cwd}"
    return f"(cd {quote(where)} && {env}QUDAG_TUI_STEP={quote(step.id)} {join(argv)})"


def join(words: tuple[str, ...]) -> str:
    """The words of a command, quoted for a shell and harmless to a terminal."""
    return " ".join(quote(word) for word in words)


def quote(word: str) -> str:
    """``word`` for a shell; what a terminal would interpret in the ``$'…'`` that bash, zsh and ksh read."""
    if visible(word.replace("\n", "").replace("\t", "")) == word.replace("\n", "").replace("\t", ""):
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + "".join(_escape(character) for character in escaped) + "'"


def _escape(character: str) -> str:
    if character in "\n\t" or visible(character) == character:
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
