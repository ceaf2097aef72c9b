"""Everything that can be wrong with what a source says, and a server that says it when it is told to."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs

from qudag_tui.sources.promql import SCRAPED_LAST
from tests.sources.answering import Answering, Request, floods, is_silent, response, trickles
from tests.sources.remembering import remembers

NUMBERS = itertools.count(1)
LATE = "within 1 s"
LARGE = "the answer is larger than 8 MiB"
REDIRECTED = "answered 302, a redirect to http://127.0.0.1:1/, which is not followed"
TOKEN = "a-bearer-of-many-letters"  # it lets nobody in anywhere else
# No name has so long a part: nobody else has to be asked.
NOBODY = "a" * 64
METRIC = {
    "scrape": 'gauge = "{id}:depth"',
    "promql": 'gauge = "{id}:depth"',
    "http": 'gauge = "{id}:json:depth"',
    "command": 'gauge = "{id}:value"',
    "process": 'gauge = "{id}:threads"',
}


@dataclass(frozen=True)
class Fault:
    """One metric that is well until its source is told to be faulty; ``reason`` is what stands beside it then.

    ``metric`` is the metric's own line, ``{id}`` its source; ``answering`` what the server does, ``script`` what the
    program does.
    """

    kind: str
    what: str
    reason: str
    answering: Answering | None = None
    script: str = ""
    metric: str = ""

    server: str = "plain"

    @property
    def id(self) -> str:
        """The name of its source, and of its metric."""
        return f"{self.kind}-{self.what.replace(' ', '-')}"

    @property
    def condition(self) -> str:
        """What its gate asks; it holds while nothing is wrong."""
        limit = ">= 0 /s" if self.metric.startswith("rate") else "< 50%" if self.metric.startswith("errors") else "< 5"
        return f"{self.id} {limit}"

    def toml(self, addresses: Mapping[str, str], every_seconds: float) -> str:
        """Its source and its metric; ``addresses`` are those of the servers, by name."""
        told = (
            f'command = ["sh", "program.sh", "{self.id}"]'
            if self.kind == "command"
            else f'process = {{ pid_file = "{self.id}.pid" }}'
            if self.kind == "process"
            else f'{self.kind} = "{addresses[self.server]}/{self.id}"'
        )
        told += '\ncredential = "node"' if self.server == "secure" else ""
        metric = (self.metric or METRIC[self.kind]).replace("{id}", self.id)
        return f'[sources.{self.id}]\nevery = "{every_seconds:g}s"\ntimeout = "1s"\n{told}\n[metrics.{self.id}]\n{metric}\n'


def says(body: str | Callable[[], str], status: int = 200, content_type: str = "text/plain", *more: str) -> Answering:
    """One body, or one made for each answer."""

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        text = body if isinstance(body, str) else body()
        writer.write(response(text.encode(), status, f"Content-Type: {content_type}", *more))

    return answer


def two_hours_ago() -> float:
    """Unix time."""
    return time.time() - 7200


@cache
def frozen() -> float:
    """Unix time when this was first asked for."""
    return time.time()


def stated(at: Callable[[], float]) -> str:
    """A value with the time at which it was taken."""
    return f'depth{{pod="a"}} 1 {round(at() * 1000)}\n'


def page() -> str:
    """A node's metrics: one gauge, and counters that grow."""
    number = next(NUMBERS)
    return f'depth{{pod="a"}} 1\nrequests_total{{pod="a"}} {1000 * number}\nerrors_total{{pod="a"}} 0\n'


def vector(value: str | Callable[[], float], at: Callable[[], float] = time.time, series: int = 1) -> Answering:
    """An instant query's answer, to every query alike; ranges it knows nothing of."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        moment = at()
        scrapes = SCRAPED_LAST in parse_qs(request.body)["query"]
        said = repr(time.time()) if scrapes else value if isinstance(value, str) else repr(value())
        found = [{"metric": {"pod": str(number)}, "value": [moment, said]} for number in range(series)]
        ranged = "/query_range" in request.line
        data = {"resultType": "matrix" if ranged else "vector", "result": [] if ranged else found}
        writer.write(response(json.dumps({"status": "success", "data": data}).encode()))

    return answer


def forgets(answering: Answering) -> Answering:
    """A Prometheus server that has nothing of times that were missed."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await (vector("1") if "/query_range" in request.line else answering)(request, writer)

    return answer


WELL = {
    "scrape": says(page),
    "promql": forgets(remembers(time.time)),
    "http": says('{"depth": 1}', 200, "application/json"),
}
FLOOD = floods(b"HTTP/1.1 200 OK\r\n\r\n")
ANNOUNCED_FLOOD = floods(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
TRICKLE = trickles(b"HTTP/1.1 200 OK\r\n\r\n", 1.0)
REDIRECT = says("depth 1\n", 302, "text/plain", "Location: http://127.0.0.1:1/")
RATE = 'rate = "{id}:requests_total"'
RATIO = 'errors = "{id}:errors_total"\ntotal = "{id}:requests_total"'
RESET = "the counter began anew: what it counted before is not known"
SAME = "the same sample again: its time stamp has not moved"
SEVERAL = "one number is expected, and several series came"


def _churning() -> str:
    number = next(NUMBERS)
    return f'depth{{pod="{number}"}} 1\nrequests_total{{pod="{number}"}} 1000\nerrors_total{{pod="{number}"}} 0\n'


def _falling() -> str:
    number = next(NUMBERS)
    return f'requests_total{{pod="a"}} {max(1, 100_000 - number)}\nerrors_total{{pod="a"}} 0\n'


def _of_every_address(kind: str) -> list[Fault]:
    """What may happen to any exchange."""
    return [
        Fault(kind, "4xx", "answered 404 Not Found", says("no such page\n", 404)),
        Fault(kind, "5xx", "answered 503 Service Unavailable", says("try later\n", 503)),
        Fault(kind, "redirect", REDIRECTED, REDIRECT),
        Fault(kind, "timeout", LATE, is_silent),
        Fault(kind, "one byte a second", LATE, TRICKLE),
        Fault(kind, "100 MB", LARGE, FLOOD if kind == "scrape" else ANNOUNCED_FLOOD),
        Fault(kind, "empty", "the answer is empty", says("")),
        # These have servers of their own, one that goes away, one whose certificate changes, and none at all.
        Fault(kind, "connection refused", "connection refused", server="gone"),
        Fault(kind, "bad certificate", "its certificate is not accepted: self-signed certificate", server="tls"),
        Fault(kind, "name not found", f"the name {NOBODY} was not found", server="nobody"),
    ]


SCRAPE = [
    *_of_every_address("scrape"),
    Fault("scrape", "NaN", "its value is nan", says('depth{pod="a"} NaN\n')),
    Fault("scrape", "Inf", "its value is inf", says('depth{pod="a"} +Inf\n')),
    Fault("scrape", "minus Inf", "its value is -inf", says('depth{pod="a"} -Inf\n')),
    Fault("scrape", "wrong type", "malformed: could not convert string to float: 'one'", says('depth{pod="a"} one\n')),
    Fault("scrape", "malformed", "malformed: line 1 is no sample", says("<html>Log in</html>\n", 200, "text/html")),
    Fault("scrape", "cut off", "malformed: it ends in the middle of a line", says('depth{pod="a"} 1\ndep')),
    Fault("scrape", "stale time", "its time stamp is ", says(lambda: stated(two_hours_ago))),
    Fault("scrape", "repeated time", SAME, says(lambda: stated(frozen))),
    Fault("scrape", "counter reset", RESET, says(_falling), metric=RATE),
    Fault("scrape", "counter reset of a ratio", RESET, says(_falling), metric=RATIO),
    Fault("scrape", "label churn", RESET, says(_churning), metric=RATE),
    Fault("scrape", "label churn of a ratio", RESET, says(_churning), metric=RATIO),
    Fault(
        "scrape",
        "label churn of a gauge",
        "there is no such series",
        says(_churning),
        metric="gauge = '{id}:depth{pod=\"a\"}'",
    ),
]
PROMQL = [
    *_of_every_address("promql"),
    Fault("promql", "NaN", "its value is NaN", vector("NaN")),
    Fault("promql", "Inf", "its value is +Inf", vector("+Inf")),
    Fault("promql", "minus Inf", "its value is -Inf", vector("-Inf")),
    Fault("promql", "wrong type", "its value is many", vector("many")),
    Fault("promql", "malformed", "the answer is no JSON", says('{"status": "success", "data"')),
    Fault("promql", "no such series", "the server has no such series now", vector("1", series=0)),
    Fault("promql", "label churn", SEVERAL, vector("1", series=2)),
    Fault("promql", "stale time", "its time stamp is ", vector("1", at=two_hours_ago)),
    Fault("promql", "repeated time", SAME, vector("1", at=frozen)),
    Fault("promql", "counter reset", RESET, vector(lambda: 1e6 - next(NUMBERS)), metric='rate = "{id}:depth"'),
]
HTTP = [
    *_of_every_address("http"),
    Fault("http", "NaN", "the answer is no JSON: NaN is no JSON", says('{"depth": NaN}')),
    Fault("http", "Inf", "its value is inf", says('{"depth": 1e999}')),
    Fault("http", "minus Inf", "its value is -inf", says('{"depth": -1e999}')),
    Fault("http", "wrong type", 'a number is expected there, not "1"', says('{"depth": "1"}')),
    Fault("http", "malformed", "the answer is no JSON", says("<html>Log in</html>")),
    Fault(
        "http",
        "secret sent back",
        'a number is expected there, not "..."',
        says(f'{{"depth": "{TOKEN}"}}'),
        server="secure",
    ),
    Fault("http", "label churn", "a number is expected there, not nothing", says('{"depth-of-pod-2": 1}')),
]
COMMAND = [
    Fault("command", "NaN", "its value is nan", script="echo nan"),
    Fault("command", "Inf", "its value is inf", script="echo inf"),
    Fault("command", "minus Inf", "its value is -inf", script="echo -inf"),
    Fault("command", "empty", "it printed nothing", script="true"),
    Fault("command", "wrong type", "it printed no number: many", script="echo many"),
    Fault("command", "malformed", "it printed neither a number nor a name and a number", script="echo 1; echo 2"),
    Fault("command", "process gone", "it ended with SIGKILL", script="echo 1; kill -9 $$"),
    Fault("command", "exit code", "it ended with exit code 3", script="echo 1; exit 3"),
    Fault("command", "timeout", LATE, script="exec sleep 60"),
    Fault(
        "command",
        "one byte a second",
        LATE,
        script="while true; do printf 1; sleep 1; done",
    ),
    Fault("command", "100 MB", "it printed more than 64 KiB", script="head -c 100000000 /dev/zero"),
]
PROCESS = [Fault("process", "process gone", "process gone: process-process-gone.pid names ")]
FAULTS = [*SCRAPE, *PROMQL, *HTTP, *COMMAND, *PROCESS]
