"""A robot at the keyboard: presses keys, reads the screen, and waits for what it expects to see."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual._compositor import LayoutUpdate
from textual.pilot import Pilot
from textual.screen import Screen

from qudag_tui.core.event import Actor, Fact
from qudag_tui.tui.app import QudagApp
from qudag_tui.tui.screens.checklists import Checklists
from qudag_tui.tui.screens.typed_start import TypedStart
from tests.tui.deployment import ANA, Deployment

PATIENCE_SECONDS = 15.0
SMALL, WIDE = (80, 24), (120, 36)


class Robot:
    """One operator at one screen."""

    def __init__(self, app: QudagApp, pilot: Pilot[int], deployment: Deployment) -> None:
        self.app, self.pilot, self.deployment = app, pilot, deployment

    def lines(self) -> list[str]:
        """What stands on the screen."""
        screen: Screen[object] = self.app.screen
        update = screen._compositor.render_update(full=True, screen_stack=self.app._background_screens)
        assert isinstance(update, LayoutUpdate)
        return ["".join(segment.text for strip in line for segment in strip).rstrip() for line in update.strips]

    def text(self) -> str:
        return "\n".join(self.lines())

    def line(self, part: str) -> str:
        """The line that holds ``part``."""
        return next((line for line in self.lines() if part in line), "")

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait for something to be so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"{what or 'it'} never came; the screen was:\n{self.text()}"
            await self.pilot.pause(0.01)

    async def sees(self, *parts: str) -> None:
        """Wait for texts to stand on the screen."""
        for part in parts:
            await self.until(lambda part=part: part in self.text(), repr(part))  # type: ignore[misc]  # bound at once

    @property
    def code(self) -> str:
        """What has to be typed in the dialog that is open."""
        screen = self.app.screen
        assert isinstance(screen, TypedStart)
        return screen.code

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def types(self, text: str) -> None:
        """Type into the field that has the focus."""
        names = {" ": "space", "-": "minus", ".": "full_stop", "%": "percent_sign", ",": "comma"}
        await self.pilot.press(*(names.get(character, character) for character in text))

    async def go_to(self, key: str) -> None:
        """Put the cursor on a row of the tree."""
        tree = self.checklists.tree_view
        tree.go_to(key)
        await self.until(lambda: tree.row is not None and tree.row.key == key, key)

    @property
    def checklists(self) -> Checklists:
        view = self.app.view
        assert isinstance(view, Checklists)
        return view

    def facts(self, kind: type[Fact]) -> list[Fact]:
        """What of one kind is in the journal on disk."""
        self.deployment.run.catch_up()
        return [event.fact for event in self.deployment.run.events if isinstance(event.fact, kind)]

    async def records(self, fact: Fact) -> None:
        """Wait for the journal's newest fact of that kind to be this one."""
        await self.until(lambda: self.facts(type(fact))[-1:] == [fact], repr(fact))


@asynccontextmanager
async def at_the_screen(
    deployment: Deployment,
    size: tuple[int, int] = SMALL,
    *,
    actor: Actor = ANA,
    ascii: bool = False,  # noqa: A002  # the option's name
    quiet_seconds: float = 0.0,
    recap: bool = False,
    supervised: bool = True,
) -> AsyncIterator[Robot]:
    """The program on ``deployment``, its tree drawn; a recap is closed unless it is asked for."""
    app = QudagApp(deployment.folder, actor, ascii=ascii, quiet_seconds=quiet_seconds)
    async with app.run_test(size=size, notifications=True) as pilot:
        robot = Robot(app, pilot, deployment)
        await robot.until(lambda: app.shot is not None, "the run")
        if supervised:
            await robot.until(lambda: app.shot is not None and app.shot.standings.supervised, "a supervisor")
        if not recap and len(app.screen_stack) > 1:
            await robot.press("escape")
        yield robot
