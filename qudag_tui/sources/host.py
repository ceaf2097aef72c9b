"""The machine itself, as psutil and the kernel see it: no exporter, no address, no command."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

import psutil

from qudag_tui.core.instant import Instant
from qudag_tui.sources.blocking import off_loop
from qudag_tui.sources.source import SourceError

# Rates over less than this are noise.
SHORTEST_SECONDS = 0.05
_DISK = "/"
_OPEN_FILES = Path("/proc/sys/fs/file-nr")
_LOOPBACK = ("lo", "lo0")


class HostSource:
    """CPU, memory, load, disk and network of this host; disk space is that of the root filesystem.

    Rates and the CPU's share are over the time since the last read; the loopback interface is not counted.
    """

    def __init__(self) -> None:
        self._before: tuple[float, dict[str, float]] | None = None
        self._cpu: tuple[float, float] | None = None
        self._rates()

    async def read(self, at: Instant) -> Mapping[str, float]:  # noqa: ARG002  # the kernel knows no other time than now
        """Every series that this host has a number for (a container may have no disk counters)."""
        return await off_loop(self._read)

    def _read(self) -> Mapping[str, float]:
        try:
            memory, disk = psutil.virtual_memory(), psutil.disk_usage(_DISK)
            load1, load5, _ = os.getloadavg()
            values = {
                "memory_percent": float(memory.percent),
                "memory_used_bytes": float(memory.total - memory.available),
                "swap_percent": float(psutil.swap_memory().percent),
                "load1": load1,
                "load5": load5,
                "disk_percent": float(disk.percent),
                "disk_free_bytes": float(disk.free),
            }
            return values | self._open_files() | self._rates()
        except (OSError, psutil.Error) as error:
            raise SourceError(f"the host cannot be measured: {error}") from error

    @staticmethod
    def _open_files() -> dict[str, float]:
        try:
            return {"open_files": float(_OPEN_FILES.read_text(encoding="ascii").split()[0])}
        except (OSError, ValueError, IndexError):
            return {}

    def _rates(self) -> dict[str, float]:
        now, counters = monotonic(), self._counters()
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        # A guest's time is counted in its user's as well.
        total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        rates: dict[str, float] = {}
        if self._before is not None and self._cpu is not None:
            elapsed, before = now - self._before[0], self._before[1]
            if elapsed < SHORTEST_SECONDS:
                return {}
            for name, count in counters.items():
                # A counter that went back belongs to a device that was replaced.
                if name in before and count >= before[name]:
                    rates[name] = (count - before[name]) / elapsed
            busy_total, busy_idle = total - self._cpu[0], idle - self._cpu[1]
            if busy_total > 0:
                rates["cpu_percent"] = min(100.0, max(0.0, 100.0 * (busy_total - busy_idle) / busy_total))
        self._before, self._cpu = (now, counters), (total, idle)
        return rates

    @staticmethod
    def _counters() -> dict[str, float]:
        counters: dict[str, float] = {}
        disk = psutil.disk_io_counters(nowrap=False)
        if disk is not None:
            counters["disk_read_bytes_per_second"] = float(disk.read_bytes)
            counters["disk_write_bytes_per_second"] = float(disk.write_bytes)
        links = [c for name, c in psutil.net_io_counters(pernic=True, nowrap=False).items() if name not in _LOOPBACK]
        if links:
            counters["network_received_bytes_per_second"] = float(sum(link.bytes_recv for link in links))
            counters["network_sent_bytes_per_second"] = float(sum(link.bytes_sent for link in links))
        return counters
