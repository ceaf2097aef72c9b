"""One event as its block in the journal: how it is written, hashed and read back."""

from __future__ import annotations

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from qudag_tui.core.event import KINDS, Actor, Event, UnknownFact, fact_from_plain, fact_to_plain
from qudag_tui.core.instant import Instant
from qudag_tui.run.error import NotRecordable

ENVELOPE = ("seq", "kind", "at", "boot_ns", "boot_id", "by", "login", "host", "tty")
_OWN = frozenset((*ENVELOPE, "hash", "prev"))
_INT64 = 1 << 63

# DEL is not allowed in TOML; the others are, but a terminal or an editor acts on them.
_ESCAPED = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class BlockError(ValueError):
    """A block that cannot be read as an event; says why."""


def _string(text: str) -> str:
    quoted = _quote(text)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted) if _ESCAPED.search(quoted) else quoted


_quote: Callable[[str], str] = json.encoder.encode_basestring  # the C version of what JSONEncoder calls


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds and ``Z``. Raises :class:`NotRecordable` without a time zone."""
    if moment.tzinfo is not UTC:
        if moment.tzinfo is None:
            raise NotRecordable("a time without a time zone cannot be recorded")
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


def _value(value: object) -> str:
    if isinstance(value, str):
        return _string(value)
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            if not -_INT64 <= value < _INT64:
                raise NotRecordable(f"the number {value} is beyond 64 bits")
            return str(value)
        case float():
            if not math.isfinite(value):
                raise NotRecordable(f"{value} cannot be recorded as a number")
            return repr(value)
        case datetime():
            return stamp(value)
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case Mapping():
            return "{" + ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items()) + "}"
        case _:
            raise NotRecordable(f"a value of type {type(value).__name__} cannot be recorded")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise NotRecordable(f"a key of type {type(key).__name__} cannot be recorded")
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _canonical(value: object) -> str:
    if isinstance(value, datetime):
        return stamp(value) if value.tzinfo else value.isoformat()
    return str(value)  # a date or time of day, which only an altered event holds


_json = json.JSONEncoder(
    sort_keys=True, allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=_canonical
).encode


def event_hash(values: Mapping[str, Any], prev: str) -> str:
    """SHA-256 of the canonical JSON of an event's values (``hash`` left out) with the hash written above it.

    Raises :class:`NotRecordable` for what JSON or UTF-8 cannot hold.
    """
    body = {**values, "prev": prev}
    body.pop("hash", None)
    try:
        return hashlib.sha256(_json(body).encode()).hexdigest()
    except UnicodeEncodeError as error:
        raise NotRecordable("the text holds half a character (a lone surrogate)", hint="type it again") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise NotRecordable(f"a value cannot be recorded ({error})") from error


def values_of(event: Event) -> dict[str, Any]:
    """The values of an event as its block holds them, in order, without ``hash``.

    Raises :class:`NotRecordable` for a fact that has a key of the event's own.
    """
    at, actor = event.at, event.actor
    values: dict[str, Any] = {
        "seq": event.seq,
        "kind": event.kind,
        "at": stamp(at.wall),
        "boot_ns": at.boot_ns,
        "boot_id": at.boot_id,
        "by": actor.by,
        "login": actor.login,
        "host": actor.host,
        "tty": actor.tty,
    }
    for key, value in fact_to_plain(event.fact).items():
        if key in _OWN:
            raise NotRecordable(f"the key {key} belongs to every event, not to {event.kind}")
        values[key] = value
    return values


def render(event: Event, prev: str) -> tuple[bytes, str]:
    """The block of an event after the one whose hash is ``prev`` ("" for the first), and its own hash.

    Raises :class:`NotRecordable`.
    """
    values = values_of(event)
    digest = event_hash(values, prev)
    actor = event.actor
    head = (
        f"[[event]]\nseq = {event.seq}\nkind = {_string(event.kind)}\nat = {values['at']}\n"
        f"boot_ns = {event.at.boot_ns}\nboot_id = {_string(event.at.boot_id)}\nby = {_string(actor.by)}\n"
        f"login = {_string(actor.login)}\nhost = {_string(actor.host)}\ntty = {_string(actor.tty)}\n"
    )
    body = "".join([f"{_key(key)} = {_value(value)}\n" for key, value in values.items() if key not in _OWN])
    return f'{head}{body}hash = "{digest}"\n\n'.encode(), digest


# Reading: our own form is matched whole; whatever else TOML allows goes through tomllib.

_TEXT = r'"([^"\\\x00-\x1f\x7f]*)"'
OWN_FORM = re.compile(
    r"\[\[event\]\]\nseq = ([1-9][0-9]{0,17})\nkind = " + _TEXT + r"\nat = "
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)\nboot_ns = (0|[1-9][0-9]{0,17})\n"
    rf"boot_id = {_TEXT}\nby = {_TEXT}\nlogin = {_TEXT}\nhost = {_TEXT}\ntty = {_TEXT}\n"
    r'((?:[A-Za-z0-9_-]+ = [^\x00-\x1f\x7f]+\n)*?)hash = "([0-9a-f]{64})"\n+'
)
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\["\\bfnrt]|\\u[01][0-9a-f]{3}|\\u20[0-9a-f]{2}|\\ufeff)*"')
_JSON_STRINGS = re.compile(rf"\[(?:{_JSON_STRING.pattern}(?:, {_JSON_STRING.pattern})*)?\]")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?")
_loads = json.loads


def _plain(raw: str) -> Any:
    """One value of our own form; raises ValueError for any other."""
    first = raw[0]
    if first == '"':
        if "\\" not in raw and raw.count('"') == 2 and raw[-1] == '"':
            return raw[1:-1]
        if _JSON_STRING.fullmatch(raw):
            return _loads(raw)
    elif _INTEGER.fullmatch(raw):
        return int(raw)
    elif first == "[":
        if _JSON_STRINGS.fullmatch(raw):
            return _loads(raw)
    elif raw in {"true", "false"}:
        return raw == "true"
    elif _FLOAT.fullmatch(raw):
        return float(raw)
    if first in "{[":
        return tomllib.loads(f"v = {raw}")["v"]
    raise ValueError(raw)


def _body(text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    lines = text.split("\n")
    lines.pop()
    for line in lines:
        key, _, raw = line.partition(" = ")
        values[key] = _plain(raw)
    if len(values) != len(lines) or not _OWN.isdisjoint(values):
        raise ValueError("a key stands twice")
    return values


_moment = datetime.fromisoformat
_actor = lru_cache(maxsize=256)(Actor)
_interned: dict[str, str] = {}


def event_from_match(match: tuple[str, ...]) -> Event | None:
    """The event of :data:`OWN_FORM`'s groups, or None where a closer look is needed."""
    seq, kind, at, boot_ns, boot_id, by, login, host, tty, body, _ = match
    try:
        fact = fact_from_plain(kind, _body(body))
        if type(fact) is UnknownFact:
            return None
        when = Instant(_moment(at), int(boot_ns), _interned.setdefault(boot_id, boot_id))
    except (ValueError, RecursionError):
        return None
    return Event(int(seq), when, _actor(by, login, host, tty), fact)


def parse(text: str) -> dict[str, Any]:
    """The values of one block, from its ``[[event]]`` to the closing quote of its hash, ``hash`` included.

    Raises :class:`BlockError` for what is not one TOML table of an event.
    """
    try:
        blocks = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BlockError(f"is not TOML ({error})") from error
    found = blocks.get("event")
    if len(blocks) != 1 or not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
        raise BlockError("is not one event")
    return found[0]


def salvage(text: str) -> dict[str, Any]:
    """What single lines of a damaged block still say."""
    values: dict[str, Any] = {}
    for line in text.split("\n"):
        try:
            values.update(tomllib.loads(line))
        except (ValueError, RecursionError):
            continue
    values.pop("event", None)
    return values


def event_from_values(values: Mapping[str, Any]) -> Event:
    """The event of a block's values. Raises :class:`BlockError` when it does not say what, when, or which."""
    seq, kind, at = values.get("seq"), values.get("kind"), values.get("at")
    if not isinstance(seq, int) or isinstance(seq, bool) or seq < 1:
        raise BlockError("has no seq")
    if not isinstance(kind, str):
        raise BlockError("has no kind")
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise BlockError("has no time")
    try:
        at = at.astimezone(UTC)
    except OverflowError as error:
        raise BlockError("has no time that a calendar has in UTC") from error
    boot_ns = values.get("boot_ns")
    texts = {key: text for key in ENVELOPE if isinstance(text := values.get(key), str)}
    when = Instant(
        at,
        boot_ns if isinstance(boot_ns, int) and not isinstance(boot_ns, bool) else 0,
        texts.get("boot_id", ""),
    )
    actor = Actor(*(texts.get(key, "") for key in ("by", "login", "host", "tty")))
    fact = fact_from_plain(kind, {key: value for key, value in values.items() if key not in _OWN})
    return Event(seq, when, actor, fact)


def is_misfit(event: Event) -> bool:
    """Whether it is of a kind that this version knows, but its fields do not fit."""
    return isinstance(event.fact, UnknownFact) and event.fact.name in KINDS
