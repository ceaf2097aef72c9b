"""The requirements of a gate: what each comparison says, what it needs, and that together they say what the gate says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.condition import AllOf, AnyOf, Condition, parse_condition, terms
from qudag_tui.core.judge import judge
from qudag_tui.core.requirement import Requirement, needs_of_all, plain, requirements_of, soak_needs
from qudag_tui.core.spelling import spelled
from qudag_tui.core.verdict import Finding, Verdict, best, worst
from tests.core.measuring import captured, counted, gauge, growing, ratio, samples, window

METRICS = {"latency": gauge(), "errors": ratio(), "memory": gauge("memory")}

LATENCY = [0.084 + 0.001 * (number * 7 % 5) for number in range(120)]
GOOD = {
    "latency": samples(LATENCY[:60]),
    **counted(growing([0.0] * 60), growing([50.0] * 60)),
    "memory": samples([2.0] * 60),
}


def found(condition: str, slots: int = 60, *, baseline: bool = True, soak: float | None = 1800.0) -> Finding:
    held = {"latency": captured(LATENCY)} if baseline else {}
    return judge(parse_condition(condition), window(slots), GOOD, METRICS, baselines=held, phase_seconds=soak, extend=2)


def combined(condition: Condition, verdicts: list[Verdict]) -> Verdict:
    """What the verdicts of the comparisons, in order, say together."""
    if isinstance(condition, AllOf | AnyOf):
        below = [combined(term, verdicts) for term in condition.terms]
        return worst(below) if isinstance(condition, AllOf) else best(below)
    return verdicts.pop(0)


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("error_rate<0.1 %", "error_rate < 0.1%"),
        ("a <= 100ms", "a <= 100 ms"),
        ("a < baseline", "a < baseline"),
        ("a < baseline+10%", "a < baseline + 10%"),
        ("a > baseline - 5 ms", "a > baseline - 5 ms"),
        ("a >= 3.2 x baseline", "a >= 3.2x baseline"),
        ("a stable within 5%", "a stable within 5%"),
        ("a growing", "a growing"),
    ],
)
def test_a_comparison_is_spelled_as_people_write_it_and_means_the_same(text: str, again: str) -> None:
    condition = parse_condition(text)

    assert [spelled(term) for term in terms(condition)] == [again]
    assert parse_condition(again) == condition


@pytest.mark.parametrize(
    ("condition", "needs"),
    [
        ("latency < 0.1 s", ""),
        ("latency < baseline + 10%", ""),
        ("errors < 0.1%", "1,093 more requests, ~3 min"),
        ("latency < 0.1 s and errors < 0.1%", "1,093 more requests, ~3 min"),
        ("latency < 0.1 s or errors < 0.1%", ""),
        ("latency < 0.01 s or errors < 0.1%", "1,786 more requests, ~5 min"),
        ("memory < baseline", "a captured baseline"),
        ("memory stable", "a budget, such as “within 5%”"),
        ("latency < 3%", "the condition in the metric's unit"),
        ("gone < 3", "a metric of that name in the plan"),
        ("latency < 0.01 s", ""),
        ("memory < baseline and errors < 0.1%", "a captured baseline; 1,093 more requests, ~3 min"),
    ],
)
def test_what_is_needed_is_said_in_words_and_a_gate_that_is_decided_needs_nothing(condition: str, needs: str) -> None:
    assert found(condition).needs == needs


@pytest.mark.parametrize(
    ("condition", "needs"),
    [
        ("latency < 0.1 s", "10 more samples, ~1 min"),
        ("latency < baseline + 10%", "10 more samples, ~1 min"),
        ("memory stable within 5%", "40 more samples, ~6 min"),
    ],
)
def test_a_window_that_has_just_begun_needs_samples(condition: str, needs: str) -> None:
    finding = found(condition, 20)

    assert (finding.verdict, finding.needs) == (Verdict.INCONCLUSIVE, needs)


@pytest.mark.parametrize(
    ("condition", "gone", "soak", "needs"),
    [
        ("latency < 0.1 s", 10, 1800.0, "100 more slots without a gap, ~16 min"),
        ("latency < 0.1 s", 2, 1800.0, "100 more slots without a gap, ~16 min"),
        ("latency < 0.1 s", 10, None, "at most 5% of its slots missing"),
        ("latency < 0.1 s", 100, 1800.0, "1,900 more slots without a gap, ~5 h 16 min"),
        ("latency stable within 5%", 10, 1800.0, "100 more slots without a gap, ~16 min"),
    ],
)
def test_gaps_need_time_without_any_in_a_soak_and_to_pass_by_elsewhere(
    condition: str, gone: int, soak: float | None, needs: str
) -> None:
    values = [None] * gone + [0.084] * (100 - gone)

    finding = judge(parse_condition(condition), window(100), {"latency": samples(values)}, METRICS, phase_seconds=soak)

    assert (finding.verdict, finding.needs) == (Verdict.UNKNOWN, needs)


CONDITIONS = st.recursive(
    st.sampled_from(
        ["latency < 0.1 s", "latency < 0.01 s", "errors < 0.1%", "memory < baseline", "latency stable within 5%"]
    ),
    lambda inner: st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map("".join),
    max_leaves=5,
)


@given(CONDITIONS)
def test_the_requirements_stand_in_order_and_together_say_what_the_gate_says(text: str) -> None:
    condition, finding = parse_condition(text), found(text)

    assert [asked.text for asked in finding.requirements] == [spelled(term) for term in terms(condition)]
    assert combined(condition, [asked.verdict for asked in finding.requirements]) is finding.verdict
    assert all(not asked.needs for asked in finding.requirements if asked.verdict is Verdict.PASS)
    assert bool(finding.needs) <= (finding.verdict is not Verdict.PASS)


def test_requirements_come_back_from_what_a_journal_or_a_standing_holds() -> None:
    wanted = found("latency < 0.1 s and errors < 0.1%").requirements

    assert requirements_of(plain(wanted)) == wanted
    assert needs_of_all((*wanted, *wanted)) == "1,093 more requests, ~3 min"


@pytest.mark.parametrize(
    "said",
    [None, 3, "text", [3], [{}], [{"verdict": "fine"}], [{"verdict": "pass", "text": 3}], [{"verdict": ["pass"]}]],
)
def test_what_is_no_list_of_requirements_is_none(said: object) -> None:
    assert requirements_of(said) == ()


def test_a_pass_before_the_soaks_end_needs_its_rest_and_the_final_look() -> None:
    assert soak_needs(1102.7) == "18:22 more of the soak, then a final look"
    assert soak_needs(0.4) == "its final look"
    assert Requirement("a < 1", Verdict.PASS, "0.5, limit 1").needs == ""
