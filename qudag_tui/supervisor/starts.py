"""From when on samples are evidence in a run whose plan was changed: what is kept from before was of something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core.definition import sources_of
from qudag_tui.core.part import series_ids
from qudag_tui.supervisor.process_start import started_id

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.state import State


def starts(plan: Plan, state: State) -> dict[str, int]:
    """When (run clock) each series begins to count, by its id; those that always did are not in it."""
    found: dict[str, int] = {}
    for metric in plan.metrics.values():
        since = state.metric_since.get(metric.id)
        if since is not None:
            found |= dict.fromkeys(series_ids(metric), since)
        for source in sources_of(metric):
            if source in state.source_since:
                found[started_id(source)] = state.source_since[source]
    return found
