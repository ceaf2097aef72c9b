"""Medians over equal bins: what is left of samples once fast noise is gone."""

from __future__ import annotations

from collections.abc import Sequence


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two middle ones; infinite ones of one sign may be among them.

    ``ValueError`` if there is none.
    """
    if not values:
        message = "nothing has no median"
        raise ValueError(message)
    ordered, half = sorted(values), len(values) // 2
    if len(values) % 2:
        return ordered[half]
    # Halves first: the sum of two doubles may be none.
    return ordered[half - 1] / 2 + ordered[half] / 2


def edges(count: int, width: int) -> list[tuple[int, int]]:
    """Where the bins of ``count`` values begin and end, ``width`` values each; what is left over joins the first."""
    bins = count // width
    if bins < 1:
        return [(0, count)] if count else []
    over = count - bins * width
    return [(over + number * width if number else 0, over + (number + 1) * width) for number in range(bins)]


def medians(values: Sequence[float], width: int) -> list[float]:
    """The median of each bin of ``width`` values, in order."""
    return [median(values[start:end]) for start, end in edges(len(values), width)]


def seen_medians(values: Sequence[float | None], width: int) -> list[float | None]:
    """The median of what was seen (is not None) in each bin of ``width`` values; None for a bin that saw nothing."""
    found: list[float | None] = []
    for start, end in edges(len(values), width):
        seen = [value for value in values[start:end] if value is not None]
        found.append(median(seen) if seen else None)
    return found
