"""A Prometheus server: every series is a query, and what was missed while nobody asked can be filled in later."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from qudag_tui.core.duration import spoken
from qudag_tui.core.instant import Instant
from qudag_tui.core.metric import Source
from qudag_tui.sources.freshness import Freshness
from qudag_tui.sources.json_body import number_of, parse_json
from qudag_tui.sources.network import Answer, Network
from qudag_tui.sources.reading import Reading
from qudag_tui.sources.reason import UnansweredError, short
from qudag_tui.sources.source import SourceError
from qudag_tui.sources.wanted import Wanted

# A server shows the last sample of a series for five minutes, also while it scrapes nothing itself. This says when it
# last scraped anything; a target that is gone it knows by itself, and shows no more.
SCRAPED_LAST = "max(timestamp(up))"
# Where nothing is scraped now: whether that is new. A server that others write to has never scraped.
SCRAPED_LATELY = "max(max_over_time(up[1h]))"
# Prometheus gives 11,000 points at the most.
MOST_POINTS = 5_000
FILL_SECONDS = 30.0
_AT_ONCE = 8
_LATE = 1.5
_ONE_NUMBER = 'one number is expected, and several series came: aggregate them, as in "sum(…)" or "max(…)"'


@dataclass(frozen=True, slots=True)
class Filling:
    """What a server knew of times that were missed: by series, then by the number of the slot; never of others.

    ``reasons`` says why a series has nothing. Whoever stores these marks them as backfilled.
    """

    values: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


class PromqlSource:
    """One server. Queries are asked eight at a time, and one that is slow or wrong costs only itself."""

    def __init__(self, source: Source, wanted: Wanted, network: Network) -> None:
        """Asks nobody yet."""
        self._address = str(source.target.get("address", "")).rstrip("/")
        self._credential = str(source.target.get("credential", ""))
        self._timeout_seconds = source.timeout_seconds
        self._network = network
        self._queries = sorted(wanted.plain)
        self._unusable = dict.fromkeys(
            wanted.histograms, 'a query gives no buckets: write gauge = "…:histogram_quantile(…)"'
        )
        self._fresh = Freshness(source.every_seconds)
        # How far the server's clock was ahead of this machine's when it last answered.
        self._ahead_seconds = 0.0
        # Whether it was ever seen to scrape: then it is no server that only others write to.
        self._scrapes = False

    async def read(self, at: Instant) -> Reading:
        """The value of every query that gives exactly one finite number; of the others why they give none.

        Raises :class:`UnansweredError` where none gives any.
        """
        about = [SCRAPED_LAST] if self._scrapes else [SCRAPED_LAST, SCRAPED_LATELY]
        answers = await self._all([*about, *self._queries], self._instant, self._timeout_seconds)
        last = answers[SCRAPED_LAST]
        scraped = None if isinstance(last, SourceError) else last[1]
        unsure = self._unsure(last, answers.get(SCRAPED_LATELY))
        values: dict[str, float] = {}
        reasons = dict(self._unusable)
        for query in self._queries:
            found = answers[query]
            if isinstance(found, SourceError):
                reasons[query] = str(found)
                continue
            age = found[0] - scraped if scraped is not None else 0.0
            trouble = unsure or self._fresh.trouble(query, found[0], at)
            if age > self._fresh.most_age_seconds:
                trouble = f"the server has scraped nothing for {spoken(age)}"
            if trouble:
                reasons[query] = trouble
            else:
                values[query] = found[1]
                self._ahead_seconds = found[0] - at.wall.timestamp()
        if not values and reasons:
            raise UnansweredError(next(iter(reasons.values())))
        return Reading(values, reasons)

    def _unsure(self, last: object, lately: object) -> str:
        """Why nothing that the server shows is known to be new, or ""."""
        if not isinstance(last, _NoSeriesError):
            self._scrapes = self._scrapes or not isinstance(last, SourceError)
            return _unsure(last)
        self._scrapes = self._scrapes or not isinstance(lately, SourceError)
        if self._scrapes:
            # Old rates, and what says 0 where there is nothing, would go on for ever.
            return "the server scrapes nothing any more"
        return "" if isinstance(lately, _NoSeriesError) else _unsure(lately)

    async def fill(self, first: datetime, every_seconds: float, count: int) -> Filling:
        """What the server has at ``first`` and each ``every_seconds`` after it, ``count`` times in all.

        Times are those of this machine when the server last answered: its clock may be another, or have been set since.
        Times at which the server did not scrape are left out, whatever it shows for them. Raises
        :class:`UnansweredError` where it does not tell these.
        """
        reasons = dict(self._unusable)
        values: dict[str, dict[int, float]] = {query: {} for query in self._queries}
        for start in range(0, count, MOST_POINTS):
            length = min(MOST_POINTS, count - start)
            begin = first.timestamp() + self._ahead_seconds + start * every_seconds

            async def ask(query: str, begin: float = begin, length: int = length) -> dict[int, float]:
                return await self._range(query, begin, every_seconds, length)

            found = await self._all([SCRAPED_LAST, *self._queries], ask, FILL_SECONDS)
            last = found[SCRAPED_LAST]
            if isinstance(last, SourceError):
                raise UnansweredError(_unsure(last))
            awake = set() if self._scrapes and not last else _awake(last, begin, every_seconds)
            for query in self._queries:
                points = found[query]
                if isinstance(points, SourceError):
                    reasons[query] = str(points)
                else:
                    kept = (number for number in points if awake is None or number in awake)
                    values[query] |= {start + number: points[number] for number in kept}
        return Filling({query: points for query, points in values.items() if points}, reasons)

    async def _all(self, queries: Sequence[str], ask: Any, within_seconds: float) -> dict[str, Any]:
        """What ``ask`` gave for each query, or its :class:`SourceError`; the deadline is over all of them."""
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(query: str) -> Any:
            async with places:
                try:
                    return await ask(query)
                except SourceError as error:
                    return error

        tasks = {query: asyncio.ensure_future(one(query)) for query in queries}
        try:
            await asyncio.wait(tasks.values(), timeout=within_seconds)
        finally:
            waiting = [task for task in tasks.values() if not task.done()]
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        late = UnansweredError(f"no whole answer within {within_seconds:g} s")
        return {query: late if task.cancelled() else task.result() for query, task in tasks.items()}

    async def _instant(self, query: str) -> tuple[float, float]:
        """When (the server's Unix time) and what."""
        data = await self._ask("query", {"query": query}, self._timeout_seconds)
        kind, result = data.get("resultType"), data.get("result")
        if kind == "vector" and isinstance(result, list):
            if not result:
                raise _NoSeriesError("the server has no such series now")
            if len(result) > 1:
                raise UnansweredError(_ONE_NUMBER)
            return _point(_member(result[0], "value"))
        if kind == "scalar":
            return _point(result)
        raise UnansweredError(short(f"a query has to give one number, and this gives a {kind}"))

    async def _range(self, query: str, begin: float, every_seconds: float, count: int) -> dict[int, float]:
        """The finite values by the number of their step."""
        form = {
            "query": query,
            "start": f"{begin:.3f}",
            "end": f"{begin + (count - 1) * every_seconds:.3f}",
            "step": f"{every_seconds:.3f}",
        }
        data = await self._ask("query_range", form, FILL_SECONDS)
        result = data.get("result")
        if data.get("resultType") != "matrix" or not isinstance(result, list):
            raise UnansweredError("a range of numbers is expected")
        if len(result) > 1:
            raise UnansweredError(_ONE_NUMBER)
        points = _member(result[0], "values") if result else []
        if not isinstance(points, list):
            raise UnansweredError("a range of numbers is expected")
        found: dict[int, float] = {}
        for point in points:
            with suppress(UnansweredError):
                at, value = _point(point)
                number = round((at - begin) / every_seconds)
                if 0 <= number < count:
                    found.setdefault(number, value)
        return found

    async def _ask(self, what: str, form: Mapping[str, str], within_seconds: float) -> dict[str, Any]:
        answer = await self._network.ask(
            f"{self._address}/api/v1/{what}",
            within_seconds,
            credential=self._credential,
            accept="application/json",
            form=form,
        )
        said = _parsed(answer)
        if said.get("warnings"):
            # Thanos and remote reads say so where some of the stores did not answer.
            raise UnansweredError(_quote("the answer is not whole", said["warnings"]))
        data = said.get("data")
        if said.get("status") != "success" or not isinstance(data, dict):
            raise UnansweredError(_quote("the server refuses the query", said.get("error", "")))
        return data


class _NoSeriesError(UnansweredError):
    """It was asked for a series that it does not have."""


def _unsure(last: object) -> str:
    """Why nothing that a server shows is known to be new, or ""."""
    return short(f"when it last scraped is not known: {last}") if isinstance(last, SourceError) else ""


def _parsed(answer: Answer) -> dict[str, Any]:
    try:
        said = parse_json(answer.body)
    except UnansweredError:
        answer.require_good()
        raise
    if not isinstance(said, dict) or (not answer.is_good and "error" not in said):
        answer.require_good()
        raise UnansweredError("this is no answer of a Prometheus server")
    return said


def _quote(what: str, said: Any) -> str:
    text = "; ".join(map(str, said)) if isinstance(said, list) else str(said)
    return short(f"{what}: {text}")


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _point(value: Any) -> tuple[float, float]:
    """Time and value of ``[time, "value"]``. Raises :class:`UnansweredError`, also if it is not finite."""
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[1], str):
        raise UnansweredError("this is no answer of a Prometheus server")
    try:
        number = float(value[1])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UnansweredError(short(f"its value is {value[1]}"))
    return number_of(value[0]), number


def _awake(scraped: Mapping[int, float], begin: float, every_seconds: float) -> set[int] | None:
    """The steps shortly before which the server scraped something; None if it cannot be told."""
    if not scraped:
        return None
    times = sorted(set(scraped.values()))
    usual = median([later - earlier for earlier, later in pairwise(times)]) if len(times) > 1 else every_seconds
    longest = max(_LATE * usual, every_seconds)
    return {number for number, at in scraped.items() if begin + number * every_seconds - at <= longest}
