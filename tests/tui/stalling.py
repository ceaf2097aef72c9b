"""A terminal that nobody reads any more, until the program behind it can write no more."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import termios
import time

PATIENCE_SECONDS = 100.0
_LOOK_SECONDS = 0.02
# Full for so many looks in a row it is stuck: what lies in between takes no more.
_STUCK_LOOKS, _ASK_AGAIN_LOOKS = 50, 10
_SIZES = ((36, 120), (35, 119))


def stall(pid: int) -> None:
    """Have process ``pid`` draw until its terminal takes no more; an ssh in between takes 2 MB before.

    Its terminal is given another size over and over, at its own end. No key would do: an ssh whose own terminal is full
    may hang in that write, and then reads keys no more.
    """
    terminal = os.open(f"/proc/{pid}/fd/0", os.O_RDWR | os.O_NOCTTY)
    try:
        room = select.poll()
        room.register(terminal, select.POLLOUT)
        full, looks, deadline = 0, 0, time.monotonic() + PATIENCE_SECONDS
        while full < _STUCK_LOOKS:
            assert time.monotonic() < deadline, f"it still takes what is drawn, after {looks} looks"
            # Sizes that change faster than it draws would be one change.
            if not full and looks % _ASK_AGAIN_LOOKS == 0:
                size = _SIZES[looks // _ASK_AGAIN_LOOKS % 2]
                fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
                # Only who has it as its controlling terminal is told of it by the kernel.
                os.kill(pid, signal.SIGWINCH)
            time.sleep(_LOOK_SECONDS)
            looks += 1
            full = 0 if room.poll(0) else full + 1
    finally:
        os.close(terminal)
