"""Beginning a run from the screen: only with a release, and never by silence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qudag_tui.tui.new_run import NewRun, NewRunApp, parse_starts

NOW = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)


async def answer(*keys: str) -> NewRun | None:
    app = NewRunApp("A \x1b[31mtitle [/x]", "/srv/checklists.toml")
    async with app.run_test(size=(80, 23)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        if app.is_running and not app._exit:
            await pilot.press("escape")
    return app.return_value


async def test_enter_begins_with_what_was_typed() -> None:
    assert await answer("v", "2", "tab", "v", "1", "enter") == NewRun("v2", "v1", None)


async def test_t_is_read_as_people_type_it() -> None:
    begun = await answer("v", "2", "tab", "tab", *"2026-11-22", "enter")

    assert begun == NewRun("v2", "", datetime(2026, 11, 22, tzinfo=UTC))


@pytest.mark.parametrize("keys", [("escape",), ("v", "escape"), ("ctrl+c",), ("enter",), ("tab", "tab", "x", "enter")])
async def test_anything_else_begins_nothing(keys: tuple[str, ...]) -> None:
    assert await answer(*keys) is None


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("", None),
        ("now", None),
        ("20:30", datetime(2026, 11, 22, 20, 30, tzinfo=UTC)),
        ("18:00", datetime(2026, 11, 23, 18, 0, tzinfo=UTC)),
        ("2026-11-24 08:00", datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),
        ("2026-11-24T08:00+02:00", datetime(2026, 11, 24, 6, 0, tzinfo=UTC)),
        ("+2h", datetime(2026, 11, 22, 21, 0, tzinfo=UTC)),
    ],
)
def test_moments(text: str, starts: datetime | None) -> None:
    assert parse_starts(text, NOW) == starts


@pytest.mark.parametrize(
    "text", ["soon", "25:00", "+two", "12:3x", "2026-13-01", "9999-12-31", "0001-01-01T00:00+14:00"]
)
def test_what_is_no_moment_says_what_is_one(text: str) -> None:
    with pytest.raises(ValueError, match="T is now, 20:30, 2026-11-22 20:30 or"):
        parse_starts(text, NOW)
