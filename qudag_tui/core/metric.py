"""A named series of numbers, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.unit import Unit


class SourceKind(StrEnum):
    """How a source is asked."""

    HOST = "host"
    PROCESS = "process"
    SCRAPE = "scrape"
    PROMQL = "promql"
    HTTP = "http"
    COMMAND = "command"
    SCRIPTED = "scripted"


@lean_dataclass(frozen=True, slots=True)
class Source:
    """Where numbers come from. ``target`` is what is asked; ``every_seconds`` how often.

    The keys of ``target``: ``address``, and ``credential`` if one is named (scrape, promql, http), ``argv`` (command), ``pid_file`` or ``name``
    (process), the names of the series with their values as text (scripted), none (host). ``timeout_seconds`` is how
    long one answer may take.
    """

    id: str
    kind: SourceKind
    target: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    every_seconds: float = 5.0
    timeout_seconds: float = 5.0


class MetricKind(StrEnum):
    """How the numbers are to be read."""

    GAUGE = "gauge"
    RATE = "rate"
    RATIO = "ratio"
    QUANTILE = "quantile"


@lean_dataclass(frozen=True, slots=True)
class Series:
    """One series of one source, written ``source:name``."""

    source: str
    name: str


@lean_dataclass(frozen=True, slots=True)
class Metric:
    """A named series. ``short`` is the label beside a sparkline (at most six cells).

    ``series`` is the gauge, the counter or the histogram; of a ratio it is the counted events (errors, or hits)
    and ``total`` what they are counted in, or ``rest`` what is counted beside them (misses: the total is the sum of
    both). A ratio's values are percentages. ``baseline`` is a fixed number in the metric's base unit, or None where
    it is captured in the run. ``burst`` is how many errors may come together.
    """

    id: str
    title: str
    kind: MetricKind
    series: Series
    unit: Unit
    short: str = ""
    total: Series | None = None
    rest: Series | None = None
    quantile: float | None = None
    baseline: float | None = None
    concurrent: Series | None = None
    burst: float = 1.0
    every_seconds: float = 5.0
