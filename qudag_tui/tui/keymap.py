"""Every key, what it does, and where it is told: bindings, footer, help and documentation are made from this."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Where(StrEnum):
    """In which view a key works."""

    EVERYWHERE = "everywhere"
    CHECKLISTS = "checklists"
    METRICS = "metrics"
    ROLLBACK = "rollback"
    TIMELINE = "timeline"


class Key(NamedTuple):
    """``keys`` in Textual's names, ``shown`` as people write them; ``act`` names a method ``act_…`` of the view.

    ``short`` is the footer's word (empty: not in the footer), ``records`` marks what ends up in the journal.
    """

    keys: tuple[str, ...]
    shown: str
    act: str
    help: str
    where: Where = Where.EVERYWHERE
    short: str = ""
    records: bool = False


KEYS: tuple[Key, ...] = (
    Key(("1",), "1", "checklists", "the checklists"),
    Key(("2",), "2", "metrics", "the metrics"),
    Key(("3", "r"), "3, r", "rollback", "the rollback: triggers, steps, output"),
    Key(("4",), "4", "timeline", "the timeline: every event in words"),
    Key(("down", "j"), "down, j", "down", "one row down"),
    Key(("up", "k"), "up, k", "up", "one row up"),
    Key(("pagedown", "ctrl+d"), "page down", "page_down", "one screen down"),
    Key(("pageup", "ctrl+u"), "page up", "page_up", "one screen up"),
    Key(("g", "home"), "g", "first", "the first row"),
    Key(("G", "end"), "G", "last", "the last row"),
    Key(("left", "h"), "left, h", "out", "fold, or go to what holds this row", Where.CHECKLISTS),
    Key(("right", "l"), "right, l", "into", "unfold, or go to the first row inside", Where.CHECKLISTS),
    Key(("enter",), "enter", "toggle", "fold or unfold", Where.CHECKLISTS),
    Key((".", "full_stop"), ".", "current", "the current box: the next to do", Where.CHECKLISTS),
    Key(("i",), "i", "details", "all that is known of the row, a gate's requirements too", Where.CHECKLISTS),
    Key(("left_square_bracket",), "[", "phase_before", "the phase before", Where.CHECKLISTS),
    Key(("right_square_bracket",), "]", "phase_after", "the next phase", Where.CHECKLISTS),
    Key(
        ("space",),
        "space",
        "tick",
        "tick, or untick; starts a soak, asks for a final look",
        Where.CHECKLISTS,
        "tick",
        records=True,
    ),
    Key(
        ("minus",),
        "-",
        "not_applicable",
        "not applicable (asks why)",
        Where.CHECKLISTS,
        "n/a",
        records=True,
    ),
    Key(
        ("greater_than_sign",),
        ">",
        "defer",
        "defer to another section (asks where, and why)",
        Where.CHECKLISTS,
        "defer",
        records=True,
    ),
    Key(
        ("exclamation_mark",),
        "!",
        "override",
        "override a box, or open a locked phase (asks why)",
        Where.CHECKLISTS,
        records=True,
    ),
    Key(("c",), "c", "comment", "comment on a box", Where.CHECKLISTS, records=True),
    Key(("d",), "d", "decide", "Go or No-Go for the phase", Where.CHECKLISTS, "decide", records=True),
    Key(("s",), "s", "sign", "sign for the role under the cursor", Where.CHECKLISTS, records=True),
    Key(
        ("e",),
        "e",
        "execute",
        "execute the script under the cursor (a typed code)",
        Where.CHECKLISTS,
        records=True,
    ),
    Key(("v",), "v", "preview", "what the script under the cursor would run, as commands to copy", Where.CHECKLISTS),
    Key(
        ("U",),
        "U",
        "undo_execution",
        "undo what the script under the cursor did (a typed code)",
        Where.CHECKLISTS,
        records=True,
    ),
    Key(
        ("b",),
        "b",
        "baseline",
        "capture what metrics are compared with (asks over how long)",
        Where.METRICS,
        "baseline",
        records=True,
    ),
    Key(
        ("space",),
        "space",
        "mark",
        "say how the waiting step ended; on a trigger: somebody saw it",
        Where.ROLLBACK,
        "mark/seen",
        records=True,
    ),
    Key(("a",), "a", "abort", "abort what runs, or stop a countdown", Where.ROLLBACK, "abort", records=True),
    Key(("t",), "t", "retry", "retry the step", Where.ROLLBACK, "retry", records=True),
    Key(("k",), "k", "skip", "skip the step (asks why)", Where.ROLLBACK, "skip", records=True),
    Key(
        ("m",),
        "m",
        "mark_as",
        "mark how the step ended: passed or failed",
        Where.ROLLBACK,
        "mark",
        records=True,
    ),
    Key(
        ("w",),
        "w",
        "resume",
        "let go on what waits since the supervisor's restart, or the step that is to be confirmed (a typed code)",
        Where.ROLLBACK,
        records=True,
    ),
    Key(
        ("enter",),
        "enter",
        "confirm_here",
        "on the step that is to be confirmed: let it start (a typed code)",
        Where.ROLLBACK,
        records=True,
    ),
    Key(
        ("U",),
        "U",
        "undo_execution",
        "undo what the execution that is shown did, the last step first (a typed code)",
        Where.ROLLBACK,
        records=True,
    ),
    Key(("v",), "v", "preview", "what would run, as commands to copy", Where.ROLLBACK),
    Key(
        ("e",),
        "e",
        "procedures",
        "execute another procedure than the rollback (a typed code)",
        Where.ROLLBACK,
        records=True,
    ),
    Key(
        ("P",),
        "P",
        "approve",
        "paste a second person's signature for the request that waits",
        Where.ROLLBACK,
        records=True,
    ),
    Key(("A",), "A", "arm", "arm the run (a typed code), or disarm it", Where.ROLLBACK, records=True),
    Key(("f",), "f", "follow", "follow the output again", Where.ROLLBACK),
    Key(("R",), "R", "start_rollback", "start the rollback (a typed code)", short="roll back", records=True),
    Key(("u",), "u", "undo", "take back my own last tick, n/a, defer or comment", short="undo", records=True),
    Key(("slash",), "/", "search", "search, or filter the timeline", short="search"),
    Key(("n",), "n", "next_match", "the next match"),
    Key(("N",), "N", "match_before", "the match before"),
    Key(("o",), "o", "operator", "who is at the keyboard"),
    Key(
        ("y",),
        "y",
        "copy",
        "copy the row, or the output; of a request that waits for approval the text to sign",
        short="copy",
    ),
    Key(("p",), "p", "pause", "pause the display, but never banners, triggers and the clock", short="pause"),
    Key(("colon", "ctrl+p"), ":", "palette", "every command by its name", short="commands"),
    Key(("question_mark",), "?", "help", "these keys", short="help"),
    Key(("escape",), "esc", "back", "back to the checklists; there: clear the search"),
    Key(("ctrl+l",), "ctrl+l", "redraw", "draw the screen anew"),
    Key(("ctrl+z",), "ctrl+z", "suspend", "back to the shell; fg returns"),
    Key(("q", "ctrl+q"), "q", "quit", "quit; says what goes on without it"),
)


def keys_of(where: Where) -> tuple[Key, ...]:
    """The keys that work in a view: its own, then those that work everywhere."""
    own = tuple(key for key in KEYS if key.where is where)
    taken = {name for key in own for name in key.keys}
    general = [
        key._replace(keys=tuple(name for name in key.keys if name not in taken))
        for key in KEYS
        if key.where is Where.EVERYWHERE
    ]
    return own + tuple(key for key in general if key.keys)


def footer_keys(where: Where) -> list[Key]:
    """What the footer of a view may say, in order."""
    return [key for key in keys_of(where) if key.short]


def help_lines(where: Where) -> list[tuple[str, str]]:
    """Key and sentence, the view's own keys first."""
    return [(key.shown, key.help) for key in keys_of(where)]


def documentation() -> str:
    """All keys as Markdown, for ``docs/keys.md``."""
    parts = ["# Keys\n", "Made from `qudag_tui/tui/keymap.py`; a test compares the two.\n"]
    for where in Where:
        rows = [key for key in KEYS if key.where is where]
        if not rows:
            continue
        title = "Everywhere" if where is Where.EVERYWHERE else f"In the {where} view"
        parts.append(f"## {title}\n\n| key | what it does |\n|---|---|")
        parts.extend(f"| `{key.shown}` | {key.help} |" for key in rows)
        parts.append("")
    return "\n".join(parts)
