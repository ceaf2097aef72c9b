"""Which of the boxes that are gone seem to be which of those that are new: offered to a person, never assumed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.core.same import carried_boxes

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan, Section
    from qudag_tui.core.item import Item

LIKE = 0.6
# Beyond so many comparisons of texts only equal ones are offered: a file with other ids throughout has millions.
_MOST_COMPARED = 10_000
_LONGEST = 300
# The same section counts for more than any likeness.
_NEAR = 1.0


@lean_dataclass(frozen=True, slots=True)
class Pair:
    """``old`` and ``new`` are ids; ``likeness`` is from 0.6 to 1 (1: the same words, and only the id is another)."""

    old: str
    new: str
    old_text: str
    new_text: str
    likeness: float
    is_section: bool = False


def pairs(old: Plan, new: Plan) -> tuple[Pair, ...]:
    """Sections first, then boxes, each in the order of ``old``; every id at most once."""
    sections = _sections(old, new)
    moved_to = {pair.old: pair.new for pair in sections}
    before, after = carried_boxes(old), carried_boxes(new)
    gone = [box for box in before.values() if box.id not in after or after[box.id].kind is not box.kind]
    fresh = [box for box in after.values() if box.id not in before or before[box.id].kind is not box.kind]
    found = _alike(gone, fresh, moved_to)
    boxes = (
        Pair(box.id, found[box.id][0].id, box.text, found[box.id][0].text, found[box.id][1])
        for box in gone
        if box.id in found
    )
    return (*sections, *boxes)


def _sections(old: Plan, new: Plan) -> tuple[Pair, ...]:
    gone = [section for section in old.sections.values() if section.id not in new.sections]
    fresh = [section for section in new.sections.values() if section.id not in old.sections]
    scored = []
    if len(gone) * len(fresh) <= _MOST_COMPARED:
        for n, one in enumerate(gone):
            for m, other in enumerate(fresh):
                likeness = max(_likeness(one.title, other.title), _overlap(one, other))
                if one.is_phase is other.is_phase and likeness >= LIKE:
                    scored.append((-likeness, n, m))
    return tuple(
        Pair(gone[n].id, fresh[m].id, gone[n].title, fresh[m].title, -score, is_section=True)
        for score, n, m in sorted(_best(scored), key=lambda found: found[1])
    )


def _overlap(one: Section, other: Section) -> float:
    mine, theirs = ({item.text.casefold() for item in section.items} for section in (one, other))
    return len(mine & theirs) / max(1, len(mine), len(theirs))


def _alike(gone: Sequence[Item], fresh: Sequence[Item], moved_to: Mapping[str, str]) -> dict[str, tuple[Item, float]]:
    """The new box, and how alike it is, of each old one that has such."""
    found: dict[str, tuple[Item, float]] = {}
    # The same words first, those of the same section before others: what a new heading does to all below it.
    for is_near in (True, False):
        taken = {box.id for box, _ in found.values()}
        waiting: defaultdict[object, list[Item]] = defaultdict(list)
        for box in fresh:
            if box.id not in taken:
                waiting[_words(box, box.section if is_near else "")].append(box)
        for box in gone:
            alike = waiting.get(_words(box, moved_to.get(box.section, box.section) if is_near else ""), [])
            if box.id not in found and alike:
                found[box.id] = (alike.pop(0), 1.0)
    taken = {box.id for box, _ in found.values()}
    rest = [box for box in gone if box.id not in found]
    left = [box for box in fresh if box.id not in taken]
    if len(rest) * len(left) <= _MOST_COMPARED:
        for score, n, m in _best(_scored(rest, left, moved_to)):
            found[rest[n].id] = (left[m], -score % _NEAR)
    return found


def _scored(rest: Sequence[Item], left: Sequence[Item], moved_to: Mapping[str, str]) -> list[tuple[float, int, int]]:
    scored = []
    for n, box in enumerate(rest):
        for m, other in enumerate(left):
            likeness = _likeness(box.text, other.text) if box.kind is other.kind else 0.0
            if likeness >= LIKE:
                is_near = moved_to.get(box.section, box.section) == other.section
                scored.append((-likeness - (_NEAR if is_near else 0.0), n, m))
    return scored


def _words(box: Item, section: str) -> tuple[str, str, str]:
    return str(box.kind), box.text.casefold(), section


def _best(scored: Iterable[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    """The least score first, every place at most once."""
    chosen: list[tuple[float, int, int]] = []
    olds: set[int] = set()
    news: set[int] = set()
    for score, n, m in sorted(scored):
        if n not in olds and m not in news:
            olds.add(n)
            news.add(m)
            chosen.append((score, n, m))
    return chosen


def _likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    matcher = SequenceMatcher(None, one[:_LONGEST].casefold(), other[:_LONGEST].casefold(), autojunk=False)
    if matcher.real_quick_ratio() < LIKE or matcher.quick_ratio() < LIKE:
        return 0.0
    # Only the same words are wholly alike, whatever is beyond what was compared.
    return min(matcher.ratio(), 0.99)
