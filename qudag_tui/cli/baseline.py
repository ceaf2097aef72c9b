"""``baseline``: what metrics are compared with in a run, and capturing it."""

from __future__ import annotations

import argparse

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.moment import stamp
from qudag_tui.cli.parser import add_actor_options
from qudag_tui.cli.recorded import event_json
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import put, put_json, say
from qudag_tui.core.duration import parse_duration


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
    from qudag_tui.core.compared import compared

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
    wanted = compared(session.plan)
    for metric in session.plan.metrics.values():
        found = kept.get(metric.id)
        if found is not None:
            again = f", captured {found.times} times" if found.times > 1 else ""
            samples = f"{found.captured.samples} of {found.captured.slots} samples"
            put(f"{metric.id}\tcaptured{again}\t{samples}\t{found.by}\t{stamp(found.at.wall)}")
        elif metric.baseline is not None:
            from qudag_tui.core.unit import show

            put(f"{metric.id}\ta fixed number\t{show(metric.baseline, metric.unit)}")
        elif metric.concurrent is not None:
            put(f"{metric.id}\tconcurrent\t{metric.concurrent.source}:{metric.concurrent.name}")
        elif metric.id in wanted:
            put(f"{metric.id}\tnot captured")
    return ExitCode.DONE


def _capture(session: Session, arguments: argparse.Namespace) -> ExitCode:
    from qudag_tui.core.against import lacking  # listing needs none of it
    from qudag_tui.core.compared import to_capture
    from qudag_tui.core.intent import CaptureBaseline
    from qudag_tui.plan.lookup import find_id
    from qudag_tui.run import clock
    from qudag_tui.run.capturing import captures

    try:
        seconds = parse_duration(arguments.window)
    except ValueError as error:
        raise Stop(ExitCode.USAGE, f"--window: {error}") from error
    metrics = session.plan.metrics
    if arguments.metric is not None:
        wanted = [find_id(arguments.metric, list(metrics), "metric")]
    else:
        wanted = [metric.id for metric in to_capture(session.plan)]
        if not wanted:
            raise Stop(ExitCode.NOT_FOUND, "no condition compares a metric with a captured baseline; name a METRIC")
    events, few = [], False
    for soak, _ in session.state.counting_soaks:
        say(f"“{soak.text}” is counting: its gates cannot be compared with a baseline captured now")
    now_ns, chosen = session.state.clock.at(clock.now()), [metrics[name] for name in wanted]
    for captured in captures(session.opened, chosen, seconds, now_ns, session.state.metric_since):
        name, before = captured.metric, session.state.baselines.get(captured.metric)
        events.append(session.ask(CaptureBaseline(captured)))
        if before is not None:
            say(f"{name}: replaces what {before.by} captured {stamp(before.at.wall)}")
        say(f"{name}: {captured.samples} of {captured.slots} samples")
        if why := lacking(captured):
            few = True
            say(f"{name}: {why}; until then verdicts by it are unknown")
    if arguments.json:
        put_json([event_json(event) for event in events])
    return ExitCode.UNKNOWN if few else ExitCode.DONE
