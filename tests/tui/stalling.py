"""A terminal that nobody reads any more, until the program behind it can write no more."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import time

import psutil

PATIENCE_SECONDS = 100.0
_LOOK_SECONDS = 0.02
# Without a drawing for so many looks it is stuck; in between it is asked again, should a redraw have found no change.
_STILL_LOOKS, _ASK_AGAIN_LOOKS = 50, 10
# The whole screen takes thousands; a stuck program still writes a byte to wake itself at each signal.
_DRAWING_BYTES = 500
_SIZES = ((36, 120), (35, 119))


def stall(pid: int) -> None:
    """Have process ``pid`` draw until it is stuck; an ssh in between takes 2 MB more.

    Its terminal is given another size over and over, at its own end. No key would do: an ssh whose own terminal is full
    may hang in that write, and then reads keys no more.
    """
    screen = psutil.Process(pid)
    terminal = os.open(f"/proc/{pid}/fd/0", os.O_RDWR | os.O_NOCTTY)
    try:
        drawn, still, asked, deadline = 0, 0, 0, time.monotonic() + PATIENCE_SECONDS
        while still < _STILL_LOOKS:
            assert time.monotonic() < deadline, f"it still draws, after {drawn} bytes"
            if still % _ASK_AGAIN_LOOKS == 0:
                fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *_SIZES[asked % 2], 0, 0))
                asked += 1
            time.sleep(_LOOK_SECONDS)
            written = screen.io_counters().write_chars
            if written >= drawn + _DRAWING_BYTES:
                drawn, still = written, 0
            else:
                still += 1
    finally:
        os.close(terminal)
