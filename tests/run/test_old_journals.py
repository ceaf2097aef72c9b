"""Journals of every format that there ever was load for ever."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from qudag_tui.core.event import UnknownFact
from qudag_tui.run.block import event_hash
from qudag_tui.run.scan import scan

JOURNALS = sorted((Path(__file__).parents[1] / "data" / "journals").glob("*.toml"))


@pytest.mark.parametrize("path", JOURNALS, ids=lambda path: path.stem)
def test_an_old_journal_loads_whole_and_its_chain_holds(path: Path) -> None:
    data = path.read_bytes()
    found = scan(data)
    loaded = tomllib.loads(data.decode())["event"]

    assert (found.marks, found.used, len(found.events)) == ([], len(data), len(loaded))
    assert [event.kind for event in found.events] == [one["kind"] for one in loaded]
    assert [event.kind for event in found.events if isinstance(event.fact, UnknownFact)] == []
    prev = ""
    for values in loaded:
        assert values["hash"] == (prev := event_hash(values, prev))


def test_there_is_one_of_the_first_format() -> None:
    assert [path.name for path in JOURNALS][:1] == ["format-1.toml"]
