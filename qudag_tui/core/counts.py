"""What the counters of a ratio counted in a window, and whether all of it was seen."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from qudag_tui.core.counter import SURGE
from qudag_tui.core.instant import NANOSECONDS
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.metric import Metric
from qudag_tui.core.part import Part, part
from qudag_tui.core.slots import Series, Window, period_ns, slots
from qudag_tui.core.statistics.dispersion import Bin, dispersion

MINUTE_NS = 60 * NANOSECONDS
# Of a counter that grew in one look by more than so many times what it did in any other some is older than that look.
LEAP = 100.0
# Beyond it a double no longer grows by one: such a counter was misread.
MOST_COUNTED = 2.0**53
_LEAST_STEPS = 3


@lean_dataclass(frozen=True, slots=True)
class Counts:
    """``events`` in ``total``, as far as they were observed, over ``seconds`` of the window.

    ``minutes`` holds what was counted in each minute; what was counted over a gap that reaches into several of them
    may be of any of those. ``unobserved`` says what hid increments, "" if nothing did.
    ``slots`` and ``missing`` count the looks that were due, and those without a number; ``newest_ns`` is the time of
    the last good one.
    """

    events: float
    total: float
    minutes: tuple[Bin, ...]
    seconds: float
    slots: int
    missing: int
    newest_ns: int | None
    unobserved: str = ""

    def dispersion(self, burst: float) -> float:
        """φ: how many of the events come together; at least 1 and ``burst``, else what the minutes show."""
        return max(1.0, burst, dispersion(self.minutes, self.events, self.total))


@lean_dataclass(frozen=True, slots=True)
class _Look:
    at_ns: int
    counters: tuple[float, float]  # events, then total or rest
    resets: float | None


def counts(metric: Metric, series: Series, window: Window, restarts: Sequence[int] | None = None) -> Counts:
    """What was counted from the first slot at or after the window's start to its last slot.

    ``restarts`` are the times at which what is measured was seen to start anew, if something else than the counters
    tells (a process's start time); None if nothing does. Counters that went back, or whose ``resets`` changed, hide
    what they counted before: that is unobserved, and so is what is counted from a slot at the window's start, or up to
    one at its end, that is missing. A gap between two looks is bridged, unless a restart may hide in it.
    """
    every = period_ns(metric.every_seconds)
    first = max(0, -(-window.start_ns // every)) * every
    looks = _looks(metric, series, Window(first - 1, window.end_ns))
    seen = [look for look in looks if look is not None]
    missing = len(looks) - len(seen)
    if not seen:
        return Counts(0.0, 0.0, (), 0.0, len(looks), missing, None, "nothing was counted yet")
    hidden = [] if looks[0] else ["no count at the start of the window"]
    steps = [(one, other, _went_back(one, other)) for one, other in pairwise(seen)]
    busiest = max(
        (
            _whole(metric, _grown(one, other))
            for one, other, back in steps
            if not back and other.at_ns - one.at_ns == every
        ),
        default=None,
    )
    events = total = 0.0
    minutes: dict[int, list[float]] = {}  # as a Bin
    fell_from: _Look | None = None
    for one, other, back in steps:
        # A counter that is back above where it was at the next look was misread, and did not count all of it anew.
        grown = _grown(fell_from if fell_from and not _is_below(other, fell_from) else one, other)
        fell_from = one if back and _is_below(other, one) else None
        if _fell_alone(one, other) or _is_another_reader(one, other):
            # Of different spans of time, or of different sums: beside one another they say nothing.
            grown = (0.0, 0.0)
        if back or restarts or other.at_ns - one.at_ns != every:
            hidden += _hides(metric, (one, other), every, busiest, restarts)
        counted, whole = grown[0], _whole(metric, grown)
        events, total = events + counted, total + whole
        begins, ends = (one.at_ns + every - 1 - first) // MINUTE_NS, (other.at_ns - 1 - first) // MINUTE_NS
        for minute in range(begins, ends + 1):
            seen_then = minutes.setdefault(minute, [0.0, 0.0, 0.0, 0.0])
            place = 0 if begins == ends else 2
            seen_then[place] += counted
            seen_then[place + 1] += whole
    hidden += [] if looks[-1] else ["no count at the end of the window"]
    hidden += _leap(metric, steps, every)
    return Counts(
        events,
        total,
        tuple(Bin(*each) for each in minutes.values()),
        (seen[-1].at_ns - seen[0].at_ns) / NANOSECONDS,
        len(looks),
        missing,
        seen[-1].at_ns,
        hidden[0] if hidden else "",
    )


def countable(metric: Metric, series: Series, window: Window) -> Window | None:
    """``window`` from the first to the last look inside it that has every count of ``metric``; None without two.

    A soak's window for counts is fixed so once: its start when sampling began, its end at the look that is final.
    """
    every = period_ns(metric.every_seconds)
    first = max(0, -(-window.start_ns // every)) * every
    seen = [look for look in _looks(metric, series, Window(first - 1, window.end_ns)) if look is not None]
    return Window(seen[0].at_ns, seen[-1].at_ns) if len(seen) > 1 else None


def _looks(metric: Metric, series: Series, window: Window) -> list[_Look | None]:
    second = Part.TOTAL if metric.rest is None else Part.REST
    ids = [part(metric.id, which) for which in (Part.EVENTS, second, Part.RESETS)]
    every = period_ns(metric.every_seconds)
    events, others = (slots(series.get(name, ()), metric.every_seconds, window).values for name in ids[:2])
    has_resets = ids[2] in series
    resets = slots(series[ids[2]], metric.every_seconds, window).values if has_resets else (None,) * len(events)
    at = max(0, window.start_ns // every + 1) * every
    found: list[_Look | None] = []
    for number, (event, other, reset) in enumerate(zip(events, others, resets, strict=True)):
        look = None
        if event is not None and other is not None and not (has_resets and reset is None):
            is_count = min(event, other) >= 0 and max(event, other) <= MOST_COUNTED
            look = _Look(at + number * every, (event, other), reset) if is_count else None
        found.append(look)
    return found


def _went_back(one: _Look, other: _Look) -> bool:
    return one.resets != other.resets or _is_below(other, one)


def _is_below(later: _Look, earlier: _Look) -> bool:
    return later.counters[0] < earlier.counters[0] or later.counters[1] < earlier.counters[1]


def _fell_alone(one: _Look, other: _Look) -> bool:
    return (other.counters[0] < one.counters[0]) is not (other.counters[1] < one.counters[1])


def _is_another_reader(one: _Look, other: _Look) -> bool:
    """Whether what counts resets began anew: its sums hold all that it found, also what the one before did not count."""
    return one.resets is not None and other.resets is not None and other.resets < one.resets


def _grown(one: _Look, other: _Look) -> tuple[float, float]:
    """What is known to have been counted between two looks; of a counter that went back, what it counted since."""
    (events, rest), (events_then, rest_then) = other.counters, one.counters
    return (
        events - events_then if events >= events_then else events,
        rest - rest_then if rest >= rest_then else rest,
    )


def _whole(metric: Metric, grown: tuple[float, float]) -> float:
    return grown[1] if metric.rest is None else grown[0] + grown[1]


def _leap(metric: Metric, steps: Sequence[tuple[_Look, _Look, bool]], every: int) -> list[str]:
    """Whether one look counted far more than any other: a counter of something else that stood higher.

    A gap counts as one look here, and as its average where it is compared with: a slot more that is missing hides no leap.
    """
    grown = [(_whole(metric, _grown(one, other)), (other.at_ns - one.at_ns) // every) for one, other, _ in steps]
    if len(grown) < _LEAST_STEPS:
        return []
    most = max(range(len(grown)), key=lambda number: grown[number][0])
    usual = max(counted / periods for number, (counted, periods) in enumerate(grown) if number != most)
    if grown[most][0] <= LEAP * max(1.0, usual):
        return []
    return [f"one look counted {grown[most][0]:,.0f}, and no other more than {usual:,.3g}: not all of it is of then"]


def _hides(
    metric: Metric, step: tuple[_Look, _Look], every: int, busiest: float | None, restarts: Sequence[int] | None
) -> list[str]:
    one, other = step
    if _went_back(one, other) or any(one.at_ns < at <= other.at_ns for at in restarts or ()):
        return ["a restart hid what was counted before it"]
    # It hides none if the counter stood higher than even a surge of traffic could have brought it again.
    periods = (other.at_ns - one.at_ns) // every
    stood = _whole(metric, one.counters)
    if periods > 1 and restarts is None and (busiest is None or stood <= SURGE * busiest * periods):
        return [f"a restart may hide in a gap of {periods - 1} {'slot' if periods == 2 else 'slots'}"]
    return []
