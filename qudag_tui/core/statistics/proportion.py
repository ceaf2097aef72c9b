"""Exact bounds of a proportion, by the regularised incomplete beta function."""

from __future__ import annotations

import math

_TINY = 1e-300
_EXACT = 3e-16
_MOST_TURNS = 100_000
# Of more counts than this doubles tell the bounds no better, only later.
_MOST_COUNTS = 1e9
# Of so small a part of one event the bound is 0, and of so small a part of one that is none it is 1, to the last digit.
_FEWEST = 1e-3


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for a, b > 0 and 0 ≤ x ≤ 1.

    By the continued fraction 8.17.22 of the NIST Digital Library of Mathematical Functions, evaluated with Lentz's
    method (Press et al., Numerical Recipes, 6.4); about √max(a, b) turns at worst.
    """
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _lower(b, a, 1.0 - x)
    return _lower(a, b, x)


def _lower(a: float, b: float, x: float) -> float:
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    if log_front < -740.0:
        return 0.0
    whole, part = 1.0, 0.0
    part = 1.0 - (a + b) * x / (a + 1.0)
    part = 1.0 / (part if abs(part) > _TINY else _TINY)
    fraction = part
    for turn in range(1, _MOST_TURNS):
        even = turn * (b - turn) * x / ((a + 2 * turn - 1.0) * (a + 2 * turn))
        part = 1.0 + even * part
        part = 1.0 / (part if abs(part) > _TINY else _TINY)
        whole = 1.0 + even / whole
        whole = whole if abs(whole) > _TINY else _TINY
        fraction *= part * whole
        odd = -(a + turn) * (a + b + turn) * x / ((a + 2 * turn) * (a + 2 * turn + 1.0))
        part = 1.0 + odd * part
        part = 1.0 / (part if abs(part) > _TINY else _TINY)
        whole = 1.0 + odd / whole
        whole = whole if abs(whole) > _TINY else _TINY
        step = part * whole
        fraction *= step
        if abs(step - 1.0) < _EXACT:
            break
    return min(1.0, math.exp(log_front) * fraction / a)


def beta_quantile(probability: float, a: float, b: float) -> float:
    """The x at which I_x(a, b) is ``probability``, to the last digits of a double or a relative 1e-12.

    By regula falsi in the Illinois form (Dowell and Jarratt, BIT 11, 1971), kept inside a bracket that shrinks.
    """
    if probability <= 0.0:
        return 0.0
    if probability >= 1.0:
        return 1.0
    low, high = _bracket(probability, a, b)
    below, above = incomplete_beta(a, b, low) - probability, incomplete_beta(a, b, high) - probability
    side = 0
    for turn in range(200):
        if high - low <= 1e-12 * high:
            break
        guess = high - above * (high - low) / (above - below) if turn % 4 else (low + high) / 2
        if not low < guess < high:
            guess = (low + high) / 2
        error = incomplete_beta(a, b, guess) - probability
        if error < 0:
            low, below = guess, error
            above = above / 2 if side < 0 else above
            side = -1
        else:
            high, above = guess, error
            below = below / 2 if side > 0 else below
            side = 1
            if error == 0:
                return guess
    return (low + high) / 2


def _bracket(probability: float, a: float, b: float) -> tuple[float, float]:
    """A narrow pair around the quantile: steps of the standard deviation from the mean, as far as is needed."""
    mean = a / (a + b)
    step = math.sqrt(mean * (1.0 - mean) / (a + b + 1.0))
    low = high = mean
    while low > 0.0 and incomplete_beta(a, b, low) > probability:
        low = max(0.0, low - 2.0 * step)
    while high < 1.0 and incomplete_beta(a, b, high) < probability:
        high = min(1.0, high + 2.0 * step)
    return low, high


def clopper_pearson(events: float, total: float, alpha: float) -> tuple[float, float]:
    """One-sided bounds of the proportion behind ``events`` of ``total``, each wrong at most ``alpha`` of the time.

    (Clopper and Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial,
    Biometrika 26, 1934.) Counts need not be whole: divided by their dispersion they are those of as many independent
    events. (0, 1) without any.
    """
    if total <= 0:
        return 0.0, 1.0
    events, total = _bounded(events, total)
    low = beta_quantile(alpha, events, total - events + 1.0) if events > _FEWEST else 0.0
    high = beta_quantile(1.0 - alpha, events + 1.0, total - events) if total - events > _FEWEST else 1.0
    return low, high


def _bounded(events: float, total: float) -> tuple[float, float]:
    """The same proportion of at most so many counts that it can be told of: its bounds are wider, and never narrower."""
    return (events, total) if total <= _MOST_COUNTS else (events / total * _MOST_COUNTS, _MOST_COUNTS)


def is_surely_below(events: float, total: float, limit: float, alpha: float) -> bool:
    """Whether Clopper and Pearson's upper bound is below ``limit`` (0 to 1): one evaluation instead of a search."""
    if total - events <= _FEWEST or limit <= 0.0:
        return False
    events, total = _bounded(events, total)
    return limit >= 1.0 or incomplete_beta(events + 1.0, total - events, limit) > 1.0 - alpha


def is_surely_above(events: float, total: float, limit: float, alpha: float) -> bool:
    """Whether Clopper and Pearson's lower bound is above ``limit`` (0 to 1)."""
    if events <= _FEWEST or limit >= 1.0:
        return False
    events, total = _bounded(min(events, total), total)
    return limit < 0.0 or incomplete_beta(events, total - events + 1.0, limit) < alpha
