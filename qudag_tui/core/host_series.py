"""The series that need no exporter: what the host, a process and an HTTP probe can say, with their base units."""

from __future__ import annotations

from collections.abc import Mapping

from qudag_tui.core.metric import SourceKind
from qudag_tui.core.unit import Unit

HOST = "host"

HOST_SERIES: Mapping[str, Unit] = {
    "cpu_percent": Unit.PERCENT,
    "memory_percent": Unit.PERCENT,
    "memory_used_bytes": Unit.BYTES,
    "swap_percent": Unit.PERCENT,
    "load1": Unit.NUMBER,
    "load5": Unit.NUMBER,
    "disk_percent": Unit.PERCENT,
    "disk_free_bytes": Unit.BYTES,
    "disk_read_bytes_per_second": Unit.BYTES_PER_SECOND,
    "disk_write_bytes_per_second": Unit.BYTES_PER_SECOND,
    "network_received_bytes_per_second": Unit.BYTES_PER_SECOND,
    "network_sent_bytes_per_second": Unit.BYTES_PER_SECOND,
    "open_files": Unit.NUMBER,
}

PROCESS_SERIES: Mapping[str, Unit] = {
    "cpu_percent": Unit.PERCENT,
    "memory_bytes": Unit.BYTES,
    "open_files": Unit.NUMBER,
    "threads": Unit.NUMBER,
    "uptime_seconds": Unit.SECONDS,
}

# ``up`` is 1 while the answer's status is one of success (2xx), else 0; only then there is a latency.
HTTP_SERIES: Mapping[str, Unit] = {
    "latency_seconds": Unit.SECONDS,
    "status": Unit.NUMBER,
    "up": Unit.NUMBER,
}
# A page may hold numbers too: behind this stands the JMESPath expression that finds one.
JSON_PREFIX = "json:"

# The kinds of source whose series are known beforehand.
KNOWN_SERIES: Mapping[SourceKind, Mapping[str, Unit]] = {
    SourceKind.HOST: HOST_SERIES,
    SourceKind.PROCESS: PROCESS_SERIES,
    SourceKind.HTTP: HTTP_SERIES,
}
