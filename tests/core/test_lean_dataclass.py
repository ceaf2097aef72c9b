"""Lean dataclasses are what ``dataclass`` would have made of them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import Any

import pytest

from qudag_tui.core.lean_dataclass import lean_dataclass


class Lean:
    @lean_dataclass(frozen=True, slots=True)
    class Thing:
        name: str
        size: int = 0
        secret: str = field(default="", repr=False)
        note: str = field(default="", compare=False)

    @lean_dataclass(frozen=True, slots=True)
    class Nothing:
        pass


class Made:
    @dataclass(frozen=True, slots=True)
    class Thing:
        name: str
        size: int = 0
        secret: str = field(default="", repr=False)
        note: str = field(default="", compare=False)

    @dataclass(frozen=True, slots=True)
    class Nothing:
        pass


@pytest.mark.parametrize("kind", [Lean, Made])
def test_they_are_equal_by_their_values_and_by_their_class(kind: Any) -> None:
    thing = kind.Thing("a", 1, "s")

    assert thing == kind.Thing("a", 1, "s", note="another")
    assert thing != replace(thing, size=2)
    assert thing != replace(thing, secret="t")
    assert thing != ("a", 1, "s")
    assert kind.Nothing() == kind.Nothing()
    assert thing != kind.Nothing()
    assert {thing, kind.Thing("a", 1, "s", "n"), kind.Thing("b")} == {thing, kind.Thing("b")}


def test_they_tell_the_same_of_themselves_and_hide_the_same() -> None:
    for lean, made in ((Lean.Thing("a", 1, "s"), Made.Thing("a", 1, "s")), (Lean.Nothing(), Made.Nothing())):
        assert repr(lean) == repr(made).replace("Made.", "Lean.")
    assert "hidden" not in repr(Lean.Thing("a", secret="hidden"))


def test_nothing_in_them_can_be_changed() -> None:
    thing: Any = Lean.Thing("a")
    with pytest.raises(FrozenInstanceError):
        thing.name = "b"
    with pytest.raises((AttributeError, TypeError)):
        thing.other = "b"


def test_what_cannot_be_hashed_says_so() -> None:
    unhashable: Any = ["a"]
    with pytest.raises(TypeError):
        hash(Lean.Thing(unhashable))
