"""A node that serves growing counters, in this process, to a supervisor in another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Node:
    """Every request finds ``per_look`` more requests counted, ``errors_per_look`` of them errors."""

    def __init__(self, per_look: int = 1000, errors_per_look: int = 0) -> None:
        self.per_look = per_look
        self.errors_per_look = errors_per_look
        self.asked = 0
        self.address = ""

    def text(self) -> str:
        self.asked += 1
        return (
            "# TYPE errors_total counter\n"
            f"errors_total {self.asked * self.errors_per_look}\n"
            "# TYPE requests_total counter\n"
            f"requests_total {self.asked * self.per_look}\n"
            "queue_depth 7\n"
            "process_start_time_seconds 1000\n"
        )


@contextmanager
def counting(**node: int) -> Iterator[Node]:
    """A node until the end of the block."""
    served = Node(**node)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = served.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.address = f"http://127.0.0.1:{server.server_address[1]}/metrics"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def head(node: Node) -> str:
    """The part of a checklist file that measures it."""
    return f"""
title = "A deployment"
[sources.node]
scrape = "{node.address}"
every = "500ms"
timeout = "10s"
[sources.told]
command = ["echo", "42"]
every = "200ms"
timeout = "10s"
[metrics.error_rate]
errors = "node:errors_total"
total = "node:requests_total"
[metrics.queue]
gauge = "node:queue_depth"
[metrics.told]
gauge = "told:value"
"""
