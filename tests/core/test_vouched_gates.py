"""Whatever people and the supervisor do in whatever order, a gate is done only on the final pass of its newest look."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.item import ItemState
from qudag_tui.core.phase import PhaseState
from qudag_tui.core.verdict import Verdict
from tests.core.building import Told, command, decision, gate, manual, plan, section, soak

GATES = ("cpu", "disk", "calm")
VERDICTS = [verdict.value for verdict in Verdict]
DEEDS: list[ask.Intent] = [
    *(ask.Tick(name) for name in ("watch", "watch", *GATES)),
    *(ask.Untick(name) for name in ("watch", *GATES)),
    *(ask.MarkNotApplicable(name, "why") for name in ("watch", *GATES)),
    *(ask.Defer(name, "half", "why") for name in GATES),
    ask.Override("disk", "why"),
    ask.Undo(),
    ask.Decide("canary", "go", "why"),
    ask.Decide("canary", "no-go", "why"),
    ask.Decide("half", "go", "why"),
    ask.Execute("rollback"),
]


def run() -> Told:
    told = Told(
        plan(
            section(
                "canary",
                soak("watch"),
                gate("cpu", under="watch"),
                gate("disk", under="watch"),
                decision("go"),
                traffic="10%",
            ),
            section("half", manual("widen"), decision("go-on"), traffic="50%"),
            section("after", gate("calm")),
            rollback=[command("flags")],
        )
    )
    told.start_supervisor()
    return told


def observe(told: Told, what: str, name: str, verdict: str, number: int) -> None:
    """What a supervisor might claim: of this soak or an earlier one, at this look or another."""
    state = told.state
    soaks = [e.seq for e in told.journal if isinstance(e.fact, ev.SoakStarted)]
    asked = [e.seq for e in told.journal if isinstance(e.fact, ev.LookRequested)]
    request = ([0, *soaks, *asked])[-1 - number % (len(soaks) + len(asked) + 1)] if number > 2 else (soaks or [0])[-1]
    if name == "calm" and number <= 2:
        request = (asked or [0])[-1]
    progress = state.soaks.get("watch")
    look = (progress.looks if progress else 0) + 1 if number < 5 else number
    fact: ev.Fact
    if what == "judged":
        fact = ev.GateJudged(name, request, verdict, "line", look=look)
    elif what == "extended":
        fact = ev.SoakExtended("watch", request, look, 900.0, (name,))
    elif what == "completed":
        fact = ev.SoakCompleted("watch", request, 1800.0)
    else:
        known = state.looks.get(name)
        fact = ev.GateRegressed(name, known.seq if known and number < 5 else number, "line")
    told.record(fact)


def soaked(told: Told, verdict: str) -> None:
    """A whole soak, whose last look at one gate says ``verdict``; what passed is acknowledged."""
    told.ask(ask.Untick("watch"))
    told.ask(ask.Tick("watch"))
    progress = told.state.soaks.get("watch")
    if progress is not None and progress.completed is None:
        look = progress.looks + 1
        told.record(ev.GateJudged("cpu", progress.seq, "pass", "line", look=look))
        told.record(ev.GateJudged("disk", progress.seq, verdict, "line", look=look))
        told.record(ev.SoakCompleted("watch", progress.seq, 1800.0))
        told.ask(ask.Tick("cpu"))
        told.ask(ask.Tick("disk"))


OBSERVED = st.tuples(
    st.sampled_from(["judged", "judged", "extended", "completed", "regressed", "regressed", "soaked", "soaked"]),
    st.sampled_from(GATES),
    st.sampled_from(["pass", *VERDICTS]),
    st.integers(0, 7),
)


@given(st.lists(st.one_of(st.sampled_from(DEEDS), OBSERVED), max_size=40))
@settings(max_examples=600, deadline=None)
def test_a_gate_is_done_only_on_the_final_pass_of_its_newest_look(
    deeds: list[ask.Intent | tuple[str, str, str, int]],
) -> None:
    told = run()
    for deed in deeds:
        if isinstance(deed, tuple) and deed[0] == "soaked":
            soaked(told, deed[2])
        elif isinstance(deed, tuple):
            observe(told, *deed)
        else:
            told.ask(deed)
        state = told.state
        for gate_ in state.plan.gates:
            look, progress = state.looks.get(gate_.id), state.soaks.get("watch")
            if gate_.id != "calm" and progress is not None and look is not None:
                assert look.judged.request == progress.seq, "what an earlier soak said is no look of this one"
            if state.item_state(gate_) is not ItemState.DONE:
                continue
            assert look is not None, gate_.id
            assert look.judged.verdict == "pass", gate_.id
            assert gate_.id == "calm" or progress is None or progress.completed is not None, gate_.id
            is_go = state.phases and state.phase_state(state.plan.sections["canary"]) is PhaseState.GO
            assert state.regression(gate_.id) is None or (is_go and gate_.id != "calm")
    again = told.folded_again()
    assert (again.states(), again.phases()) == (told.states(), told.phases())
