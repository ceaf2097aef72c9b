"""Colours: the terminal's own, one accent for what is current, one for what is wrong, dim for what is settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor
from textual.theme import Theme

_DEFAULT = "ansi_default"
_VARIABLES = {
    "ansi-background": _DEFAULT,
    "ansi-foreground": _DEFAULT,
    "block-cursor-foreground": "ansi_black",
    "block-cursor-background": "ansi_white",
    "input-cursor-background": "ansi_white",
    "input-cursor-foreground": "ansi_black",
    "input-selection-background": "ansi_bright_blue",
    "input-selection-foreground": "ansi_black",
    "border-blurred": _DEFAULT,
}


def _theme(name: str, accent: str, wrong: str) -> Theme:
    # Also with exact colours the background stays the terminal's: that is what ``ansi`` means here.
    return Theme(
        name=name,
        ansi=True,
        primary=accent,
        secondary=accent,
        accent=accent,
        warning=wrong,
        error=wrong,
        success=accent,
        foreground=_DEFAULT,
        background=_DEFAULT,
        surface=_DEFAULT,
        panel=_DEFAULT,
        boost=_DEFAULT,
        variables=_VARIABLES,
    )


ANSI_THEME = _theme("qudag-ansi", "ansi_cyan", "ansi_red")
EXACT_THEME = _theme("qudag", "#2f9fb5", "#d9534f")


class Palette(NamedTuple):
    """How the line-drawing widgets draw. Every state is also said in words or by a bracket, never by colour alone."""

    plain: Style
    strong: Style
    dim: Style
    accent: Style
    wrong: Style
    alarm: Style
    cursor: Style
    strong_cursor: Style


def palette(*, exact: bool, colourless: bool) -> Palette:
    """The styles for 24-bit colour (``exact``), for the sixteen colours, or for none."""
    if colourless:
        accent = wrong = Style(bold=True)
        dim = Style(dim=True)
    elif exact:
        accent, wrong, dim = Style(color="#2f9fb5"), Style(color="#d9534f", bold=True), Style(color="#7f848e")
    else:
        accent, wrong, dim = Style(color="cyan"), Style(color="red", bold=True), Style(dim=True)
    return Palette(
        plain=Style(),
        strong=Style(bold=True),
        dim=dim,
        accent=accent,
        wrong=wrong,
        alarm=Style(reverse=True, bold=True) if colourless else wrong + Style(reverse=True),
        cursor=Style(reverse=True),
        strong_cursor=Style(reverse=True, bold=True),
    )


class Colourless(LineFilter):
    """Takes every colour away, the default ones too; bold, dim and reverse stay."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same text in the same places."""
        del background
        return [
            Segment(text, None if style is None else style.without_color, control) for text, style, control in segments
        ]


def wear(app: App[Any], environment: Mapping[str, str]) -> Palette:
    """Give ``app`` its theme, and what draws on it the styles that go with it."""
    exact = is_exact(environment)
    app.register_theme(ANSI_THEME)
    app.register_theme(EXACT_THEME)
    app.theme = EXACT_THEME.name if exact else ANSI_THEME.name
    app.animation_level = "none"
    if app.no_color:
        # Textual's own filters would leave shades of grey, or at least the codes of the default colours.
        kept = [each for each in app._filters if not isinstance(each, Monochrome | NoColor)]  # noqa: SLF001  # there is no other way in
        app._filters[:] = [*kept, Colourless()]  # noqa: SLF001  # as above
    return palette(exact=exact, colourless=app.no_color)


def is_exact(environment: Mapping[str, str]) -> bool:
    """Whether the terminal says that it shows 24-bit colours; only ``COLORTERM`` is believed."""
    return environment.get("COLORTERM", "").lower() in {"truecolor", "24bit"}
