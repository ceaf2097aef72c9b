"""What an execution would run, as commands to paste: in order, with folder and names; persons' steps as comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.core.duration import spoken
from qudag_tui.plan.shell_words import join, quote

if TYPE_CHECKING:
    from qudag_tui.core.step import Step


def dry_run(steps: tuple[Step, ...], folder: Path, names: Mapping[str, str]) -> Iterator[str]:
    """The lines of a POSIX shell script that does by hand what the tool would do from ``folder``, started by nobody.

    ``names`` are the ``QUDAG_TUI_*`` variables that every step gets.
    """
    for name, value in names.items():
        yield f"export {name}={quote(value)}"
    for number, step in enumerate(steps, 1):
        yield ""
        yield from _step(step, f"{number}", folder)


def _step(step: Step, number: str, folder: Path) -> Iterator[str]:
    if step.steps:
        condition = f": only if {step.unless} did not pass" if step.unless else ""
        yield f"# {number}. {step.text}{condition}"
        for position, child in enumerate(step.steps, 1):
            yield from _step(child, f"{number}.{position}", folder)
        return
    if step.until is not None:
        within = spoken(step.until.within_seconds)
        yield f"# {number}. {step.text}: wait until {step.until.source}, at most {within}"
        return
    if step.is_persons:
        yield f"# {number}. {step.text}: a person does this"
        return
    yield f"# {number}. {step.text}{_limits(step)}  [{step.id}]"
    if step.secrets:
        yield f"# needs in the environment: {', '.join(step.secrets)}"
    yield from command(step, folder).split("\n")


def _limits(step: Step) -> str:
    limits = [
        f"target {spoken(step.target_seconds)}" if step.target_seconds else "",
        f"ended after {spoken(step.timeout_seconds)}" if step.timeout_seconds else "",
        f"at most {step.attempts} attempts" if step.attempts > 1 else "",
    ]
    said = ", ".join(limit for limit in limits if limit)
    return f" ({said})" if said else ""


def command(step: Step, folder: Path) -> str:
    """What runs the command of ``step`` in a subshell, in its folder, with the names it declares; may have line breaks."""
    argv = ("sh", "-c", *step.run) if step.shell else step.run
    env = "".join(f"{name}={quote(value)} " for name, value in step.env.items())
    where = folder / step.cwd
    return f"(cd {quote(str(where))} && {env}QUDAG_TUI_STEP={quote(step.id)} {join(argv)})"
