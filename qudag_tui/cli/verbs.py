"""Every verb with its one line of help. A verb's module is imported only when it is used."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

OPEN = "open"

VERBS: dict[str, str] = {
    "init": "write a checklist file to start from",
    "check": "look for errors and unwise things in a checklist file",
    "trust": "review what a checklist file would run, and trust it",
    "new": "start a run: one deployment of one release",
    "runs": "list the runs",
    "status": "show where everything stands",
    "tick": "say that a box is done; start a soak; take the final look at a gate",
    "untick": "reopen a box",
    "na": "say that nobody needs to do it in this run",
    "defer": "settle a box here and do it in another section",
    "comment": "remark on a box",
    "undo": "take back your own last tick, not applicable, defer or comment",
    "decide": "record Go or No-Go for a phase",
    "sign": "sign for a role",
    "override": "count a box as done, or open a locked phase, although the rules say no",
    "rollback": "roll back, step by step, and follow it to its end",
    "run": "execute an item that runs a command, or a procedure, and follow it",
    "arm": "let triggers start the rollback by themselves, after a countdown",
    "abort": "stop what runs, or a countdown",
    "retry": "try a step again, and follow it",
    "skip": "go on without the step that waits",
    "mark": "say how the step that waits ended",
    "resume": "let go on what waited since the supervisor's restart, or a step that is to be confirmed",
    "output": "show what a step printed",
    "log": "list the events of a run",
    "gate": "show the verdict of a gate, or of all gates of a phase",
    "metrics": "show the latest numbers",
    "baseline": "show what metrics are compared with, or capture it",
    "sources": "ask each source once, and say what came back",
    "verify": "check the journal, and say what anchors it",
    "close": "end the run, and list what is left",
    "supervise": "be the supervisor of a run, in the foreground; or stop it",
    "info": "show paths, versions, what can be executed, and the exit codes",
    "completion": "print the completion script of a shell",
}


def module_of(verb: str) -> ModuleType:
    """The module of a verb: it has ``configure(parser)`` and ``run(arguments) -> int``."""
    return import_module(f"qudag_tui.cli.{verb}")
