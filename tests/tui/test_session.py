from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.run.process import own_ticks
from qudag_tui.run.run import Run
from qudag_tui.tui.session import Session
from tests.tui.deployment import ANA, Deployment

A_MOMENT_SECONDS = 0.3


@contextmanager
def at(deployment: Deployment) -> Iterator[Session]:
    """A session whose journal is followed."""
    session = Session(deployment.folder, lambda _: None)
    session.open()
    follower = threading.Thread(target=session.follow)
    follower.start()
    session.attach(ANA)
    yield session
    session.stop()
    follower.join()


def test_a_start_is_asked_for_only_once_the_supervisor_has_said_that_it_started(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked for before would wait for a person's confirmation, as after a restart."""
    started: list[threading.Timer] = []

    def start_slowly(*_: object) -> int:
        said = ev.SupervisorStarted(os.getpid(), own_ticks(), os.getuid(), "0")
        if not started:
            started.append(threading.Timer(A_MOMENT_SECONDS, lambda: deployment.record(said)))
            started[0].start()
        return os.getpid()

    monkeypatch.setattr("qudag_tui.run.supervision.spawn", start_slowly)
    monkeypatch.setattr("qudag_tui.tui.session.STARTED_SECONDS", 15.0)
    with at(deployment) as session:
        session.submit(ask.Execute("rollback"), ANA)
    started[0].join()

    kinds = [event.kind for event in Run.open(deployment.folder).events]
    assert kinds == ["run created", "supervisor started", "execution requested"]
