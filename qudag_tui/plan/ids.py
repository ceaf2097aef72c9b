"""The ids of one checklist file: given, or made from texts; each only once."""

from __future__ import annotations

from qudag_tui.plan.problem import OTHER, Path, Problems, quoted
from qudag_tui.plan.slug import MOST_ID_CHARACTERS, is_id, slug

ALLOWED_IN_ID = (
    f"letters, digits, -, _ and . in segments joined by /, starting with a letter or digit, "
    f"at most {MOST_ID_CHARACTERS} characters"
)


class Ids:
    """Who took which id, and where. Checklists, sections, boxes and procedures share one set."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.taken: dict[str, Path] = {}

    def claim(self, wanted: str, path: Path) -> str:
        """``wanted``, noted as taken; a problem that names both places if it was taken before."""
        other = self.taken.setdefault(wanted, path)
        if other is not path:
            message = f"the id {quoted(wanted)} is taken already at {OTHER}; give one of the two an id of its own"
            self.problems.add(message, path, other=other)
        return wanted

    def of(self, prefix: str, text: str, path: Path) -> str:
        """The id made from the path above and ``text``, claimed."""
        segment = slug(text)
        if not segment:
            message = f'no id can be made from {quoted(text)}; give it one: id = "…" ({ALLOWED_IN_ID})'
            self.problems.add(message, path)
        return self.claim(f"{prefix}/{segment}" if prefix else segment, path) if segment else prefix

    def given(self, wanted: str, path: Path) -> str:
        """An id as somebody gave it, claimed; ``path`` is of what has it."""
        if not is_id(wanted):
            self.problems.add(f"id must be {ALLOWED_IN_ID}, not {quoted(wanted)}", (*path, "id"))
        return self.claim(wanted, path)
