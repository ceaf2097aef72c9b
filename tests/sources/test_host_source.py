from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import psutil
import pytest

from qudag_tui.run.clock import now
from qudag_tui.sources import host
from qudag_tui.sources.host import HostSource
from qudag_tui.sources.source import SourceError


class Times(NamedTuple):
    user: float
    idle: float
    iowait: float
    guest: float


class Link(NamedTuple):
    bytes_recv: int
    bytes_sent: int


def told(monkeypatch: pytest.MonkeyPatch, name: str, *answers: Any) -> None:
    rest: Iterator[Any] = itertools.chain(answers, itertools.repeat(answers[-1]))
    monkeypatch.setattr(psutil, name, lambda **_: next(rest))


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = itertools.count(step=10)
    monkeypatch.setattr(host, "monotonic", lambda: float(next(counter)))


@pytest.mark.usefixtures("seconds")
async def test_rates_are_over_the_time_since_the_last_read(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, "cpu_times", Times(10, 80, 10, 5), Times(19, 86, 15, 8))
    told(
        monkeypatch,
        "net_io_counters",
        {"eth0": Link(1000, 500), "lo": Link(1, 1)},
        {"eth0": Link(3000, 500), "lo": Link(10**9, 10**9)},
    )
    told(monkeypatch, "disk_io_counters", None)

    values = await HostSource().read(now())

    assert values["cpu_percent"] == 45.0
    assert values["network_received_bytes_per_second"] == 200.0
    assert values["network_sent_bytes_per_second"] == 0.0
    assert "disk_read_bytes_per_second" not in values


@pytest.mark.usefixtures("seconds")
async def test_a_counter_that_went_back_gives_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, "net_io_counters", {"eth0": Link(1000, 500)}, {"eth0": Link(10, 600)}, {"eth0": Link(20, 600)})
    reader = HostSource()

    after_replacement, later = await reader.read(now()), await reader.read(now())

    assert "network_received_bytes_per_second" not in after_replacement
    assert after_replacement["network_sent_bytes_per_second"] == 10.0
    assert later["network_received_bytes_per_second"] == 1.0


async def test_a_host_that_cannot_be_measured_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = HostSource()

    def fails() -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(psutil, "virtual_memory", fails)

    with pytest.raises(SourceError, match=r"the host cannot be measured: .*Input/output error"):
        await reader.read(now())
