"""A page that is asked and timed, and numbers in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qudag_tui.core.host_series import JSON_PREFIX
from qudag_tui.core.instant import Instant
from qudag_tui.core.metric import Source
from qudag_tui.sources.json_body import number_of, parse_json
from qudag_tui.sources.network import Network
from qudag_tui.sources.reading import Reading
from qudag_tui.sources.reason import UnansweredError, short
from qudag_tui.sources.source import SourceError
from qudag_tui.sources.wanted import Wanted

LATENCY, STATUS, UP = "latency_seconds", "status", "up"


class HttpSource:
    """One page. The time is from the start of a new connection to the last byte, so that all looks are alike."""

    def __init__(self, source: Source, wanted: Wanted, network: Network) -> None:
        """Asks nobody yet; an expression that is none comes as the reason beside its series."""
        self._address = str(source.target.get("address", ""))
        self._credential = str(source.target.get("credential", ""))
        self._timeout_seconds = source.timeout_seconds
        self._network = network
        self._expressions = sorted(name for name in wanted.plain if name.startswith(JSON_PREFIX))

    async def read(self, at: Instant) -> Reading:  # noqa: ARG002  # a page is timed by itself
        """``up`` is 1 for a status of success (2xx), else 0; only then there are a latency and numbers.

        An error page is often quick: its time says nothing of the service. What could not even be asked (no such
        name, no network here, a credential for another place) is no ``up`` either, but a :class:`SourceError`.
        """
        try:
            answer = await self._network.ask(
                self._address, self._timeout_seconds, credential=self._credential, is_fresh=True
            )
        except UnansweredError as error:
            return Reading({UP: 0.0}, dict.fromkeys((UP, STATUS, LATENCY, *self._expressions), str(error)))
        values = {STATUS: float(answer.status), UP: float(answer.is_good)}
        if not answer.is_good:
            return Reading(values, dict.fromkeys((UP, LATENCY, *self._expressions), answer.reason))
        values[LATENCY] = answer.seconds
        numbers, reasons = self._numbers(answer.body) if self._expressions else ({}, {})
        return Reading(values | numbers, reasons)

    def _numbers(self, body: bytes) -> tuple[dict[str, float], dict[str, str]]:
        try:
            parsed = parse_json(body)
        except SourceError as error:
            return {}, dict.fromkeys(self._expressions, str(error))
        numbers: dict[str, float] = {}
        reasons: dict[str, str] = {}
        for name in self._expressions:
            try:
                numbers[name] = number_of(_search(name.removeprefix(JSON_PREFIX), parsed))
            except SourceError as error:
                reasons[name] = str(error)
        return numbers, reasons


def _search(expression: str, parsed: Mapping[str, Any]) -> Any:
    import jmespath  # only pages with numbers need it

    try:
        return jmespath.search(expression, parsed)
    except (jmespath.exceptions.JMESPathError, RecursionError, ArithmeticError) as error:
        raise UnansweredError(short(f"the expression cannot be applied: {error}")) from error
