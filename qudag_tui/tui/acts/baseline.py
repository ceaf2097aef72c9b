"""Keys about what is measured: capturing what it is compared with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from qudag_tui.core import intent as ask
from qudag_tui.core.compared import to_capture
from qudag_tui.tui.screens.dialog import Choice

if TYPE_CHECKING:
    from qudag_tui.core.metric import Metric
    from qudag_tui.run.folder import RunFolder
    from qudag_tui.tui.app import QudagApp


def baseline(app: QudagApp) -> None:
    """Ask for the window, ask again where something is replaced, then capture."""
    shot, run = app.shot, app.session.run
    if shot is None or run is None:
        return
    metrics = to_capture(shot.plan)
    if not metrics:
        app.say("no condition compares a metric with a captured baseline")
        return
    if shot.state.closed is not None:
        app.say("the run is closed: nothing is captured any more")
        return
    from qudag_tui.tui.screens.baseline import BaselineDialog  # imported when it is shown

    soaks = [item.text for item, _ in shot.state.counting_soaks]

    def answered(seconds: float | None) -> None:
        newest = app.shot
        if not seconds or newest is None:
            return
        kept = [newest.state.baselines[metric.id] for metric in metrics if metric.id in newest.state.baselines]
        if not kept:
            app.ask_in_background(_capture(app, run.folder, metrics, seconds))
            return
        many = max(one.times for one in kept)
        times = "once" if many == 1 else f"{many} times"
        what = "It was" if len(kept) == 1 else f"{len(kept)} of these were"
        app.push_screen(
            Choice(
                "Replace the baseline?", [f"{what} captured {times} before. The record keeps both.", ""], {"y": "yes"}
            ),
            lambda answer: (
                app.ask_in_background(_capture(app, run.folder, metrics, seconds)) if answer == "y" else None
            ),
        )

    app.push_screen(BaselineDialog(run.folder, metrics, soaks), answered)


async def _capture(app: QudagApp, folder: RunFolder, metrics: list[Metric], seconds: float) -> None:
    from qudag_tui.run.capturing import captures  # SQLite is loaded when something is captured

    shot = app.shot
    if shot is None:
        return
    now_ns, since_ns = shot.state.clock.at(shot.now), dict(shot.state.metric_since)
    found = await asyncio.to_thread(captures, folder, metrics, seconds, now_ns, since_ns)
    for captured in found:
        if captured.samples:
            await asyncio.to_thread(app.session.submit, ask.CaptureBaseline(captured), app.actor)
    few = [captured.metric for captured in found if not captured.samples]
    if few:
        app.say(f"nothing was measured of {', '.join(few)}: capture again once there are samples", wrong=True)
