"""What is wrong with a checklist file, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qudag_tui.core.printable import visible


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """Something to say of a place in a file; ``line`` and ``column`` (characters) start at 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return visible(f"{self.file}:{self.line}:{self.column}: {self.message}")


@dataclass(frozen=True, slots=True, order=True)
class PlanError(Remark):
    """One thing that is wrong."""


@dataclass(frozen=True, slots=True, order=True)
class PlanWarning(Remark):
    """One thing that is legal and unwise."""


class PlanErrors(ValueError):  # noqa: N818 - it holds many
    """Everything that is wrong with a checklist file, in the file's order; never empty."""

    def __init__(self, errors: Iterable[PlanError]) -> None:
        self.errors = tuple(errors)
        super().__init__(self.errors)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)
