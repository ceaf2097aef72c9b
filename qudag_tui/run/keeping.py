"""What is taken out of a journal, or was found missing from it, is kept beside it."""

from __future__ import annotations

import os

from qudag_tui.core.event import Event
from qudag_tui.run import clock
from qudag_tui.run.block import render, stamp
from qudag_tui.run.disk import Disk
from qudag_tui.run.error import NotRecordable, NotSaved
from qudag_tui.run.folder import JOURNAL, RunFolder

TORN_FILE = JOURNAL + ".torn"
LOST_FILE = JOURNAL + ".lost"


def _add(folder: RunFolder, disk: Disk, name: str, data: bytes) -> None:
    """Append to a file beside the journal, durably. Raises :class:`NotSaved`."""
    try:
        descriptor = folder.open_file(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            if disk.write(descriptor, data) != len(data):
                raise OSError(None, "the disk is full")
            disk.fsync(descriptor)
        finally:
            os.close(descriptor)
        folder.sync(disk.fsync)
    except OSError as error:
        raise NotSaved(
            f"what is to be kept there was not saved ({error.strerror})",
            where=folder.path / name,
            hint="nothing was cut from the journal; make room, then do it again",
        ) from error


def keep_torn(folder: RunFolder, disk: Disk, offset: int, data: bytes) -> None:
    """Keep the end of a journal whose write was cut short, before it is cut. Raises :class:`NotSaved`."""
    title = f"# {stamp(clock.now().wall)}: torn off at byte {offset}, {len(data)} bytes\n"
    _add(folder, disk, TORN_FILE, title.encode() + data + b"\n")


def keep_lost(folder: RunFolder, disk: Disk, mine: list[Event], theirs: list[Event]) -> int:
    """Keep those of ``mine`` that are not among ``theirs``, each once; how many there are. Raises :class:`NotSaved`."""
    try:
        kept = folder.read(LOST_FILE)
    except FileNotFoundError:
        kept = b""
    there = {event.seq: event for event in theirs}
    blocks, count, prev = [], 0, ""
    for event in mine:
        try:
            block, prev = render(event, prev)
        except NotRecordable as error:  # an altered event, or a newer version's, that only TOML itself can spell
            block = f"# event {event.seq} ({event.kind!r}) cannot be written again: {error}\n".encode()
        if there.get(event.seq) != event:
            count += 1
            if block not in kept:
                blocks.append(block)
    if blocks:
        title = f"# {stamp(clock.now().wall)}: {len(blocks)} events that were read and then missing\n"
        _add(folder, disk, LOST_FILE, title.encode() + b"".join(blocks))
    return count
