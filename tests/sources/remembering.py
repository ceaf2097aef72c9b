"""A Prometheus server that has seen one number all along, by a clock of the test's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from urllib.parse import parse_qs

from qudag_tui.sources.promql import SCRAPED_LAST
from tests.sources.answering import Answering, Request, response


def remembers(wall: Callable[[], float], value: float = 1.0, every_seconds: float = 1.0) -> Answering:
    """Answers instant and range queries; ``wall`` is the server's Unix time, before which it knows everything."""

    def said(query: str, at: float) -> list[object]:
        return [at, repr(at // every_seconds * every_seconds if query == SCRAPED_LAST else value)]

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        form = {name: values[0] for name, values in parse_qs(request.body).items()}
        if "/query_range" in request.line:
            first, last, step = (float(form[name]) for name in ("start", "end", "step"))
            steps = int((min(last, wall()) - first) / step + 1e-6) + 1
            points = [said(form["query"], first + number * step) for number in range(steps)]
            data = {"resultType": "matrix", "result": [{"metric": {}, "values": points}] if points else []}
        else:
            data = {"resultType": "vector", "result": [{"metric": {}, "value": said(form["query"], wall())}]}
        body = json.dumps({"status": "success", "data": data}).encode()
        writer.write(response(body, 200, "Content-Type: application/json"))

    return answer
