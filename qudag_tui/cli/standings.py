"""What the supervisor last said of gates, triggers and metrics; nothing where there is no supervisor or no sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.observed import observers_of
from qudag_tui.core.part import Part, part
from qudag_tui.core.slots import Window
from qudag_tui.run import clock
from qudag_tui.run.standings import Standings, read_observed, read_standings

if TYPE_CHECKING:
    from qudag_tui.cli.session import Session


def standings_of(session: Session) -> Standings:
    """The standings of the run of ``session``, read once."""
    from qudag_tui.run.samples import SampleReader  # SQLite is loaded only for verbs that need it
    from qudag_tui.run.sampling import sampling_trouble
    from qudag_tui.run.supervision import supervisor_alive

    state, plan = session.state, session.plan
    supervised = None if session.opened.is_unknown else supervisor_alive(session.opened)
    reader = SampleReader(session.opened)
    try:
        now = clock.now()
        now_ns = state.clock.at(now)
        beside = {
            metric.id: newest[0][1]
            for metric in plan.metrics.values()
            if metric.concurrent is not None and (newest := reader.latest(part(metric.id, Part.BASELINE)))
        }
        observed = {
            item.id: read_observed(reader, observers_of(plan, item), Window(soak.started_run_ns, now_ns), now_ns)
            for item, soak in state.counting_soaks
        }
        trouble = sampling_trouble(reader, session.opened, state, now) if supervised else ""
        return read_standings(reader, beside=beside, observed_seconds=observed, supervised=supervised, trouble=trouble)
    finally:
        reader.close()
