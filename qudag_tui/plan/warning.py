"""What is legal in a checklist file, and unwise: for ``check``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from qudag_tui.core.against import is_multiple_of_nothing
from qudag_tui.core.checklist import Plan, Section
from qudag_tui.core.condition import (
    AgainstBaseline,
    AllOf,
    AnyOf,
    Condition,
    Relation,
    Term,
    Threshold,
    Trend,
    terms,
)
from qudag_tui.core.duration import clock
from qudag_tui.core.item import Gate, Kind, Script, Signoff, Soak
from qudag_tui.core.judge_baseline import LEAST_BINS, LEAST_BINS_ALONE
from qudag_tui.core.judge_threshold import LEAST_SLOTS
from qudag_tui.core.judge_trend import LEAST_BINS as LEAST_TREND
from qudag_tui.core.metric import MetricKind, SourceKind
from qudag_tui.core.procedure import ROLLBACK
from qudag_tui.core.spelling import spelled_limit
from qudag_tui.core.step import Step
from qudag_tui.core.trigger import Then, Trigger
from qudag_tui.core.unit import show
from qudag_tui.plan.error import PlanWarning
from qudag_tui.plan.file import parse_with_places, place
from qudag_tui.plan.problem import Path, Problem, quoted

DEFAULT_WINDOW_SECONDS = 600.0
LEAST_COUNTDOWN_SECONDS = 10.0
SSH_AGENT = "SSH_AUTH_SOCK"
# The keys of a metric that name a series, and how a query says a number where there is no series.
_QUERIES = {"gauge", "rate", "errors", "total", "hits", "misses", "concurrent"}
_ZERO = re.compile(r"\bor\s+(?:on\s*\(\s*\)\s*)?vector\s*\(")
# The same of a page: JMESPath leaves out of a list what lacks the key, and of nothing the sum and the length are 0.
_PAGE_ZERO = re.compile(r"\b(?:sum|length)\s*\([^)]*\[|\|\|\s*`")
# A division that is not inside a selector.
_QUOTIENT = re.compile(r"/(?![^{]*\})")


def warnings(plan: Plan, data: bytes, name: str, unapproved: Mapping[str, str] | None = None) -> list[PlanWarning]:
    """What ``check`` warns of in the ``plan`` that ``data`` gave, with places, in the file's order.

    ``unapproved`` says of procedures why nobody here could approve them.
    """
    _, paths, spelled = parse_with_places(data, name, plan.vars)
    found = list(_Unwise(plan, paths, spelled.values or {}).all())
    found += [Problem(why, ("procedures", procedure, "approvals")) for procedure, why in (unapproved or {}).items()]
    return sorted(PlanWarning(name, *spot, message) for spot, message in place(found, spelled, name))


class _Unwise:
    def __init__(self, plan: Plan, paths: dict[str, Path], values: dict[str, Any]) -> None:
        self.plan = plan
        self.paths = paths
        self.metric_tables: dict[str, dict[str, Any]] = values.get("metrics", {})
        self.conditions = list(self._conditions())

    def all(self) -> Iterator[Problem]:
        for phase in self.plan.phases:
            yield from self._phase(phase)
        yield from self._dead_bands()
        for path, condition, role in self.conditions:
            yield from self._condition(path, condition)
            yield from self._multiples(path, condition, role)
        yield from self._unused()
        yield from self._zeros()
        yield from self._fractions()
        yield from self._credentials()
        yield from self._notifies()
        yield from self._roles()
        yield from self._ignored_windows()
        yield from self._short_soaks()
        for step_id, step in self._steps():
            if step.target_seconds and step.timeout_seconds and step.target_seconds > step.timeout_seconds:
                message = f"{quoted(step.text)} is killed at its timeout, before its target is reached"
                yield Problem(message, (*self.paths[step_id], "target"))
            if SSH_AGENT in step.secrets:
                message = f"{SSH_AGENT}: an agent that ssh forwards dies with the link, and this step is to outlive it"
                yield Problem(message, (*self.paths[step_id], "secrets"))

    def _conditions(self) -> Iterator[tuple[Path, Condition, str]]:
        for item in self.plan.items.values():
            if isinstance(item.spec, Gate):
                yield (*self.paths[item.id], "gate"), item.spec.condition, "gate"
        for trigger in self.plan.triggers:
            if trigger.condition is not None:
                yield (*self.paths[trigger.id], "when"), trigger.condition, "trigger"
        for step_id, step in self._steps():
            if step.until is not None:
                yield (*self.paths[step_id], "until"), step.until.condition, "until"

    def _steps(self) -> Iterator[tuple[str, Step]]:
        yield from self.plan.steps.items()
        for item in self.plan.items.values():
            if isinstance(item.spec, Script):
                yield item.id, item.spec.step

    def _phase(self, phase: Section) -> Iterator[Problem]:
        if phase.first(Kind.DECISION) is None:
            message = f"the phase {quoted(phase.title)} has no decision: it becomes go when all its boxes are settled"
            yield Problem(message, self.paths[phase.id])

    def _dead_bands(self) -> Iterator[Problem]:
        gates = [term for _, condition, role in self.conditions if role == "gate" for term in terms(condition)]
        for path, condition, role in self.conditions:
            for term in terms(condition) if role == "trigger" else ():
                bands = [band for gate in gates if (band := _band(gate, term))]
                if bands:
                    message = f"{max(bands)[1]} lets neither a gate pass nor this trigger fire"
                    yield Problem(message, path)

    def _condition(self, path: Path, condition: Condition) -> Iterator[Problem]:
        for term in terms(condition):
            if isinstance(term, Trend) and term.budget_percent is None:
                word = "growing" if term.growing else "stable"
                message = f"{quoted(word)} has no number: say {term.metric} {word} within 5%, or another budget"
                yield Problem(message, path)
            if isinstance(term, AgainstBaseline) and not {"baseline", "concurrent"} & set(
                self.metric_tables[term.metric]
            ):
                message = (
                    f"nothing sets the baseline of {term.metric}: give the metric a number, "
                    'baseline = "captured", or concurrent'
                )
                yield Problem(message, path)

    def _multiples(self, path: Path, condition: Condition, role: str) -> Iterator[Problem]:
        """Multiples of a baseline that is known to be none: what they ask for is never known."""
        for term in terms(condition):
            if not isinstance(term, AgainstBaseline) or term.relation is Relation.PLUS:
                continue
            metric = self.plan.metrics[term.metric]
            known = metric.baseline is not None and metric.concurrent is None
            level = metric.baseline if known and metric.baseline is not None else 1.0
            # A gate compares logarithms, also with the baseline itself; counts have none to take.
            in_logs = role == "gate" and metric.kind is not MetricKind.RATIO and level <= 0
            if in_logs or is_multiple_of_nothing(term, metric, level, level):
                given = f"the baseline of {term.metric} is {show(level, metric.unit)}" if known else "it is not above 0"
                message = f"{quoted(spelled_limit(term))} is never known, as {given}: compare with a number"
                yield Problem(message, path)

    def _unused(self) -> Iterator[Problem]:
        used = {name for section in self.plan.sections.values() for name in section.metrics}
        used |= {term.metric for _, condition, _ in self.conditions for term in terms(condition)}
        for metric in self.plan.metrics:
            if metric not in used:
                message = f"nothing uses the metric {metric}: no section shows it, and no condition names it"
                yield Problem(message, ("metrics", metric), at_key=True)

    def _queries(self) -> Iterator[tuple[Path, str, SourceKind | None, bool]]:
        """Every series with its place, its source's kind, and whether its number is taken as it is for percent."""
        for metric, table in self.metric_tables.items():
            for key, text in table.items():
                if isinstance(text, str) and key in _QUERIES:
                    source = self.plan.sources.get(text.partition(":")[0])
                    is_percent = table.get("unit") == "%" and key in {"gauge", "concurrent"}
                    yield ("metrics", metric, key), text, source.kind if source else None, is_percent

    def _zeros(self) -> Iterator[Problem]:
        for path, text, kind, _ in self._queries():
            if (_PAGE_ZERO if kind is SourceKind.HTTP else _ZERO).search(text):
                message = "it says a number also where nothing is measured: a target that is gone looks like a good one"
                yield Problem(message, path)

    def _fractions(self) -> Iterator[Problem]:
        for path, text, kind, is_percent in self._queries():
            if is_percent and kind is SourceKind.PROMQL and _QUOTIENT.search(text) and "100" not in text:
                message = (
                    "a quotient is a fraction, and the metric is in %: multiply it by 100, or 2 % are read as 0.02 %"
                )
                yield Problem(message, path)

    def _credentials(self) -> Iterator[Problem]:
        for source in self.plan.sources.values():
            address = source.target.get("address", "")
            if isinstance(address, str) and "@" in address.partition("://")[2].partition("/")[0]:
                message = (
                    "the address has credentials in it, and is stored with the run; define them in your configuration"
                )
                yield Problem(message, ("sources", source.id, source.kind.value))

    def _notifies(self) -> Iterator[Problem]:
        rollback = ROLLBACK in self.plan.procedures
        watching = [trigger for trigger in self.plan.triggers if trigger.condition is not None]
        if rollback and not watching:
            yield Problem(
                "no trigger watches anything: nobody is told when a rollback is due", ("procedures", ROLLBACK)
            )
        for trigger in self.plan.triggers:
            if trigger.then is Then.START:
                yield from self._starts(trigger)
        if watching and not rollback:
            message = "there is no [procedures.rollback] for this trigger to offer"
            yield Problem(message, self.paths[watching[0].id])

    def _roles(self) -> Iterator[Problem]:
        listed = {item.spec.role.casefold() for item in self.plan.items.values() if isinstance(item.spec, Signoff)}
        for procedure in self.plan.procedures.values():
            for number, role in enumerate(procedure.started_by):
                if role.casefold() not in listed:
                    message = f"{quoted(role)} may start this and is nowhere listed: no sign-off has that role"
                    yield Problem(message, ("procedures", procedure.id, "started_by", number))

    def _starts(self, trigger: Trigger) -> Iterator[Problem]:
        procedure = self.plan.procedures.get(ROLLBACK)
        if procedure is not None and procedure.approvals > 1:
            message = (
                f"it never starts anything: the rollback needs {procedure.approvals} people (approvals), "
                "so that no run can be armed, and this trigger only offers it"
            )
            yield Problem(message, (*self.paths[trigger.id], "then"))
            return
        first = next((step for step in procedure.walk() if not step.steps), None) if procedure else None
        if first is not None and first.is_persons:
            message = f"the rollback that this trigger starts waits at once for a person: {quoted(first.text)} is first"
            yield Problem(message, (*self.paths[trigger.id], "then"))
        if trigger.countdown_seconds < LEAST_COUNTDOWN_SECONDS:
            message = f"nobody stops a rollback within {trigger.countdown_seconds:g} s of hearing of it"
            yield Problem(message, (*self.paths[trigger.id], "countdown"))

    def _ignored_windows(self) -> Iterator[Problem]:
        for section in self.plan.sections.values():
            soaks = [item for item in section.items if item.kind is Kind.SOAK]
            for gate in (below for soak in soaks for below in section.below(soak.id)):
                if isinstance(gate.spec, Gate) and gate.spec.window_seconds != DEFAULT_WINDOW_SECONDS:
                    message = "window has no effect here: a gate inside a soak looks over the soak"
                    yield Problem(message, (*self.paths[gate.id], "window"))

    def _short_soaks(self) -> Iterator[Problem]:
        """Gates that cannot have the samples they need at the end of what they look over."""
        soaks = dict(self._soaks())
        for gate in self.plan.gates:
            if not isinstance(gate.spec, Gate):
                continue
            soak, needed = soaks.get(gate.id), self._least_seconds(gate.spec.condition)
            if soak is None and gate.spec.window_seconds < needed:
                message = f"its window is {clock(gate.spec.window_seconds)}, and its samples take {clock(needed)}: it can never pass"
                yield Problem(message, (*self.paths[gate.id], "gate"))
            if soak is not None and soak < needed:
                longest = soak * (1 + max(0, gate.spec.extend) / 2)
                end = "it can pass only if the soak is extended" if longest >= needed else "it can never pass"
                message = f"the soak is over before this gate has its samples, which take {clock(needed)}: {end}"
                yield Problem(message, (*self.paths[gate.id], "gate"))

    def _soaks(self) -> Iterator[tuple[str, float]]:
        for gate in self.plan.gates:
            soak = self.plan.soak_of(gate)
            if soak is not None and isinstance(soak.spec, Soak):
                yield gate.id, soak.spec.seconds

    def _least_seconds(self, condition: Condition) -> float:
        """How long it takes until there can be samples enough for a pass; of counts it is the requests that count."""
        if isinstance(condition, AllOf | AnyOf):
            pick = max if isinstance(condition, AllOf) else min
            return pick(self._least_seconds(term) for term in condition.terms)
        metric = self.plan.metrics[condition.metric]
        if metric.kind is MetricKind.RATIO:
            return 0.0
        least = LEAST_SLOTS
        if isinstance(condition, Trend):
            least = LEAST_TREND
        elif isinstance(condition, AgainstBaseline):
            alone = metric.concurrent is not None or metric.baseline is not None
            least = LEAST_BINS_ALONE if alone else LEAST_BINS
        return least * metric.every_seconds


def _band(gate: Term, trigger: Term) -> tuple[float, str] | None:
    """How wide the values are that neither let the gate pass nor fire the trigger, and which they are."""
    if isinstance(gate, Trend) or isinstance(trigger, Trend) or gate.metric != trigger.metric:
        return None
    low, high = _limit(gate), _limit(trigger)
    if low[0] != high[0] or gate.comparison.wants_low == trigger.comparison.wants_low:
        return None
    if not gate.comparison.wants_low:
        low, high = high, low
    return (high[1] - low[1], f"{gate.metric} between {low[2]} and {high[2]}") if low[1] < high[1] else None


def _limit(term: Threshold | AgainstBaseline) -> tuple[str, float, str]:
    """What the limit is relative to, how much it is, and how it is written."""
    if isinstance(term, Threshold):
        return "", term.limit, spelled_limit(term)
    return term.relation, term.amount, spelled_limit(term)
