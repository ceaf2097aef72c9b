from __future__ import annotations

import pytest

from tests.plan.checklist_text import CPU, ONE_CHECKLIST, TOP, items, warnings_of

PHASE = '[[checklists]]\ntitle = "D"\n[[checklists.sections]]\ntitle = "S"\ntraffic = "10%"\nmetrics = ["cpu"]\n'
ROLLBACK = '[procedures.rollback]\nsteps = [{ text = "x" }]\n'
HOT = '[[triggers]]\ntext = "hot"\nwhen = "cpu > 95%"\n'


def test_a_wise_file_has_no_warning() -> None:
    gate = 'items = [{ text = "cool", gate = "cpu <= 95%" }, { text = "Go?", decision = true }]\n'

    assert warnings_of(TOP + PHASE + gate + CPU + HOT + ROLLBACK) == []


def test_a_phase_without_a_decision() -> None:
    assert warnings_of(TOP + PHASE + CPU) == [
        '4:1: the phase "S" has no decision: it becomes go when all its boxes are settled'
    ]


@pytest.mark.parametrize(
    ("gates", "when", "band"),
    [
        (["cpu < 80%"], "cpu > 95%", "cpu between 80% and 95%"),
        (["cpu < 90%", "cpu < 70%"], "cpu > 95%", "cpu between 70% and 95%"),
        (["cpu > 50%"], "cpu < 20%", "cpu between 20% and 50%"),
        (["cpu < baseline + 10%"], "cpu > baseline + 50%", "cpu between baseline + 10% and baseline + 50%"),
        (["cpu < 2x baseline"], "cpu > 3x baseline", "cpu between 2x baseline and 3x baseline"),
        (["cpu < baseline - 5%"], "cpu > baseline", "cpu between baseline - 5% and baseline"),
        (["cpu < 95%"], "cpu > 95%", None),
        (["cpu < 96%"], "cpu > 95%", None),
        (["cpu < 80%"], "cpu > baseline + 50%", None),
        (["cpu stable within 5%"], "cpu > 95%", None),
        (["load < 1"], "cpu > 95%", None),
    ],
)
def test_values_at_which_neither_gate_nor_trigger_speaks(gates: list[str], when: str, band: str | None) -> None:
    lines = ", ".join(f'{{ text = "gate {n}", gate = "{gate}" }}' for n, gate in enumerate(gates))
    metrics = CPU + 'baseline = "captured"\n[metrics.load]\ngauge = "host:load1"\n'
    text = (
        items(lines, '{ text = "used", gate = "load < 3" }')
        + metrics
        + f'[[triggers]]\ntext = "t"\nwhen = "{when}"\n'
        + ROLLBACK
    )

    expected = [] if band is None else [f"16:8: {band} lets neither a gate pass nor this trigger fire"]
    assert warnings_of(text) == expected


def test_a_role_that_may_start_a_procedure_and_is_nowhere_listed() -> None:
    signed = items('{ text = "QA signs", signoff = "QA Lead" }')
    steps = 'steps = [{ text = "x" }]\n'
    rollback = f'[procedures.rollback]\nstarted_by = ["qa lead", "Team Lead"]\n{steps}'
    found = warnings_of(signed + CPU + HOT + rollback)

    assert [warning for warning in found if "may start" in warning] == [
        '14:26: "Team Lead" may start this and is nowhere listed: no sign-off has that role'
    ]


def test_stable_and_growing_without_a_budget() -> None:
    text = items('{ text = "a", gate = "cpu stable" }', '{ text = "b", gate = "cpu growing or cpu growing within 3%" }')

    assert warnings_of(text + CPU) == [
        '6:22: "stable" has no number: say cpu stable within 5%, or another budget',
        '7:22: "growing" has no number: say cpu growing within 5%, or another budget',
    ]


@pytest.mark.parametrize("line", ["", 'baseline = "captured"\n', "baseline = 3\n", 'concurrent = "host:load1"\n'])
def test_a_baseline_that_nothing_sets(line: str) -> None:
    text = items('{ text = "a", gate = "cpu < baseline + 10%" }') + CPU + line

    assert warnings_of(text) == (
        []
        if line
        else ['6:22: nothing sets the baseline of cpu: give the metric a number, baseline = "captured", or concurrent']
    )


@pytest.mark.parametrize(
    ("gate", "line", "warning"),
    [
        ("cpu < 2x baseline", "baseline = 0\n", "2x baseline"),
        ("cpu > baseline + 10%", "baseline = 0\n", "baseline + 10%"),
        ("cpu < baseline", "baseline = 0\n", "baseline"),
        ("cpu < 2x baseline", "baseline = 1\n", ""),
        ("cpu < 2x baseline", 'baseline = "captured"\n', ""),
        ("cpu > baseline - 100%", 'baseline = "captured"\n', "baseline - 100%"),
    ],
)
def test_multiples_of_a_baseline_of_nothing(gate: str, line: str, warning: str) -> None:
    text = items(f'{{ text = "a", gate = "{gate}" }}') + CPU + line

    said = "the baseline of cpu is 0%" if "0" in line else "it is not above 0"
    expected = [f'6:22: "{warning}" is never known, as {said}: compare with a number'] if warning else []
    assert warnings_of(text) == expected


def test_a_metric_that_nothing_uses() -> None:
    assert warnings_of(TOP + ONE_CHECKLIST + CPU) == [
        "5:10: nothing uses the metric cpu: no section shows it, and no condition names it"
    ]


@pytest.mark.parametrize(
    ("key", "others"),
    [
        ("gauge", ()),
        ("concurrent", ("gauge",)),
        ("rate", ()),
        ("errors", ("total",)),
        ("total", ("errors",)),
        ("hits", ("misses",)),
        ("misses", ("hits",)),
    ],
)
def test_every_query_of_a_metric_is_looked_at_for_zeros(key: str, others: tuple[str, ...]) -> None:
    series = "\n".join([f'{key} = "p:q or vector(0)"', *(f'{other} = "p:q"' for other in others)])
    text = TOP + ONE_CHECKLIST + f'[sources.p]\npromql = "http://h"\n[metrics.m]\n{series}\n'

    assert sum("it says a number also where nothing is measured" in found for found in warnings_of(text)) == 1


@pytest.mark.parametrize(
    ("query", "warned"),
    [
        ("sum(rate(errors[1m])) or vector(0)", True),
        ("sum(rate(errors[1m])) or on() vector(0)", True),
        ("vector(1)", False),
        ("sum(errors) or sum(vectors)", False),
    ],
)
def test_a_query_that_says_zero_where_nothing_is_measured(query: str, *, warned: bool) -> None:
    text = (
        items('{ text = "a", gate = "errors < 1" }')
        + f'[sources.p]\npromql = "http://h"\n[metrics.errors]\ngauge = "p:{query}"\n'
    )
    message = "it says a number also where nothing is measured: a target that is gone looks like a good one"

    found = warnings_of(text)

    assert [each.partition(": ")[2] for each in found] == ([message] if warned else [])


@pytest.mark.parametrize(
    ("expression", "warned"),
    [
        ("sum(pods[].errors)", True),
        ("length(pods[?down])", True),
        ("errors || `0`", True),
        ("max(pods[].errors)", False),
        ("sum(errors)", False),
    ],
)
def test_a_number_in_a_page_that_is_zero_where_the_key_is_missing(expression: str, *, warned: bool) -> None:
    text = (
        items('{ text = "a", gate = "errors < 1" }')
        + f'[sources.p]\nhttp = "http://h"\n[metrics.errors]\ngauge = "p:json:{expression}"\n'
    )
    message = "it says a number also where nothing is measured: a target that is gone looks like a good one"

    found = warnings_of(text)

    assert [each.partition(": ")[2] for each in found] == ([message] if warned else [])


@pytest.mark.parametrize(
    ("query", "unit", "warned"),
    [
        ("sum(errors) / sum(requests)", "%", True),
        ("100 * sum(errors) / sum(requests)", "%", False),
        ("sum(errors) / sum(requests)", "", False),
        ("load{path='/a'}", "%", False),
    ],
)
def test_a_fraction_that_is_read_as_percent(query: str, unit: str, *, warned: bool) -> None:
    text = (
        items(f'{{ text = "a", gate = "errors < 1{unit}" }}')
        + f'[sources.p]\npromql = "http://h"\n[metrics.errors]\nunit = "{unit}"\ngauge = "p:{query}"\n'
    )
    message = "a quotient is a fraction, and the metric is in %: multiply it by 100, or 2 % are read as 0.02 %"

    found = warnings_of(text)

    assert [each.partition(": ")[2] for each in found] == ([message] if warned else [])


@pytest.mark.parametrize(("address", "warned"), [("http://me:pw@h/m", True), ("http://h/m?a=b@c", False)])
def test_credentials_in_an_address(address: str, *, warned: bool) -> None:
    text = TOP + ONE_CHECKLIST + f'[sources.s]\nscrape = "{address}"\n'
    message = "the address has credentials in it, and is stored with the run; define them in your configuration"

    assert warnings_of(text) == ([f"6:10: {message}"] if warned else [])


def test_a_rollback_that_nothing_offers_and_a_trigger_that_offers_nothing() -> None:
    by_hand = '[[triggers]]\ntext = "seen"\n'

    assert warnings_of(TOP + ONE_CHECKLIST + by_hand + ROLLBACK) == [
        "7:1: no trigger watches anything: nobody is told when a rollback is due"
    ]
    assert warnings_of(TOP + ONE_CHECKLIST + CPU + HOT) == [
        "7:1: there is no [procedures.rollback] for this trigger to offer"
    ]


def test_a_target_that_cannot_be_reached() -> None:
    assert warnings_of(items('{ text = "x", run = ["x"], target = "2m", timeout = "1m" }')) == [
        '6:37: "x" is killed at its timeout, before its target is reached'
    ]


def test_a_window_in_a_soak() -> None:
    gate = '{ text = "b", gate = "cpu < 80%", window = "1h" }'

    assert warnings_of(items(f'{{ text = "a", soak = "1h", items = [{gate}] }}') + CPU) == [
        "6:80: window has no effect here: a gate inside a soak looks over the soak"
    ]
    assert warnings_of(items(gate) + CPU) == []


NEVER, IF_EXTENDED = "it can never pass", "it can pass only if the soak is extended"


@pytest.mark.parametrize(
    ("soak", "gate", "needed", "end"),
    [
        ("150s", 'gate = "cpu < 80%"', "", ""),
        ("149s", 'gate = "cpu < 80%"', "02:30", IF_EXTENDED),
        ("149s", 'gate = "cpu < 80%", extend = 0', "02:30", NEVER),
        ("60s", 'gate = "cpu < 80%"', "02:30", NEVER),
        ("299s", 'gate = "cpu stable within 5%"', "05:00", IF_EXTENDED),
        ("299s", 'gate = "cpu < baseline + 10%"', "05:00", IF_EXTENDED),
        ("299s", 'gate = "cpu < 80% and cpu stable within 5%"', "05:00", IF_EXTENDED),
        ("150s", 'gate = "cpu < 80% or cpu stable within 5%"', "", ""),
        ("10s", 'gate = "errors < 1%"', "", ""),
    ],
)
def test_a_soak_that_is_over_before_its_gate_can_be_judged(soak: str, gate: str, needed: str, end: str) -> None:
    counts = '[sources.n]\nscrape = "http://h/m"\n[metrics.errors]\nerrors = "n:e"\ntotal = "n:t"\n'
    shown = '[[checklists]]\ntitle = "M"\n[[checklists.sections]]\ntitle = "S"\nmetrics = ["cpu", "errors"]\nitems = ["x"]\n'
    text = items(f'{{ text = "a", soak = "{soak}", items = [{{ text = "b", {gate} }}] }}')

    found = warnings_of(text + CPU + "baseline = 50\n" + counts + shown)

    assert [one.partition(" ")[2] for one in found] == (
        [f"the soak is over before this gate has its samples, which take {needed}: {end}"] if needed else []
    )


def test_a_window_that_is_too_short_for_its_gate() -> None:
    found = warnings_of(items('{ text = "b", gate = "cpu stable within 5%", window = "4m" }') + CPU)

    assert found == ["6:22: its window is 04:00, and its samples take 05:00: it can never pass"]


def test_places_hold_with_overridden_variables() -> None:
    from qudag_tui.plan.warning import warnings
    from tests.plan.checklist_text import plan_of

    text = TOP + ONE_CHECKLIST + '[vars]\nh = "x"\n[sources.s]\nscrape = "http://{h}"\n'
    plan = plan_of(text, {"h": "me:pw@h"})

    assert [(w.line, w.column) for w in warnings(plan, text.encode(), "f.toml")] == [(8, 10)]


@pytest.mark.parametrize(
    ("countdown", "steps", "message"),
    [
        ("", '{ text = "off", run = ["true"] }', None),
        ("", '{ text = "call", done = true }, { text = "off", run = ["true"] }', "10:8: {first}"),
        ('countdown = "9s"\n', '{ text = "off", run = ["true"] }', "11:13: {short}"),
    ],
)
def test_a_rollback_that_starts_by_itself_and_then_waits_or_that_nobody_can_stop(
    countdown: str, steps: str, message: str | None
) -> None:
    text = TOP + ONE_CHECKLIST + CPU + HOT + f'then = "start"\n{countdown}[procedures.rollback]\nsteps = [{steps}]\n'
    first = 'the rollback that this trigger starts waits at once for a person: "call" is first'
    short = "nobody stops a rollback within 9 s of hearing of it"

    assert warnings_of(text) == ([message.format(first=first, short=short)] if message else [])


def test_a_trigger_never_starts_a_rollback_of_several_people() -> None:
    steps = 'approvals = 2\nsteps = [{ text = "off", run = ["true"] }]\n'
    text = TOP + ONE_CHECKLIST + CPU + HOT + f'then = "start"\n[procedures.rollback]\n{steps}'

    never = "it never starts anything: the rollback needs 2 people (approvals), so that no run can be armed, "

    assert warnings_of(text) == [f"10:8: {never}and this trigger only offers it"]


def test_an_agent_that_dies_with_the_link_is_no_agent_for_a_step_that_outlives_it() -> None:
    step = '[procedures.drain]\nsteps = [{ text = "Drain", run = ["ssh", "node"], secrets = ["SSH_AUTH_SOCK"] }]\n'

    assert warnings_of(TOP + ONE_CHECKLIST + step)[-1].endswith(
        "SSH_AUTH_SOCK: an agent that ssh forwards dies with the link, and this step is to outlive it"
    )
