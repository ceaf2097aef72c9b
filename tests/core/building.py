"""A plan in a few words, and a run of it in memory: intents in, facts and refusals out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from qudag_tui.core import event as ev
from qudag_tui.core.checklist import Checklist, Plan, Section
from qudag_tui.core.condition import parse_condition
from qudag_tui.core.decide import decide
from qudag_tui.core.due import Action, due
from qudag_tui.core.instant import NANOSECONDS, Instant
from qudag_tui.core.intent import Execute, Intent, Record
from qudag_tui.core.item import Gate, Item, Kind, Script, Signoff, Soak
from qudag_tui.core.procedure import ROLLBACK, Procedure
from qudag_tui.core.refusal import Refusal
from qudag_tui.core.state import State
from qudag_tui.core.step import Step, Until
from qudag_tui.core.trigger import Trigger

START = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
HOST = "host"


def at(seconds: float, boot: str = "boot-1") -> Instant:
    """The moment ``seconds`` after the run's first event."""
    return Instant(START + timedelta(seconds=seconds), round(seconds * NANOSECONDS), boot)


def manual(name: str, *, claimed: bool = False) -> Item:
    return Item(name, name, Kind.MANUAL, 0, None, "", claimed=claimed)


def gate(name: str, *, under: str | None = None, claimed: bool = False) -> Item:
    spec = Gate(parse_condition("cpu < 80%"), "cpu < 80%")
    return Item(name, name, Kind.GATE, 1 if under else 0, under, "", claimed=claimed, spec=spec)


def soak(name: str, seconds: float = 1800.0) -> Item:
    return Item(name, name, Kind.SOAK, 0, None, "", spec=Soak(seconds))


def decision(name: str) -> Item:
    return Item(name, name, Kind.DECISION, 0, None, "")


def signoff(name: str, role: str) -> Item:
    return Item(name, name, Kind.SIGNOFF, 0, None, "", spec=Signoff(role))


def script(name: str) -> Item:
    return Item(name, name, Kind.SCRIPT, 0, None, "", spec=Script(command(name)))


def section(name: str, *items: Item, traffic: str = "", ordered: bool = False) -> Section:
    placed = tuple(replace(item, section=name) for item in items)
    return Section(name, name.title(), "day", placed, traffic=traffic, ordered=ordered)


CANARY = section(
    "canary", manual("deploy"), soak("watch"), gate("cpu-ok", under="watch"), decision("go?"), traffic="10%"
)
EXPANSION = section("expansion", manual("expand"), decision("go2?"), traffic="50%")


def command(name: str) -> Step:
    return Step(name, name, run=("/bin/true",))


def persons(name: str) -> Step:
    return Step(name, name)


def watch(name: str, within: float = 300.0) -> Step:
    return Step(name, name, until=Until(parse_condition("cpu < 80%"), "cpu < 80%", within))


def branch(name: str, unless: str, *steps: Step) -> Step:
    return Step(name, name, unless=unless, steps=tuple(replace(step, depth=1, parent=name) for step in steps))


def plan(*sections: Section, rollback: Sequence[Step] = (), other: Sequence[Step] = (), triggers: int = 0) -> Plan:
    """A plan with one checklist ``day``; ``other`` are the steps of a second procedure called ``drain``."""
    procedures = {}
    if rollback:
        procedures[ROLLBACK] = Procedure(ROLLBACK, "Rollback", tuple(rollback))
    if other:
        procedures["drain"] = Procedure("drain", "Drain", tuple(other))
    return Plan(
        "A deployment",
        "0" * 64,
        (Checklist("day", "Day", sections),),
        triggers=tuple(Trigger(f"trigger-{n}", f"trigger {n}") for n in range(1, triggers + 1)),
        procedures=procedures,
    )


class Told:
    """One run in memory. Every event takes a second; what is refused changes nothing."""

    def __init__(self, followed: Plan, journal_format: int = ev.FORMAT) -> None:
        self.state = State(followed)
        self.seconds = 0.0
        self.boot = "boot-1"
        self.journal: list[ev.Event] = []
        starts = "2026-11-22T20:00:00Z"
        self.tell(ev.RunCreated(journal_format, "00" * 16, "r1", followed.title, "v2", followed.sha256, starts))

    @property
    def now(self) -> Instant:
        return at(self.seconds, self.boot)

    def tell(self, fact: ev.Fact, by: str = "supervisor") -> int:
        """Put a fact into the journal, whatever ``decide`` thinks of it; its seq."""
        event = ev.Event(self.state.head_seq + 1, self.now, ev.Actor(by), fact)
        self.journal.append(event)
        self.state.apply(event)
        self.seconds += 1
        return event.seq

    def ask(self, intent: Intent, by: str = "ana") -> ev.Fact | Refusal:
        """What ``decide`` says, recorded if it is a fact."""
        answer = decide(self.state, intent, ev.Actor(by), self.now)
        if not isinstance(answer, Refusal):
            self.tell(answer, by)
        return answer

    def record(self, fact: ev.Fact) -> ev.Fact | Refusal:
        """What becomes of an observation of the supervisor."""
        return self.ask(Record(fact), "supervisor")

    def must(self, *intents: Intent, by: str = "ana") -> None:
        """Ask for what has to be granted."""
        for intent in intents:
            answer = self.ask(intent, by)
            assert not isinstance(answer, Refusal), answer

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds

    def due(self) -> list[Action]:
        """What the supervisor has to do now."""
        return due(self.state, self.now)

    def start_supervisor(self, *, unprotected: str = "") -> int:
        return self.tell(ev.SupervisorStarted(100, 1, 1000, "0", unprotected=unprotected))

    def claim(self, target: str, *, stop_first: bool = False) -> int:
        """Ask for an execution and have it claimed; the request's seq."""
        self.must(Execute(target, stop_first=stop_first))
        request = self.state.head_seq
        assert self.record(ev.RequestClaimed(request)) == ev.RequestClaimed(request)
        return request

    def run_step(self, step: str, request: int, outcome: str, attempt: int = 1) -> None:
        """One attempt of a step, from its start to its end."""
        assert not isinstance(self.record(ev.StepStarted(step, request, attempt, 10, 1, 9, 1)), Refusal)
        assert not isinstance(self.record(ev.StepEnded(step, request, attempt, outcome)), Refusal)

    def states(self) -> dict[str, str]:
        """Every box with where it stands."""
        return {box.id: str(self.state.box_state(box)) for box in self.state.plan.boxes.values()}

    def phases(self) -> dict[str, str]:
        """Every phase with where it stands."""
        return {phase.id: str(self.state.phase_state(phase)) for phase in self.state.plan.phases}

    def folded_again(self) -> Told:
        """The same journal, folded from the start."""
        again = Told.__new__(Told)
        again.state, again.seconds, again.boot, again.journal = State(self.state.plan), self.seconds, self.boot, []
        for event in self.journal:
            again.state.apply(event)
        return again
