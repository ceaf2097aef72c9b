"""The journal behind two operations: append at a position, and follow from one. RUN.md's "Journal" is its contract."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from qudag_tui.core.event import Actor, Event
from qudag_tui.core.fact import Fact
from qudag_tui.core.instant import Instant
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.run.block import render
from qudag_tui.run.disk import Disk
from qudag_tui.run.error import NotSaved, ReadOnly, RunBroken
from qudag_tui.run.folder import JOURNAL, JOURNAL_LOCK, RunFolder
from qudag_tui.run.keeping import keep_lost, keep_torn
from qudag_tui.run.lock import Lock
from qudag_tui.run.reserve import Reserve
from qudag_tui.run.scan import Mark, Scan, scan

LOCK_SECONDS = 5.0
_READ_BYTES = 1 << 20


@lean_dataclass(frozen=True, slots=True)
class Position:
    """A place in the journal, after its ``count``-th block, whose event is ``seq`` and whose hash is ``digest``.

    ``offset`` is in bytes; ``last`` is that block as it was read; ``seen`` is :meth:`Journal.signature` then.
    """

    offset: int = 0
    count: int = 0
    seq: int = 0
    digest: str = ""
    last: bytes = b""
    seen: tuple[int, int, int] = (0, 0, 0)


START = Position()


@lean_dataclass(frozen=True, slots=True)
class Followed:
    """What stands after a position.

    ``reread`` says that the file is another one or was edited: ``events`` are then all from its beginning.
    ``is_behind`` says that, moreover, it lacks what was read before. ``marks`` name what was altered.
    """

    events: list[Event]
    position: Position
    marks: list[Mark]
    reread: bool = False
    is_behind: bool = False


@lean_dataclass(frozen=True, slots=True)
class Appended:
    """The event is durable, and the position after it."""

    event: Event
    position: Position


@lean_dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else wrote: nothing was appended; follow and decide afresh."""


class Journal:
    """The journal of one run. Appending and following may be done by different threads, each with its own object."""

    def __init__(self, folder: RunFolder, disk: Disk | None = None) -> None:
        """The journal in ``folder``; ``disk`` is another only where a test lets it fail."""
        self._folder = folder
        self._disk = disk or Disk()
        self._reserve = Reserve(folder, self._disk)
        self._held: Lock | None = None
        self._stuck = ""

    @property
    def read_only(self) -> str:
        """Why nothing can be appended from here ("" if it can)."""
        return self._stuck or self._folder.read_only

    @contextmanager
    def lock(self, purpose: str = "append", timeout_seconds: float = LOCK_SECONDS) -> Iterator[None]:
        """Hold ``journal.lock``: what is read inside stays so until the end, unless an editor interferes.

        Raises :class:`LockTimeout` naming the holder, :class:`RunGone`, :class:`ReadOnly`, :class:`NotSaved`.
        """
        self._require_writable()
        if self._folder.is_gone():
            raise self._folder.gone()
        lock = Lock(self._folder, JOURNAL_LOCK)
        try:
            lock.acquire(timeout_seconds, purpose=purpose)
        except OSError as error:
            raise self._not_saved(f"its lock could not be taken ({error.strerror})") from error
        self._held = lock
        try:
            yield
        finally:
            self._held = None
            lock.release()

    def _require_writable(self) -> None:
        if self.read_only:
            self._folder.require_writable()
            raise ReadOnly(
                f"nothing can be written any more: {self.read_only}",
                where=self._folder.journal,
                hint="look after the disk, then open the run again",
            )

    def _not_saved(self, why: str) -> NotSaved:
        return NotSaved(f"not saved: {why}", where=self._folder.journal, hint="mend that, then do it again")

    # Following

    def signature(self) -> tuple[int, int, int]:
        """Inode, size and mtime_ns of the file as it is now, zeros if it is missing; cheap. Raises :class:`RunGone`."""
        if self._folder.is_gone():
            raise self._folder.gone()
        try:
            status = self._folder.stat(JOURNAL)
        except FileNotFoundError:
            return (0, 0, 0)
        return _signature(status)

    def follow(self, position: Position = START) -> Followed:
        """The complete events after ``position``; a block that is not complete is left for the next time.

        Raises :class:`RunGone`, :class:`RunRefused`, and :class:`RunBroken` when the file cannot be read.
        """
        try:
            descriptor = self._folder.open_file(JOURNAL)
        except FileNotFoundError:
            return self._read_again(position, b"", (0, 0, 0))
        except OSError as error:
            raise self._unreadable(error) from error
        try:
            status = os.fstat(descriptor)
            seen = _signature(status)
            if _continues(descriptor, position, status):
                data = _read(descriptor, position.offset, status.st_size)
                found = scan(data, position.offset, position.count, position.seq, position.digest)
                return Followed(found.events, _after(position, found, seen), found.marks)
            return self._read_again(position, _read(descriptor, 0, status.st_size), seen)
        except OSError as error:
            raise self._unreadable(error) from error
        finally:
            os.close(descriptor)

    def _read_again(self, position: Position, data: bytes, seen: tuple[int, int, int]) -> Followed:
        found = scan(data)
        lacks = position.digest != "" and f'"{position.digest}"'.encode() not in data
        behind = lacks or found.count < position.count
        return Followed(found.events, _after(START, found, seen), found.marks, position != START, behind)

    def _unreadable(self, error: OSError) -> RunBroken:
        return RunBroken(f"the journal cannot be read ({error.strerror})", where=self._folder.journal)

    # Appending

    def append(self, position: Position, at: Instant, actor: Actor, fact: Fact) -> Appended | Conflict:
        """Append one event right after ``position`` and return when it is durable. Takes the lock unless it is held.

        Raises :class:`NotSaved` (the file is as before), :class:`ReadOnly`, :class:`NotRecordable`,
        :class:`LockTimeout`, :class:`RunGone`, :class:`RunRefused`.
        """
        if self._held is None:
            with self.lock():
                return self._append(position, Event(position.seq + 1, at, actor, fact))
        return self._append(position, Event(position.seq + 1, at, actor, fact))

    def _append(self, position: Position, event: Event) -> Appended | Conflict:
        self._require_writable()
        block, digest = render(event, position.digest)
        is_first = position == START
        try:
            descriptor = self._folder.open_file(JOURNAL, os.O_RDWR | os.O_APPEND | (os.O_CREAT if is_first else 0))
        except FileNotFoundError:
            return Conflict()
        except OSError as error:
            raise self._not_saved(str(error.strerror)) from error
        try:
            status = os.fstat(descriptor)
            if not (is_first or _continues(descriptor, position, status, under_lock=True)):
                return Conflict()
            lead = self._mend_end(descriptor, position, status.st_size)
            if lead is None:
                return Conflict()
            length = os.fstat(descriptor).st_size
            self._write(descriptor, length, lead + block, is_first=is_first)
            status = os.fstat(descriptor)
            if self._was_replaced(status):
                return Conflict()
            self._reserve.renew(descriptor, status)
            status = os.fstat(descriptor)
        except OSError as error:
            raise self._not_saved(str(error.strerror)) from error
        finally:
            os.close(descriptor)
        after = Position(
            length + len(lead) + len(block),
            position.count + 1,
            event.seq,
            digest,
            block,
            _signature(status),
        )
        return Appended(event, after)

    def _mend_end(self, descriptor: int, position: Position, size: int) -> bytes | None:
        """Make the end fit to append to: what to write before the block, or None if complete events stand there."""
        rest = _read(descriptor, position.offset, size) if size > position.offset else b""
        if rest and scan(rest, position.offset, position.count, position.seq, position.digest).used:
            return None
        if rest and b"\x00" not in rest and rest.lstrip().startswith(b"#"):
            return b"\n\n"  # a comment whose line somebody left without its end
        if rest:
            keep_torn(self._folder, self._disk, position.offset, rest)
            self._cut(descriptor, position.offset)
        before = position.last[-4:].replace(b"\r", b"")
        if not before or before.endswith(b"\n\n"):
            return b""
        return b"\n" if before.endswith(b"\n") else b"\n\n"

    def _write(self, descriptor: int, length: int, data: bytes, *, is_first: bool) -> None:
        try:
            written = self._reserve.write(descriptor, data)
        except OSError as error:
            # Nothing was taken, or we do not know: the former length is the truth either way.
            self._cut(descriptor, length)
            raise self._not_saved(str(error.strerror)) from error
        if written != len(data):
            self._cut(descriptor, length)
            raise self._not_saved(f"the disk took {written} of {len(data)} bytes")
        try:
            self._disk.fsync(descriptor)
            if is_first:
                self._folder.sync(self._disk.fsync)
        except OSError as error:
            # Never retried: a second fsync answers that all is well, and the event is gone after a crash.
            self._cut(descriptor, length)
            raise self._not_saved(f"the disk did not confirm it ({error.strerror})") from error

    def _cut(self, descriptor: int, length: int) -> None:
        try:
            self._disk.truncate(descriptor, length)
        except OSError as error:
            self._stuck = f"what was not saved could not be taken back ({error.strerror})"
            self._require_writable()
        self._reserve.take(descriptor, length)

    def _was_replaced(self, status: os.stat_result) -> bool:
        try:
            return not os.path.samestat(self._folder.stat(JOURNAL), status)
        except FileNotFoundError:
            if self._folder.is_gone():
                raise self._folder.gone() from None
            return True

    def keep_lost(self, mine: list[Event], theirs: list[Event]) -> int:
        """Keep those of ``mine`` that the disk lacks in ``progress.toml.lost``; how many there are."""
        return keep_lost(self._folder, self._disk, mine, theirs)


def _signature(status: os.stat_result) -> tuple[int, int, int]:
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def _read(descriptor: int, start: int, end: int) -> bytes:
    parts = []
    while start < end and (part := os.pread(descriptor, min(end - start, _READ_BYTES), start)):
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def _continues(descriptor: int, position: Position, status: os.stat_result, *, under_lock: bool = False) -> bool:
    """Whether what was read up to ``position`` still stands there."""
    inode, size, mtime_ns = position.seen
    if inode != status.st_ino or status.st_size < position.offset:
        return False
    if not under_lock and status.st_size == size and status.st_mtime_ns != mtime_ns:
        return False  # written to without growing: edited in place
    return os.pread(descriptor, len(position.last), position.offset - len(position.last)) == position.last


def _after(position: Position, found: Scan, seen: tuple[int, int, int]) -> Position:
    return replace(
        position,
        offset=position.offset + found.used,
        count=found.count,
        seq=found.seq,
        digest=found.digest,
        last=found.last or position.last,
        seen=seen,
    )
