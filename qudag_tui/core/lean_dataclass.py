"""Frozen dataclasses that are made in half of the time: the screen's start is made of little else than making them.

``dataclass`` compiles ``__eq__``, ``__hash__`` and ``__repr__`` anew for every class. Here they are the same three
functions for all, over the values of the fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["lean_dataclass"]

if TYPE_CHECKING:
    # To a type checker it is the same.
    from dataclasses import dataclass as lean_dataclass
else:

    def lean_dataclass(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """``dataclass`` with these options, both of them true."""

        def made(cls: type) -> type:
            found = dataclasses.dataclass(frozen=frozen, slots=slots, eq=False, repr=False)(cls)
            specs = dataclasses.fields(found)
            own = vars(found)
            if "__eq__" not in own:
                found.__eq__, found.__hash__ = _equality(*(spec.name for spec in specs if spec.compare))
            if "__repr__" not in own:
                found.__repr__ = _telling(*(spec.name for spec in specs if spec.repr))
            return found

        return made


def _equality(*names: str) -> tuple[Callable[[Any, Any], Any], Callable[[Any], int]]:
    values = attrgetter(*names) if names else lambda _: ()

    def __eq__(self: Any, other: Any) -> Any:  # noqa: N807  # what it becomes
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:  # noqa: N807  # what it becomes
        return hash((values(self),))

    return __eq__, __hash__


def _telling(*names: str) -> Callable[[Any], str]:
    def __repr__(self: Any) -> str:  # noqa: N807  # what it becomes
        told = (f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({', '.join(told)})"

    return __repr__
