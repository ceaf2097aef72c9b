"""A Prometheus endpoint in a process of its own: ``python -m tests.bench.endpoint COUNT`` prints its port and serves."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.scene import REPOSITORY, environment

# Beside what is wanted, as a node serves them.
OTHERS = 300


@contextmanager
def endpoint(count: int) -> Iterator[str]:
    """The address of one with ``count`` wanted series, until the end of the block."""
    words = [sys.executable, "-m", "tests.bench.endpoint", str(count)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=dict(environment()), cwd=REPOSITORY) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/metrics"
        finally:
            process.terminate()


async def serve(count: int) -> None:
    """Half of the series are gauges, half counters; every answer has new values."""
    numbers = itertools.count(1)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                number = next(numbers)
                lines = [f'gauge_{n}{{node="a"}} {n + number % 7}\n' for n in range(count // 2)]
                lines += [f'count_{n}_total{{node="a"}} {n + 1000 * number}\n' for n in range(count - count // 2)]
                lines += [f'other{{number="{n}",path="/some/longer/path/{n}"}} {n}\n' for n in range(OTHERS)]
                body = "".join(lines).encode()
                head = (
                    f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {len(body)}\r\n\r\n"
                )
                writer.write(head.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
