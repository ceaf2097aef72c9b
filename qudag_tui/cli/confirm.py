"""Confirmations: yes or no, and the code that is typed before something destructive starts."""

from __future__ import annotations

import secrets

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.sinks import ask, can_ask, say

# No letter or digit that is taken for another one.
_ALPHABET = "ACDEFGHJKMNPQRTUVWXY34679"
_CODE_CHARACTERS = 4
NOT_CONFIRMED = "not confirmed: nothing was recorded"


def confirm(question: str, *, yes: bool) -> None:
    """Return if a person says yes, or said ``--yes``; :class:`Stop` (3) otherwise, which silence is as well."""
    if yes:
        return
    if not can_ask():
        raise Stop(ExitCode.REFUSED, f"{question} There is no terminal to ask on: --yes confirms it")
    if ask(f"{question} [y/N]").casefold() not in {"y", "yes"}:
        raise Stop(ExitCode.REFUSED, NOT_CONFIRMED)


def confirm_typed(purpose: str, *, yes: bool) -> None:
    """Return if a person types the code that is shown, or said ``--yes``; :class:`Stop` (3) otherwise."""
    if yes:
        return
    if not can_ask():
        raise Stop(ExitCode.REFUSED, f"there is no terminal to type a code on {purpose}: --yes does it")
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_CHARACTERS))
    if ask(f"Type {code} {purpose}:").upper() != code:
        raise Stop(ExitCode.REFUSED, NOT_CONFIRMED)
    say("")
