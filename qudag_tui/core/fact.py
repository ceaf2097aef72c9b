"""What a fact is: a frozen dataclass of plain TOML values, registered under the kind that the journal names.

A field with a default is left out of the journal while it has that default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, ClassVar, TypeVar

from qudag_tui.core.lean_dataclass import lean_dataclass


class Fact:
    """Base of every kind of event."""

    __slots__ = ()
    kind: ClassVar[str]


FactType = TypeVar("FactType", bound=type[Fact])
KINDS: dict[str, type[Fact]] = {}

# What a field's annotation admits in a journal. Every fact uses these and no others.
_ADMITTED: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "int | None": (int,),
    "float | None": (float, int),
    "tuple[str, ...]": (list, tuple),
    "Mapping[str, str]": (dict,),
    "Mapping[str, Any]": (dict,),
}
_REQUIRED = object()
_fields: dict[type[Fact], tuple[tuple[str, Any], ...]] = {}
_types: dict[type[Fact], dict[str, tuple[type, ...]]] = {}


def _default(spec: dataclasses.Field[Any]) -> Any:
    if spec.default_factory is not dataclasses.MISSING:
        return spec.default_factory()
    return _REQUIRED if spec.default is dataclasses.MISSING else spec.default


def fact(kind: str) -> Callable[[FactType], FactType]:
    """Decorate a dataclass as the fact that the journal calls ``kind``."""

    def register(cls: FactType) -> FactType:
        cls.kind = kind
        KINDS[kind] = cls
        specs = dataclasses.fields(cls)  # type: ignore[arg-type]  # the decorator stands above @dataclass only
        _fields[cls] = tuple((spec.name, _default(spec)) for spec in specs)
        _types[cls] = {spec.name: _ADMITTED[str(spec.type)] for spec in specs}
        return cls

    return register


@lean_dataclass(frozen=True, slots=True)
class UnknownFact(Fact):
    """An event of a kind that this version does not know: it makes the run read-only here."""

    kind: ClassVar[str] = ""
    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


def fact_to_plain(fact: Fact) -> dict[str, Any]:
    """The fact's fields as TOML values, without those that have their default."""
    if isinstance(fact, UnknownFact):
        return dict(fact.data)
    plain = {}
    for name, default in _fields[type(fact)]:
        value = getattr(fact, name)
        if value != default:
            plain[name] = list(value) if isinstance(value, tuple) else value
    return plain


def fact_from_plain(kind: str, data: Mapping[str, Any]) -> Fact:
    """The fact of that kind; :class:`UnknownFact` for a kind, a field or a type that this version does not know.

    A journal may have been written by a newer version, or by somebody who means harm: nothing here raises.
    """
    cls = KINDS.get(kind)
    if cls is None:
        return UnknownFact(kind, dict(data))
    types = _types[cls]
    values: dict[str, Any] = {}
    for name, value in data.items():
        if not isinstance(value, types.get(name, ())):
            return UnknownFact(kind, dict(data))
        if isinstance(value, list) and not all(isinstance(part, str) for part in value):
            return UnknownFact(kind, dict(data))
        values[name] = tuple(value) if isinstance(value, list) else value
    try:
        return cls(**values)
    except TypeError:
        return UnknownFact(kind, dict(data))
