"""Keys: each does one thing in a view, does something, and stands in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from qudag_tui.tui.app import QudagApp
from qudag_tui.tui.asking import ACTS
from qudag_tui.tui.glyphs import UNICODE
from qudag_tui.tui.keymap import KEYS, Where, documentation, help_lines, keys_of
from qudag_tui.tui.screens.checklists import Checklists
from qudag_tui.tui.screens.metrics import Metrics
from qudag_tui.tui.screens.rollback import Rollback
from qudag_tui.tui.screens.timeline import Timeline
from qudag_tui.tui.screens.view import View
from qudag_tui.tui.theme import palette
from qudag_tui.tui.widgets.footer import Footer
from qudag_tui.tui.widgets.line import width_of

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "keys.md"
VIEWS: dict[Where, type[View]] = {
    Where.CHECKLISTS: Checklists,
    Where.METRICS: Metrics,
    Where.ROLLBACK: Rollback,
    Where.TIMELINE: Timeline,
}
EACH_VIEW = pytest.mark.parametrize("where", list(VIEWS))


@EACH_VIEW
def test_no_key_means_two_things_in_a_view(where: Where) -> None:
    names = [name for key in keys_of(where) for name in key.keys]

    assert sorted(names) == sorted(set(names))


@EACH_VIEW
def test_every_key_of_a_view_does_something(where: Where) -> None:
    own = {name.removeprefix("act_") for name in (*dir(VIEWS[where]), *dir(QudagApp)) if name.startswith("act_")}

    assert {key.act for key in keys_of(where)} - own - ACTS.keys() - QudagApp.MODES.keys() == set()


@EACH_VIEW
@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_the_footer_fits_and_always_leads_to_the_help(where: Where, width: int) -> None:
    [line] = Footer(UNICODE, palette(exact=False, colourless=False), where).draw(width, 1)

    assert width_of(line) - 3 <= width
    assert "help" in "".join(text for text, _ in line)


def test_in_the_rollback_view_k_skips_and_the_arrow_still_moves() -> None:
    means = {name: key.act for key in keys_of(Where.ROLLBACK) for name in key.keys}

    assert (means["k"], means["up"], means["a"], means["t"], means["m"], means["R"]) == (
        "skip",
        "up",
        "abort",
        "retry",
        "mark_as",
        "start_rollback",
    )


def test_the_documentation_is_made_from_the_keys() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == documentation()
    assert all(key.help in documentation() for key in KEYS)


def test_the_help_of_a_view_begins_with_its_own_keys() -> None:
    assert [key for key, _ in help_lines(Where.ROLLBACK)][:5] == ["space", "a", "t", "k", "m"]
