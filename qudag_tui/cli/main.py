"""The command line's one entry: runs a verb, and turns whatever happens into one message and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from qudag_tui.cli.exit_code import ExitCode, signalled


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with ``argv`` (without its own name; the process's arguments if None); its exit code.

    Never raises, and never prints a traceback.
    """
    from qudag_tui.cli.sinks import prepare  # what is imported late costs nothing at --help

    if argv is None:
        prepare()
    try:
        code = _run(sys.argv[1:] if argv is None else argv)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
        return signalled(signal.SIGPIPE)
    except KeyboardInterrupt:
        return signalled(signal.SIGINT)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception as error:  # noqa: BLE001  # the last resort: whatever it is, people get a sentence
        return _explain(error)
    return int(code)


def _run(words: Sequence[str]) -> int:
    from qudag_tui.cli.parser import parse
    from qudag_tui.cli.verbs import module_of

    verb, arguments = parse(words)
    code: int = module_of(verb).run(arguments)
    return code


def _explain(error: Exception) -> int:
    from qudag_tui.cli.failure import explain
    from qudag_tui.cli.sinks import say

    try:
        explained = explain(error)
        if explained is not None:
            code, message = explained
            say(f"qudag-tui: {message}")
            return code
        from qudag_tui.run.crash import write_crash

        path = write_crash(error)
        where = f"the details are in {path}" if path else "and no folder takes the details"
        say(f"qudag-tui: a fault of the program ({type(error).__name__}): {where}; look at status before you go on")
    except (BrokenPipeError, KeyboardInterrupt):
        _abandon_stdout()
    return ExitCode.UNKNOWN


def _abandon_stdout() -> None:
    # What is still buffered goes nowhere: the interpreter would complain about it at its end.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue
    os.close(nowhere)
