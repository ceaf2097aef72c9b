"""Whether counted events come alone or in bursts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple


class Bin(NamedTuple):
    """``events`` in ``total``; up to ``more_events`` in ``more_total`` beside it may be of this bin or of another one."""

    events: float
    total: float
    more_events: float = 0.0
    more_total: float = 0.0


def dispersion(bins: Sequence[Bin], events: float, total: float) -> float:
    """Pearson's dispersion φ = Σ (eᵢ − nᵢp)² / (nᵢp(1 − p)) / (k − 1) of ``bins``, p = ``events`` / ``total`` of all.

    (McCullagh and Nelder, Generalized Linear Models, 4.5.) About 1 for independent events, about b for events that
    come b at a time. 1 where it says nothing: fewer than two events (or than two of what is not one), or than two
    bins with a total. Where it is not known in which bin something was counted it is the most that it can be: what was
    not seen must never look calmer than it was.
    """
    used = [each for each in bins if each.total + each.more_total > 0]
    if len(used) < 2 or not 2.0 <= events <= total - 2.0:
        return 1.0
    share = events / total
    known = sum(each.total > 0 for each in used)
    return sum(_most_apart(each, share) for each in used) / max(1, known - 1)


def _most_apart(each: Bin, share: float) -> float:
    # A term is convex in events and in the rest, so that it is largest where each is as little or as much as can be.
    least, most = each.events, each.events + each.more_events
    rest = each.total - least
    rests = rest, rest + each.more_total - each.more_events
    return max(_apart(counted, counted + other, share) for counted, other in product((least, most), rests))


def _apart(events: float, total: float, share: float) -> float:
    # A minute with next to nothing in it may have a variance below what doubles tell from 0.
    variance = total * share * (1.0 - share)
    return (events - total * share) ** 2 / variance if variance > 0 else 0.0
