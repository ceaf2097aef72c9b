"""The process between the supervisor and a step: it outlives both the terminal and the supervisor.

It is started as ``shim CONTROL LOG EXIT`` (inherited descriptors; -1 for a log or an ``.exit`` that could not be
opened) and speaks lines of JSON over CONTROL: it reads what to run, writes who runs it, reads ``go``, and at the end
writes the outcome. End of file instead of ``go``: the step never starts. It imports next to nothing, so that a step
starts within some 40 ms.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
import time
from typing import Any, NoReturn

from qudag_tui.supervisor.descendants import descendants, name_of, send, ticks_of
from qudag_tui.supervisor.masking import Masker, mask, patterns
from qudag_tui.supervisor.step_log import StepLog

# The size of ``.exit``: allocated before the step starts, so that its end can be told on a full disk.
EXIT_BYTES = 4096
DRAIN_SECONDS = 1.0
# What a KILL has not ended by then hangs in the kernel, or belongs to another user: it is named, not waited for.
KILL_SECONDS = 30.0
MOST_LEFT = 20
_LOG_ALLOCATED = 1 << 16
_READ_BYTES = 1 << 16
_MOST_ERROR = 500
_MOST_LINE = 16 << 20
_PR_SET_CHILD_SUBREAPER = 36
_FALLOC_FL_KEEP_SIZE = 1
_BOOT_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_HEEDED = (signal.SIGTERM, signal.SIGCHLD)
_IGNORED = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGPIPE,
    signal.SIGXFSZ,
)


def _clock() -> float:
    return time.clock_gettime(_BOOT_CLOCK)


class _Control:
    """Lines of JSON to and from the supervisor, which may be gone at any time."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._buffer = b""

    def receive(self) -> dict[str, Any] | None:
        """The next line; None at the end of the file."""
        while b"\n" not in self._buffer and len(self._buffer) < _MOST_LINE:
            try:
                data = os.read(self.descriptor, _READ_BYTES)
            except OSError:
                return None
            if not data:
                return None
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def send(self, message: dict[str, Any]) -> None:
        """Say something; nobody may be listening."""
        data = json.dumps(message).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self.descriptor, data) :]
        except OSError:
            return


class Shim:
    """One attempt at one step, from the fork to its end."""

    def __init__(self, control: int, log: int, exit_file: int) -> None:
        """All three are descriptors; what the step must not inherit is closed when it is executed."""
        for descriptor in (control, log, exit_file):
            if descriptor >= 0:
                os.set_inheritable(descriptor, False)
        self.control = _Control(control)
        self.exit_file = exit_file
        self.log_file = log
        self.log = StepLog(log)
        self.masker = Masker([])
        self.secrets: list[bytes] = []
        self.leader = 0
        self.status: int | None = None
        self.childless = False
        self.cancelled = False
        self.stopped = ""
        self.output = -1
        self.wakeup = -1

    def run(self) -> None:
        """Everything, in order."""
        # The kernel's subreaper makes every orphan below a child of this process; elsewhere the group has to do.
        library = ctypes.CDLL(None, use_errno=True)
        if hasattr(library, "prctl"):
            library.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._listen()
        asked = self.control.receive()
        if asked is None:
            return
        self.secrets = patterns(asked["secrets"])
        self.masker = Masker(self.secrets)
        self._allocate(library)
        go, trouble = self._fork(asked)
        self.control.send(
            {
                "pid": self.leader,
                "ticks": ticks_of(self.leader),
                "shim_pid": os.getpid(),
                "shim_ticks": ticks_of(os.getpid()),
            }
        )
        if not self._may_go():
            os.close(go)
            self._end({"outcome": "never_started"})
            return
        began = _clock()
        os.write(go, b"g")
        os.close(go)
        self._wait_for_end(began, asked["timeout"], asked["grace"])
        end = {"seconds": round(_clock() - began, 3)}
        self._drain()
        failed = _read_all(trouble)
        self._end(end | ({"outcome": "failed", "error": failed} if failed else self._outcome()))
        self._linger()

    def _listen(self) -> None:
        self.wakeup, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        for number in _IGNORED:
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._cancel)

    def _cancel(self, *_: object) -> None:
        self.cancelled = True

    def _allocate(self, library: ctypes.CDLL) -> None:
        if self.log_file >= 0 and hasattr(library, "fallocate"):
            # Where the filesystem cannot, nothing is lost but the promise.
            library.fallocate(self.log_file, _FALLOC_FL_KEEP_SIZE, ctypes.c_long(0), ctypes.c_long(_LOG_ALLOCATED))
        if self.exit_file >= 0:
            try:
                written = os.pwrite(self.exit_file, b" " * (EXIT_BYTES - 1) + b"\n", 0)
                os.fsync(self.exit_file)
            except OSError:
                written = 0
            if written != EXIT_BYTES:
                os.close(self.exit_file)
                self.exit_file = -1

    def _fork(self, asked: dict[str, Any]) -> tuple[int, int]:
        go_read, go_write = os.pipe()
        trouble_read, trouble_write = os.pipe()
        os.set_blocking(trouble_read, False)
        self.output, output_write = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEEDED)
        self.leader = os.fork()
        if self.leader == 0:
            signal.set_wakeup_fd(-1)
            for number in (*_HEEDED, *_IGNORED):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)
            for descriptor in (go_write, trouble_read, self.output, self.control.descriptor):
                os.close(descriptor)
            _become(asked, go_read, trouble_write, output_write)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)
        for descriptor in (go_read, trouble_write, output_write):
            os.close(descriptor)
        return go_write, trouble_read

    def _may_go(self) -> bool:
        poll = select.poll()
        poll.register(self.control.descriptor, select.POLLIN)
        poll.register(self.wakeup, select.POLLIN)
        while not self.cancelled:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if self.wakeup in ready:
                self._reap()
                if self.status is not None:
                    return False
            if self.control.descriptor in ready:
                answer = self.control.receive()
                return bool(answer and answer.get("go")) and not self.cancelled
        return False

    def _wait_for_end(self, began: float, timeout: float | None, grace: float) -> None:
        """Until the leader has ended; until nobody is left, where it is stopped."""
        deadline = None if timeout is None else began + timeout
        kill_at = give_up_at = 0.0
        while True:
            self._reap()
            now = _clock()
            if not self.stopped:
                if self.status is not None:
                    return
                if self.cancelled or (deadline is not None and now >= deadline):
                    self.stopped = "cancelled" if self.cancelled else "timed_out"
                    kill_at, give_up_at = now + grace, now + grace + KILL_SECONDS
                    self._signal_all(signal.SIGTERM)
            elif self.childless or now >= give_up_at:
                return
            elif now >= kill_at:
                self._signal_all(signal.SIGKILL)
            following = (kill_at if now < kill_at else now + 0.01) if self.stopped else deadline
            # At most a second: poll does not count a suspend, the boot clock does.
            wait = 1.0 if following is None else min(1.0, max(0.0, following - now))
            self._pump(None if following is None else wait)

    def _pump(self, seconds: float | None) -> None:
        """Take output for at most ``seconds``, or until a signal; closes it once nobody can write any more."""
        poll = select.poll()
        poll.register(self.wakeup, select.POLLIN)
        if self.output >= 0:
            poll.register(self.output, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000)}
        if self.wakeup in ready:
            _read_all(self.wakeup)
        if self.output in ready:
            data = os.read(self.output, _READ_BYTES)
            if data:
                self.log.write(self.masker.feed(data))
            else:
                os.close(self.output)
                self.output = -1

    def _drain(self) -> None:
        until = _clock() + DRAIN_SECONDS
        while self.output >= 0 and (left := until - _clock()) > 0:
            self._pump(left)
            self._reap()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self.childless = True
                return
            self.childless = False
            if pid == 0:
                return
            if pid == self.leader:
                self.status = status

    def _signal_all(self, number: int) -> None:
        below = descendants(os.getpid())
        for pid, ticks in below.items():
            send(pid, ticks, number)
        if not below and self.status is None:
            # Where there is no /proc to read. Its pid cannot be another's: nobody has waited for it yet.
            try:
                os.killpg(self.leader, number)
            except OSError:
                return

    def _outcome(self) -> dict[str, Any]:
        outcome: dict[str, Any] = {"left": self._left()}
        if self.status is not None:
            code = os.waitstatus_to_exitcode(self.status)
            outcome |= {"code": code} if code >= 0 else {"signal": -code}
        if self.stopped:
            return outcome | {"outcome": self.stopped}
        return outcome | {"outcome": "passed" if outcome.get("code") == 0 else "failed"}

    def _left(self) -> list[str]:
        self._reap()
        return [
            mask(f"{pid} {name_of(pid)}", self.secrets)
            for pid in list(descendants(os.getpid()))[:MOST_LEFT]
            if pid != self.leader or self.status is None
        ]

    def _end(self, end: dict[str, Any]) -> None:
        """Write the outcome where it outlives everybody, then say it to whoever listens."""
        self.log.write(self.masker.finish())
        end["log_sha256"] = self.log.finish()
        reasons = [end.get("error", ""), self.log.error]
        end["error"] = mask("; ".join(reason for reason in reasons if reason), self.secrets)[:_MOST_ERROR]
        if self.exit_file >= 0:
            while len(record := json.dumps(end, ensure_ascii=False).encode()) >= EXIT_BYTES and end.get("left"):
                end["left"].pop()
            try:
                os.pwrite(self.exit_file, record.ljust(EXIT_BYTES - 1), 0)
                os.fsync(self.exit_file)
            except OSError:
                pass  # the supervisor hears it below; without either the outcome is unknown
        self.control.send({"end": end})
        os.close(self.control.descriptor)

    def _linger(self) -> None:
        """Go on reading for daemons that still write here: they would die of a closed pipe."""
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self.log, self.masker = StepLog(-1), Masker([])
        while self.output >= 0:
            self._pump(None)
            self._reap()


def _become(asked: dict[str, Any], go: int, trouble: int, output: int) -> NoReturn:
    """In the child: wait for the word, then be the step."""
    try:
        os.setsid()
        if os.read(go, 1) != b"g":
            os._exit(0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        try:
            os.chdir(asked["cwd"])
        except OSError as error:
            reason = f"the step's folder {asked['cwd']} cannot be entered: {error.strerror}"
        else:
            reason = _execute(asked["argv"], asked["env"])
        os.write(trouble, reason.encode("utf-8", "replace"))
    finally:
        os._exit(127)


def _execute(argv: list[str], env: dict[str, str]) -> str:
    """Never returns if one of the candidates can be executed; else why none can."""
    name = argv[0]
    folders = [folder for folder in env.get("PATH", "").split(":") if folder.startswith("/")]
    candidates = [name] if "/" in name else [f"{folder}/{name}" for folder in folders]
    reason = "it was not found in PATH" if "/" not in name else ""
    for candidate in candidates:
        try:
            os.execve(candidate, argv, env)  # noqa: S606  # no shell is the point
        except FileNotFoundError as error:
            reason = reason or str(error.strerror)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", "") or str(error)
            if os.path.isdir(candidate):  # noqa: PTH112  # pathlib takes long to import
                reason = "it is a folder"
    return f"{name} cannot be executed: {reason}"


def _read_all(descriptor: int) -> str:
    data = b""
    try:
        while block := os.read(descriptor, _READ_BYTES):
            data += block
    except BlockingIOError:
        pass  # a pipe of our own with nothing more in it for now
    return data.decode("utf-8", "replace")


def main() -> None:
    """The process: ``shim CONTROL LOG EXIT``."""
    Shim(*(int(word) for word in sys.argv[1:4])).run()
