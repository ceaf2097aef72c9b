from __future__ import annotations

import math

import pytest

from qudag_tui.run.clock import now
from qudag_tui.sources.scripted import ScriptedSource
from qudag_tui.sources.source import SourceError


async def test_each_read_gives_the_next_number_and_it_begins_again() -> None:
    source = ScriptedSource({"a": [1.0, 2.0, 3.0], "b": [10.0, math.nan]})

    assert [await source.read(now()) for _ in range(4)] == [
        {"a": 1.0, "b": 10.0},
        {"a": 2.0},
        {"a": 3.0, "b": 10.0},
        {"a": 1.0},
    ]


async def test_a_moment_without_any_number_is_a_reason() -> None:
    source = ScriptedSource({"a": [math.nan]})

    with pytest.raises(SourceError, match="the script has no number here"):
        await source.read(now())


def test_an_empty_series_is_refused() -> None:
    with pytest.raises(ValueError, match="a has none"):
        ScriptedSource({"a": []})
