"""The two sinks of the command line: data on stdout, words for people on stderr; both harmless to a terminal."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any, TextIO

from qudag_tui.core.printable import visible


def prepare() -> None:
    """Make both streams take any text, and occupy closed descriptors, so that no file of a run ever becomes one."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace", line_buffering=True)


def put(line: str) -> None:
    """One line of data on stdout."""
    _write(sys.stdout, _harmless(line) + "\n")


def put_exactly(text: str) -> None:
    """A value that a script goes on with (a folder, say): its very bytes, except on a terminal."""
    if sys.stdout is not None and sys.stdout.isatty():
        put(text)
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.flush()
        sys.stdout.buffer.write(os.fsencode(text) + b"\n")
        sys.stdout.buffer.flush()
    else:
        _write(sys.stdout, text + "\n")


def put_json(value: Any, *, lines: bool = False) -> None:
    """``value`` as JSON on stdout, ASCII only; on one line if there are to be several."""
    text = json.dumps(value, indent=None if lines else 2, allow_nan=False)
    _write(sys.stdout, text.replace("\x7f", "\\u007f") + "\n")


def say(*lines: str) -> None:
    """Words for a person, on stderr."""
    for line in lines:
        for part in line.split("\n"):
            _write(sys.stderr, _harmless(part) + "\n")


def can_ask() -> bool:
    """Whether somebody sits at a terminal who can be asked: stdin and stderr are terminals."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)


def prompt(question: str) -> None:
    """A question on stderr, the answer to be typed on the same line."""
    _write(sys.stderr, _harmless(question) + " ")


def ask(question: str) -> str:
    """What a person answers on the terminal; empty at the end of the input."""
    prompt(question)
    return sys.stdin.readline().strip()


def has_unicode(stream: TextIO | None = None) -> bool:
    """Whether a stream (stdout, unless said) can show more than ASCII."""
    stream = stream or sys.stdout
    encoding = getattr(stream, "encoding", None) or "ascii"
    return encoding.lower().replace("-", "").startswith("utf")


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _write(stream: TextIO | None, text: str) -> None:
    # There is no stream where the descriptor was closed before we started: nobody wants to read it.
    if stream is not None:
        stream.write(text)
        stream.flush()


def _harmless(line: str) -> str:
    return "\t".join(visible(part) for part in line.split("\t"))
