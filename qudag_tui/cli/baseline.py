"""``baseline``: what metrics are compared with in a run, and capturing it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.moment import stamp
from qudag_tui.cli.parser import add_actor_options
from qudag_tui.cli.recorded import event_json
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, put_json, say

if TYPE_CHECKING:
    from qudag_tui.core.baseline import Captured
    from qudag_tui.core.metric import Metric


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("action", choices=("list", "capture"), nargs="?", default="list", help="list, unless said")
    parser.add_argument("metric", metavar="METRIC", nargs="?", help="capture only this metric")
    parser.add_argument("--window", metavar="TIME", default="10m", help="how far back is captured (10m, unless said)")
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """List them, or capture: 0 if everything was captured, 7 if something has too few samples to compare with."""
    session = Session(arguments)
    return _capture(session, arguments) if arguments.action == "capture" else _list(session, arguments)


def _list(session: Session, arguments: argparse.Namespace) -> ExitCode:
    kept = session.state.baselines
    if arguments.json:
        put_json(
            [
                {
                    "metric": name,
                    "by": each.by,
                    "at": stamp(each.at.wall),
                    "samples": each.captured.samples,
                    "slots": each.captured.slots,
                    "times": each.times,
                }
                for name, each in kept.items()
            ]
        )
        return ExitCode.DONE
    for metric in session.plan.metrics.values():
        found = kept.get(metric.id)
        if found is not None:
            again = f", captured {found.times} times" if found.times > 1 else ""
            samples = f"{found.captured.samples} of {found.captured.slots} samples"
            put(f"{metric.id}\tcaptured{again}\t{samples}\t{found.by}\t{stamp(found.at.wall)}")
        elif metric.baseline is not None:
            from qudag_tui.core.unit import show  # noqa: PLC0415  # beside its only use

            put(f"{metric.id}\ta fixed number\t{show(metric.baseline, metric.unit)}")
        elif metric.concurrent is not None:
            put(f"{metric.id}\tconcurrent\t{metric.concurrent.source}:{metric.concurrent.name}")
        elif metric.id in _compared(session):
            put(f"{metric.id}\tnot captured")
    return ExitCode.DONE


def _compared(session: Session) -> set[str]:
    """The metrics that a condition compares with a baseline."""
    from qudag_tui.core.condition import AgainstBaseline, terms  # noqa: PLC0415
    from qudag_tui.core.item import Gate  # noqa: PLC0415

    conditions = [item.spec.condition for item in session.plan.items.values() if isinstance(item.spec, Gate)]
    conditions += [trigger.condition for trigger in session.plan.triggers if trigger.condition is not None]
    return {term.metric for each in conditions for term in terms(each) if isinstance(term, AgainstBaseline)}


def _capture(session: Session, arguments: argparse.Namespace) -> ExitCode:
    from qudag_tui.core.baseline import LEAST_SAMPLES  # noqa: PLC0415
    from qudag_tui.core.duration import parse_duration  # noqa: PLC0415
    from qudag_tui.core.intent import CaptureBaseline  # noqa: PLC0415
    from qudag_tui.plan.lookup import find_id  # noqa: PLC0415

    try:
        seconds = parse_duration(arguments.window)
    except ValueError as error:
        raise Stop(ExitCode.USAGE, f"--window: {error}") from error
    metrics = session.plan.metrics
    if arguments.metric is not None:
        wanted = [find_id(arguments.metric, list(metrics), "metric")]
    else:
        compared = _compared(session)
        wanted = [m.id for m in metrics.values() if m.id in compared and m.baseline is None and m.concurrent is None]
        if not wanted:
            raise Stop(ExitCode.NOT_FOUND, "no condition compares a metric with a captured baseline; name a METRIC")
    events, few = [], False
    for name in wanted:
        captured = _captured(session, metrics[name], seconds)
        events.append(session.ask(CaptureBaseline(captured)))
        say(f"{name}: {captured.samples} of {captured.slots} samples")
        if captured.samples < LEAST_SAMPLES:
            few = True
            say(f"{name}: a verdict needs {LEAST_SAMPLES} samples, and is unknown with these: capture it again later")
    if arguments.json:
        put_json([event_json(event) for event in events])
    return ExitCode.UNKNOWN if few else ExitCode.DONE


def _captured(session: Session, metric: Metric, seconds: float) -> Captured:
    from contextlib import closing  # noqa: PLC0415

    from qudag_tui.core.baseline import capture  # noqa: PLC0415
    from qudag_tui.core.counts import countable  # noqa: PLC0415
    from qudag_tui.core.instant import NANOSECONDS  # noqa: PLC0415
    from qudag_tui.core.metric import MetricKind  # noqa: PLC0415
    from qudag_tui.core.part import Part, part, series_ids  # noqa: PLC0415
    from qudag_tui.core.slots import Window, period_ns  # noqa: PLC0415
    from qudag_tui.run import clock  # noqa: PLC0415
    from qudag_tui.run.samples import SampleReader  # noqa: PLC0415

    now_ns, every = session.state.clock.at(clock.now()), period_ns(metric.every_seconds)
    with closing(SampleReader(session.opened)) as reader:
        own = part(metric.id, Part.EVENTS) if metric.kind is MetricKind.RATIO else metric.id
        newest = reader.latest(own)
        # The slot that is being asked now is not missing yet; a longer silence is.
        end = newest[0][0] if newest and now_ns - newest[0][0] < 2 * every else now_ns
        # Before that it was measured in another way.
        since = session.state.metric_since.get(metric.id, 0)
        window = Window(max(since, end - round(seconds * NANOSECONDS)), max(since, end))
        series = {name: reader.window(name, window.start_ns, window.end_ns) for name in series_ids(metric)}
    if metric.kind is MetricKind.RATIO:
        counted = countable(metric, series, window)
        if counted is not None and counted.start_ns - window.start_ns <= every:
            window = counted
    return capture(metric, series, window)
