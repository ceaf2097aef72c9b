"""What a person at the terminal says of steps, where nobody else can: never taken from silence."""

from __future__ import annotations

import select
import sys
from collections.abc import Mapping

from qudag_tui.cli.confirm import confirm_typed
from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.sinks import prompt, say
from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.due import JudgeWatch
from qudag_tui.core.duration import clock as shown
from qudag_tui.core.duration import spoken
from qudag_tui.core.step import Step


class Person:
    """Whoever sits there, called ``name``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def answer(self, question: str, seconds: float | None = None) -> str | None:
        """A line; None if none came within ``seconds``. :class:`Stop` (7) where the terminal is gone."""
        prompt(question)
        if seconds is not None and not select.select([sys.stdin], [], [], seconds)[0]:
            say("")
            return None
        line = sys.stdin.readline()
        if not line:
            raise Stop(ExitCode.UNKNOWN, "the terminal is gone: nothing more is started")
        return line.strip()

    def choose(self, question: str, keys: Mapping[str, str]) -> str:
        """One of ``keys``; what is none is asked again."""
        offered = "  ".join(f"[{key}] {word}" for key, word in keys.items())
        while True:
            answer = (self.answer(f"{question}  {offered}:") or "").casefold()
            if answer in keys:
                return answer
            if answer in keys.values():
                return next(key for key, word in keys.items() if word == answer)

    def about(self, step: Step, keys: Mapping[str, str]) -> ask.Intent | None:
        """What is to become of a step that waits; None where a code was not typed."""
        key = self.choose("", keys)
        if key in {"s", "m", "f"}:
            reason = ""
            while not reason:
                reason = self.answer("Why?" if key != "m" else "How do you know?") or ""
            if key == "s":
                return ask.Skip(step.id, reason)
            return ask.MarkStep(step.id, "passed" if key == "m" else "failed", reason)
        if key == "c":
            try:
                confirm_typed("to start it", yes=False)
            except Stop:
                say("that is not the code")
                return None
            return ask.ConfirmStep(step.id)
        if key == "r":
            return ask.Retry(step.id)
        return ask.MarkStep(step.id) if key == "d" else ask.Abort()

    def watched(self, action: JudgeWatch, request: int) -> ev.Fact:
        """How a watch ended: by a person's word before its deadline, else not recovered."""
        step, until = action.step, action.step.until
        source = until.source if until is not None else ""
        within = spoken(until.within_seconds) if until is not None else ""
        said = None
        if action.left_seconds > 0:
            say(f"“{step.text}”: {source} within {within}. Nothing is measured here: look yourself.")
            said = self.answer(
                f"{shown(action.left_seconds)} left.  [y] it holds  [n] it will not  [a] abort:", action.left_seconds
            )
        if said is None:
            return ev.WatchEnded(step.id, request, "failed", "unknown", f"nobody said within {within} that it holds")
        key = said.casefold()[:1]
        if key == "a":
            return ev.AbortRequested(request)
        if key not in {"y", "n"}:
            return self.watched(action, request)
        outcome, verdict = ("passed", "pass") if key == "y" else ("failed", "fail")
        return ev.WatchEnded(step.id, request, outcome, verdict, f"said by {self.name}, not measured")
