"""The boxes of a section, flat and in order. A string is a box; a table says more."""

from __future__ import annotations

from typing import Any

from qudag_tui.core.extension import EXTEND
from qudag_tui.core.item import Gate, Item, Kind, Script, Signoff, Soak
from qudag_tui.plan.condition import read_condition
from qudag_tui.plan.draft import Draft
from qudag_tui.plan.keys import KEYS, RUN_KEYS
from qudag_tui.plan.problem import Path, quoted
from qudag_tui.plan.step import MOST_LEVELS, read_id, read_run
from qudag_tui.plan.table import MOST_TEXT_CHARACTERS, Table

KIND_KEYS = {
    "gate": Kind.GATE,
    "soak": Kind.SOAK,
    "decision": Kind.DECISION,
    "signoff": Kind.SIGNOFF,
    "run": Kind.SCRIPT,
}
MOST_EXTENSIONS = 10
_CLAIMABLE = {Kind.MANUAL, Kind.SCRIPT}


class Boxes:
    """The boxes of one section, as they are read."""

    def __init__(self, section: str, draft: Draft) -> None:
        self.section = section
        self.draft = draft
        self.items: list[Item] = []

    def read(self, entries: Any, path: Path, prefix: str, depth: int = 0, parent: str | None = None) -> None:
        """The boxes of the list at ``path``, whose ids start with ``prefix``."""
        problems = self.draft.problems
        if not isinstance(entries, list):
            problems.add(f"items must be {KEYS['section']['items']}, not {quoted(entries)}", path)
            return
        if depth >= MOST_LEVELS:
            problems.add(f"items may nest at most {MOST_LEVELS} deep", path)
            return
        make_id, section, append = self.draft.ids.of, self.section, self.items.append
        for index, entry in enumerate(entries):
            here = (*path, index)
            if isinstance(entry, str):
                if len(entry) > MOST_TEXT_CHARACTERS:
                    problems.add(f"a text has at most {MOST_TEXT_CHARACTERS} characters, not {len(entry)}", here)
                    continue
                append(Item(make_id(prefix, entry, here), entry, Kind.MANUAL, depth, parent, section))
            elif isinstance(entry, dict):
                self.table(Table("item", entry, here, problems), prefix, depth, parent)
            else:
                problems.add(f"an item must be a string, or a table with text, not {quoted(entry)}", here)

    def table(self, table: Table, prefix: str, depth: int, parent: str | None) -> None:
        """One box that says more than its text, and what is nested in it."""
        text = table.text("text")
        item_id = read_id(table, prefix, text, self.draft)
        kind, spec = self.spec(table, item_id, text)
        claimed = table.flag("done")
        if claimed and kind not in _CLAIMABLE:
            table.refuse("done", f"a {kind} cannot be claimed in the file: it is decided by what happens in the run")
        note = table.string("note") if table.values.get("note") != "" else ""
        self.items.append(Item(item_id, text, kind, depth, parent, self.section, claimed, spec, note))
        if "items" in table:
            self.read(table.values["items"], (*table.path, "items"), item_id, depth + 1, item_id)

    def spec(self, table: Table, item_id: str, text: str) -> tuple[Kind, Gate | Soak | Signoff | Script | None]:
        """What kind of box it is, and what that kind carries."""
        chosen = [key for key, value in table.values.items() if key in KIND_KEYS and value is not False]
        if len(chosen) > 1:
            message = f"an item has at most one of {', '.join(KIND_KEYS)}, not {' and '.join(chosen)}"
            self.draft.problems.add(message, (*table.path, chosen[-1]), at_key=True)
        key = chosen[0] if chosen else ""
        table.only_with(("window", "tolerate", "extend"), "gate")
        table.only_with(("target", "required", "confirm"), "run")
        if key != "run":
            table.only_with(RUN_KEYS, "run")
        if key == "gate":
            return Kind.GATE, self.gate(table)
        if key == "soak":
            return Kind.SOAK, Soak(table.seconds("soak") or 0.0)
        if key == "signoff":
            return Kind.SIGNOFF, Signoff(table.string("signoff"))
        if key == "run":
            return Kind.SCRIPT, Script(read_run(table, self.draft, id=item_id, text=text))
        for other in KIND_KEYS:
            if other == "decision" and table.flag("decision"):
                return Kind.DECISION, None
            if other != "decision" and other in table:
                table.wrong(other)
        return Kind.MANUAL, None

    def gate(self, table: Table) -> Gate | None:
        """The condition of a gate, and over what it is judged."""
        condition = read_condition("gate", table, self.draft)
        window = table.seconds("window")
        tolerate = table.percent("tolerate", 99.0)
        extend = table.number("extend", 0, MOST_EXTENSIONS)
        if extend is not None and not extend.is_integer():
            table.wrong("extend")
        if condition is None:
            return None
        share = 0.01 if tolerate is None else tolerate / 100
        looks = EXTEND if extend is None else int(extend)
        return Gate(*condition, 600.0 if window is None else window, share, looks)
