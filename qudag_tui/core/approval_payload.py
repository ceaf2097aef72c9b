"""The text that is signed to approve of a request: canonical JSON, the same bytes wherever it is made."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qudag_tui.core.approval import NAMESPACE, VALID_SECONDS
from qudag_tui.core.lean_dataclass import lean_dataclass

if TYPE_CHECKING:
    from qudag_tui.core.execution import Execution
    from qudag_tui.core.state import State

_FORMAT = 1
# Characters of one text as it is written here, where “é” takes six and an emoji twelve: the whole has to fit.
_MOST_WRITTEN = 480
_MOST_CAUSES = 3
_NONE_OF_OURS = "it is no text to sign of qudag-tui"
MOST_CHARACTERS = 16_000

# What a payload calls the texts of :class:`Asked`.
_TEXTS = {name: name for name in ("nonce", "run", "title", "release", "previous", "plan", "procedure", "heading", "by")}
_TEXTS |= {"reason": "reason", "whence": "from"}


class PayloadError(ValueError):
    """A text that is no payload of ours; says why."""


@lean_dataclass(frozen=True, slots=True)
class Asked:
    """What a payload says, for the person who is to sign it, and for whoever verifies it later."""

    nonce: str
    run: str
    title: str
    release: str
    previous: str
    plan: str
    procedure: str
    heading: str
    request: int
    reason: str
    causes: tuple[str, ...]
    by: str
    whence: str
    people: int
    at: datetime
    expires: datetime
    head_hash: str
    undoes: int = 0


def payload_of(state: State, execution: Execution, head_hash: str) -> str:
    """What is signed to approve of ``execution``; ``head_hash`` is the hash of the event that asked for it.

    Shown texts are bounded; ``evidence`` is a hash over all of them.
    """
    run, approvals = state.run, execution.approvals
    procedure = state.plan.procedures.get(execution.target)
    evidence = _canonical({"reason": execution.reason, "triggers": list(approvals.causes)})
    # Only where it is so: texts that were signed before it could be are read as they are.
    undoes = {"undoes": execution.undoes} if execution.undoes else {}
    return _canonical(
        undoes
        | {
            "at": _stamp(execution.at.wall),
            "by": _cut(execution.by),
            "decision": "approve",
            "evidence": hashlib.sha256(evidence.encode()).hexdigest(),
            "expires": _stamp(execution.at.plus(VALID_SECONDS).wall),
            "format": _FORMAT,
            "from": _cut(approvals.whence),
            "head": {"hash": head_hash, "seq": execution.request},
            "heading": _cut(procedure.title if procedure else execution.target),
            "namespace": NAMESPACE,
            "nonce": run.nonce if run else "",
            "people": approvals.wanted,
            "plan": approvals.plan,
            "previous": _cut(run.previous if run else ""),
            "procedure": execution.target,
            "reason": _cut(execution.reason),
            "release": _cut(run.release if run else ""),
            "request": execution.request,
            "run": _cut(run.run if run else ""),
            "title": _cut(state.plan.title),
            "triggers": [_cut(cause) for cause in approvals.causes[:_MOST_CAUSES]],
            "type": "approval",
        }
    )


def read_payload(text: str) -> Asked:
    """What a payload says. Raises :class:`PayloadError` for anything that :func:`payload_of` does not write."""
    if len(text) > MOST_CHARACTERS:
        raise PayloadError("it is too long to be a text to sign")
    try:
        return _asked(json.loads(text), text)
    except PayloadError:
        raise
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PayloadError(_NONE_OF_OURS) from error


def _asked(said: Any, text: str) -> Asked:
    # A key that stands twice, say, would be shown once: only the one form that we write is read.
    if _canonical(said) != text:
        raise PayloadError("it is not written as this tool writes it")
    if (said["type"], said["namespace"], said["format"]) != ("approval", NAMESPACE, _FORMAT):
        raise PayloadError("it is a text to sign of another kind, or of a newer version of qudag-tui")
    if said["decision"] != "approve" or said["head"]["seq"] != said["request"]:
        raise PayloadError("it contradicts itself")
    texts = {name: said[key] for name, key in _TEXTS.items()} | {"head_hash": said["head"]["hash"]}
    numbers = {"request": said["request"], "people": said["people"], "undoes": said.get("undoes", 0)}
    causes = tuple(said["triggers"])
    are_texts = all(isinstance(each, str) for each in (*texts.values(), *causes))
    if not are_texts or {type(number) for number in numbers.values()} != {int}:
        raise PayloadError(_NONE_OF_OURS)
    return Asked(**texts, **numbers, causes=causes, at=_moment(said["at"]), expires=_moment(said["expires"]))


def _canonical(value: Any) -> str:
    # ASCII only: what is signed is one sequence of bytes, whatever the locale.
    return json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def _cut(text: str) -> str:
    room = _MOST_WRITTEN
    for place, character in enumerate(text[: _MOST_WRITTEN + 1]):
        room -= len(_canonical(character)) - len('""')
        if room < 0:
            return f"{text[:place]}…"
    return text


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise PayloadError("its time has no zone")
    return moment
