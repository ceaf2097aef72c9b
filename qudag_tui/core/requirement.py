"""What a gate asks for, one comparison at a time: what holds, what does not, what cannot be told yet and what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from qudag_tui.core.duration import clock
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.verdict import Verdict

_TEXTS = ("text", "line", "needs")


@lean_dataclass(frozen=True, slots=True)
class Requirement:
    """One comparison of a condition.

    ``text`` is the comparison as it is written, ``line`` what was seen of it, and ``needs`` what is still missing
    before anything else can be said, in words; "" where nothing is.
    """

    text: str
    verdict: Verdict
    line: str
    needs: str = ""


def plain(requirements: Iterable[Requirement]) -> list[dict[str, str]]:
    """As values of TOML and JSON."""
    return [
        {"text": each.text, "verdict": each.verdict.value, "line": each.line, "needs": each.needs}
        for each in requirements
    ]


def requirements_of(said: Any) -> tuple[Requirement, ...]:
    """What :func:`plain` made; of anything else, nothing. Never raises: a file of the run may hold anything."""
    if not isinstance(said, Sequence) or isinstance(said, str):
        return ()
    found = []
    for each in said:
        if not isinstance(each, dict) or each.get("verdict") not in list(Verdict):
            return ()
        texts = [each.get(name, "") for name in _TEXTS]
        if not all(isinstance(text, str) for text in texts):
            return ()
        found.append(Requirement(texts[0], Verdict(each["verdict"]), texts[1], texts[2]))
    return tuple(found)


def needs_of_all(requirements: Iterable[Requirement]) -> str:
    """What those need that need something, the same said once."""
    return "; ".join(dict.fromkeys(each.needs for each in requirements if each.needs))


def soak_needs(left_seconds: float) -> str:
    """What a gate needs that passes before its soak is over: ``18:22 more of the soak, then a final look``."""
    return f"{clock(left_seconds)} more of the soak, then a final look" if left_seconds >= 1 else "its final look"
