"""A stretch of journal as its events: what is complete, what was altered, and where a torn end begins."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from qudag_tui.core.event import Event
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.run.block import (
    OWN_FORM,
    BlockError,
    event_from_match,
    event_from_values,
    event_hash,
    is_misfit,
    parse,
    salvage,
)
from qudag_tui.run.error import NotRecordable

_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*event[ \t]*\]\][ \t\r]*(?:#[^\n]*)?$", re.MULTILINE)
_HASH = re.compile(r'^[ \t]*hash[ \t]*=[ \t]*"([^"\\\n]*)"', re.MULTILINE)
_IDLE_LINES = re.compile(r"(?:[ \t\r]*(?:#[^\n\x00]*)?\n)*")
_TORN_HEADER = "[[event]]"
_ESCAPED_BYTE = re.compile("[\ud800-\udfff]")
_STRAY = "text that belongs to no event"


@lean_dataclass(frozen=True, slots=True)
class Mark:
    """Something in the journal is not as it was written: ``offset`` is its byte in the file."""

    seq: int
    offset: int
    what: str


class Block(NamedTuple):
    """One complete block: characters ``start`` to ``end`` of its text, and the groups of our own form, or None."""

    start: int
    end: int
    groups: tuple[str, ...] | None
    digest: str


@dataclass(slots=True)
class Split:
    """The blocks of a text, stretches that belong to none, and the characters used up by both."""

    blocks: list[Block] = field(default_factory=list)
    junk: list[tuple[int, int]] = field(default_factory=list)
    used: int = 0


def _is_torn(tail: str) -> bool:
    """Whether text after the last hash line is the beginning of a block whose write was cut short."""
    return "\x00" in tail or _TORN_HEADER.startswith(tail.strip(" \t\r\n"))


def _idle(text: str, start: int, end: int) -> int:
    """The end of the blank lines and whole comment lines that begin at ``start``."""
    match = _IDLE_LINES.match(text, start, end)
    idle = match.end() if match else start
    return idle if text[idle:end].strip(" \t\r") else end


def split(text: str) -> Split:
    """Cut a journal's text, from a block's start on, into blocks; stop where the last one is not complete."""
    found = Split()
    blocks, position, match_own = found.blocks, 0, OWN_FORM.match
    length = len(text)
    while position < length:
        match = match_own(text, position)
        if match is not None:
            position = match.end()
            blocks.append(Block(match.start(), position, match.groups(), match[11]))
            continue
        header = _HEADER.search(text, position)
        here = header.start() if header else length
        idle = _idle(text, position, here)
        if idle < here:
            tail = text[idle:here]
            if header is None and (_is_torn(tail) or (tail.lstrip().startswith("#") and "\n" not in tail)):
                position = idle
                break
            found.junk.append((idle, here))
        position = here
        if header is None:
            break
        if match_own(text, position) is not None:
            continue
        following = _HEADER.search(text, header.end())
        limit = following.start() if following else length
        written = _HASH.search(text, header.end(), limit)
        if following is None and (written is None or "\x00" in text[position : written.end()]):
            break
        end = written.end() if written else limit
        blocks.append(Block(position, end, None, written[1] if written else ""))
        position = end
    found.used = position
    return found


def block_values(text: str, block: Block) -> dict[str, object]:
    """The values of a complete block as TOML reads them. Raises :class:`BlockError`."""
    if not block.digest:
        raise BlockError("has no hash")
    return parse(text[block.start : block.end])


@dataclass(slots=True)
class Scan:
    """What a stretch of a journal says.

    ``used`` counts its bytes up to where a torn or unfinished end begins; ``last`` is its last complete block with
    what follows it up to there, ``seq`` and ``digest`` are that block's, ``count`` its place in the whole file.
    """

    events: list[Event]
    used: int
    last: bytes
    seq: int
    digest: str
    count: int
    marks: list[Mark]


def decode(data: bytes) -> str:
    """The text of a journal; bytes that are no UTF-8 become lone surrogates, so that offsets can be found again."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")


def width(text: str) -> int:
    """The bytes that a part of :func:`decode`'s text came from."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def clean(text: str) -> str:
    """A part of :func:`decode`'s text that any sink can take: what was no UTF-8 is a replacement character."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


# A larger seq than this beyond a block's place in the file is damage, not a gap.
_MOST_MISSING = 1_000_000


class _Folding:
    def __init__(self, text: str, base: int, count: int, seq: int, digest: str) -> None:
        self.text = text
        self.base = base
        self.count = count
        self.seq = seq
        self.digest = digest
        self.events: list[Event] = []
        self.marks: list[Mark] = []
        self._is_utf8 = text.isascii() or not _ESCAPED_BYTE.search(text)
        self._measured = 0

    def mark(self, start: int, what: str) -> None:
        self.base += width(self.text[self._measured : start])
        self._measured = start
        self.marks.append(Mark(self.seq, self.base, what))

    def take(self, block: Block) -> None:
        event = event_from_match(block.groups) if block.groups is not None and self._is_utf8 else None
        if event is None:
            event = self._look_closer(block)
        self.count += 1
        seq = event.seq if event is not None else self.seq + 1
        if seq != self.seq + 1:
            self.seq = seq if self.count <= seq <= self.count + _MOST_MISSING else max(self.seq + 1, self.count)
            self.mark(block.start, f"event {seq} does not follow the one above it")
        else:
            self.seq = seq
        if event is not None:
            self.events.append(event)
        self.digest = block.digest or self.digest

    def _look_closer(self, block: Block) -> Event | None:
        text = clean(self.text[block.start : block.end])
        try:
            values = parse(text)
            event = event_from_values(values)
        except BlockError as error:
            self.mark(block.start, f"the block after event {self.seq} {error}")
            try:
                event = event_from_values(salvage(text))
            except BlockError:
                return None
            return None if is_misfit(event) else event
        if is_misfit(event):
            # A newer version's field, or damage: only here does reading need the hash to tell them apart.
            try:
                genuine = event_hash(values, self.digest) == block.digest
            except NotRecordable:
                genuine = False
            if not genuine:
                self.mark(block.start, f"event {event.seq} was changed: it is no “{event.kind}” any more")
                return None
        return event


def scan(data: bytes, base: int = 0, count: int = 0, seq: int = 0, digest: str = "") -> Scan:
    """Read the blocks in ``data``, which begins at byte ``base`` after ``count`` blocks, the last of them ``seq``.

    Never raises, whatever the bytes. Hashes are not checked here (:mod:`qudag_tui.run.verify` does).
    """
    text = decode(data)
    found = split(text)
    folding = _Folding(text, base, count, seq, digest)
    junk = iter([*found.junk, (len(text), len(text))])
    stray = next(junk)[0]
    for block in found.blocks:
        while stray < block.start:
            folding.mark(stray, _STRAY)
            stray = next(junk)[0]
        folding.take(block)
    while stray < len(text):
        folding.mark(stray, _STRAY)
        stray = next(junk)[0]
    used = len(data) - width(text[found.used :])
    last = b""
    if found.blocks:
        last = data[used - width(text[found.blocks[-1].start : found.used]) : used]
    return Scan(folding.events, used, last, folding.seq, folding.digest, folding.count, folding.marks)
