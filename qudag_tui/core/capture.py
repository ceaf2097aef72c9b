"""A captured baseline as the journal keeps it: plain values there, checked on the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from qudag_tui.core.baseline import MOST_BINS, Captured
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.slots import is_number
from qudag_tui.core.unit import Unit

if TYPE_CHECKING:
    from qudag_tui.core.instant import Instant

_LISTS = ("values", "low", "high")
_COUNTS = ("from_ns", "to_ns", "width", "slots", "samples")
_NUMBERS = ("every_seconds", "events", "total", "dispersion")


@lean_dataclass(frozen=True, slots=True)
class Baseline:
    """What a metric is compared with in this run, who captured it and when; ``times`` counts captures of it."""

    captured: Captured
    by: str
    at: Instant
    seq: int
    times: int = 1


def bins_of(captured: Captured) -> dict[str, Any]:
    """Everything but the metric, as plain TOML values; what has its default is left out."""
    plain: dict[str, Any] = {}
    for each in fields(Captured):
        value = getattr(captured, each.name)
        if each.name == "metric" or value == each.default:
            continue
        plain[each.name] = list(value) if isinstance(value, tuple) else str(value) if each.name == "unit" else value
    return plain


def captured_of(metric: str, bins: Mapping[str, Any]) -> Captured | None:
    """The baseline that an event says; None if it says none that could have been captured. Never raises."""
    if not set(bins) <= {each.name for each in fields(Captured)} - {"metric"}:
        return None
    if bins.get("unit") not in set(Unit) or not isinstance(bins.get("unobserved", ""), str):
        return None
    if not all(_is_count(bins.get(name)) for name in _COUNTS):
        return None
    if not all(_is_number(bins[name]) and bins[name] >= 0 for name in _NUMBERS if name in bins):
        return None
    lists = {name: bins.get(name, ()) for name in (*_LISTS, "gaps")}
    if not all(isinstance(numbers, list | tuple) and len(numbers) <= MOST_BINS for numbers in lists.values()):
        return None
    if not all(_is_number(number) for name in _LISTS for number in lists[name]):
        return None
    whole = len(lists["values"]) + len(lists["gaps"])
    if not all(_is_count(place) and place < whole for place in lists["gaps"]):
        return None
    if len(set(lists["gaps"])) != len(lists["gaps"]):
        return None
    if any(lists[name] and len(lists[name]) != len(lists["values"]) for name in ("low", "high")):
        return None
    if not bins.get("every_seconds") or bins["width"] < 1 or bins["samples"] > bins["slots"]:
        return None
    rest: dict[str, Any] = {name: value for name, value in bins.items() if name not in {*lists, "unit"}}
    rest |= {name: tuple(float(number) for number in lists[name]) for name in _LISTS}
    return Captured(metric=metric, unit=Unit(bins["unit"]), gaps=tuple(lists["gaps"]), **rest)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and is_number(value)
