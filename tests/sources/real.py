"""A real Prometheus server and a real node exporter, as Debian packages them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from qudag_tui.core.metric import Source, SourceKind
from qudag_tui.sources.network import Network
from qudag_tui.sources.promql import PromqlSource
from qudag_tui.sources.wanted import Wanted

EXPORTER, SERVER = "prometheus-node-exporter", "prometheus"


def needs(*programs: str) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing and os.environ.get("QUDAG_TUI_REQUIRE_REAL") == "1":
        pytest.fail(f"QUDAG_TUI_REQUIRE_REAL=1, and there is no {', '.join(missing)}: install Debian's packages")
    if missing:
        pytest.skip(f"there is no {', '.join(missing)} on this machine; Debian has packages of these names")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def exporter(port: int, *more: str) -> list[str]:
    return [EXPORTER, f"--web.listen-address=127.0.0.1:{port}", "--log.level=error", *more]


@dataclass
class Prometheus:
    folder: Path
    port: int
    target: int
    every: str = "1s"

    @property
    def config(self) -> str:
        return (
            f"global: {{scrape_interval: {self.every}}}\n"
            f'scrape_configs: [{{job_name: node, static_configs: [{{targets: ["127.0.0.1:{self.target}"]}}]}}]\n'
        )

    @property
    def words(self) -> list[str]:
        config = self.folder / "prometheus.yml"
        config.write_text(self.config)
        return [
            SERVER,
            f"--config.file={config}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]

    def source(self, network: Network, *queries: str) -> PromqlSource:
        source = Source("prom", SourceKind.PROMQL, {"address": f"http://127.0.0.1:{self.port}"}, 1.0, 20.0)
        return PromqlSource(source, Wanted(frozenset(queries)), network)
