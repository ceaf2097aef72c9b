"""What a step runs with: an allow-list of the environment, its own names, and where it stands in the run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from qudag_tui.core.event import RunCreated
from qudag_tui.core.execution import Execution
from qudag_tui.core.state import State
from qudag_tui.core.step import Step
from qudag_tui.plan.named_files import commands_of
from qudag_tui.supervisor.attempt import Launch

# Everything else of the supervisor's environment stays with it.
PASSED_ON = ("HOME", "LANG")
_MOST_NAME_BYTES = 150


def launch_of(
    step: Step,
    state: State,
    created: RunCreated,
    search_path: str,
    environment: Mapping[str, str] = os.environ,
) -> Launch:
    """How to run a step's command.

    ``search_path`` is the PATH as it was fixed when the plan was trusted. A secret that is missing is not set: the step
    then fails on its own, and can be retried.
    """
    folder = Path(state.file).parent
    command = commands_of(step, folder)[0]
    phase = state.current_phase
    secrets = {name: environment[name] for name in step.secrets if name in environment}
    env = {
        **{name: environment[name] for name in PASSED_ON if name in environment},
        **step.env,
        **secrets,
        # After what the file sets: the programs that were reviewed are those of this PATH.
        "PATH": search_path,
        "QUDAG_TUI_RUN": created.run,
        "QUDAG_TUI_PHASE": phase.id if phase is not None else "",
        "QUDAG_TUI_STEP": step.id,
        "QUDAG_TUI_RELEASE": created.release,
        "QUDAG_TUI_PREVIOUS": created.previous,
    }
    return Launch(
        command.argv, env, command.cwd, step.timeout_seconds, step.grace_seconds, tuple(dict.fromkeys(secrets.values()))
    )


def log_name(step: Step, execution: Execution, attempt: int) -> str:
    """The name of an attempt's log, in the folder of logs: ``0007-flags-off.1.log``."""
    # "+" is in no id, so that two steps of one execution never have one name.
    name = step.id.replace("/", "+")
    if len(name.encode()) > _MOST_NAME_BYTES:
        name = name.encode()[:_MOST_NAME_BYTES].decode("utf-8", "ignore") + sha256(name.encode()).hexdigest()[:16]
    return f"{execution.request:04d}-{name}.{attempt}.log"
