from __future__ import annotations

from collections.abc import Callable

from qudag_tui.core import event as ev
from qudag_tui.core.intent import Tick
from qudag_tui.run.samples import SampleReader
from tests.supervisor.counting import counting, head
from tests.supervisor.supervised import LIST, Supervised
from tests.waiting import until

Build = Callable[..., Supervised]


def test_of_a_plan_that_nobody_trusts_nothing_is_asked_until_somebody_does(supervised: Build) -> None:
    with counting() as node:
        run = supervised(head=head(node), checklists=LIST, trusted=False)
        run.start()
        until(lambda: len(run.standings("metric")) == 3, run.log)

        assert {name: said["error"] for name, said in run.standings("metric").items()} == dict.fromkeys(
            ("error_rate", "queue", "told"), "not trusted: nothing is asked"
        )
        assert node.asked == 0

        run.trust()
        until(lambda: run.standings("metric")["queue"]["value"] == 7.0, run.log)
        until(lambda: run.standings("metric")["told"]["value"] == 42.0, run.log)


def test_counts_become_a_percentage_and_are_kept_as_they_stood(supervised: Build) -> None:
    with counting(per_look=1000, errors_per_look=10) as node:
        run = supervised(head=head(node), checklists=LIST)
        run.start()
        until(lambda: run.standings("metric").get("error_rate", {}).get("value") == 1.0, run.log)

        standings = run.standings("metric")
        assert set(standings) == {"error_rate", "queue", "told"}
        assert (standings["error_rate"]["unit"], standings["error_rate"]["error"]) == ("%", "")
        reader = SampleReader(run.run.folder)
        last = {name: reader.latest(f"error_rate:{name}")[0] for name in ("events", "total", "resets")}
        reader.close()
        assert last["events"][1] * 100 == last["total"][1] > 0
        assert last["resets"][1] == 0
        assert len({at for at, _ in last.values()}) == 1


def soaked(node_head: str, gate: str) -> dict[str, str]:
    items = f'{{ id = "soak", text = "Soak", soak = "4s", items = [{{ id = "g", text = "G", {gate} }}] }}'
    return {"head": node_head, "checklists": LIST.replace("items = [", f"items = [{items}, ")}


def looks(run: Supervised) -> list[tuple[str, int]]:
    return [(fact.verdict, fact.look) for fact in run.facts(ev.GateJudged) if isinstance(fact, ev.GateJudged)]


def test_enough_requests_without_an_error_pass_although_sampling_began_with_the_soak(supervised: Build) -> None:
    with counting(per_look=10_000) as node:
        run = supervised(**soaked(head(node), 'gate = "error_rate < 0.1%"'))
        run.ask(Tick("soak"))
        run.start()
        run.until_kind("soak completed")

        assert looks(run) == [("pass", 1)], run.facts(ev.GateJudged)


def test_a_soak_is_extended_as_often_as_its_gate_says_and_each_time_it_is_recorded(supervised: Build) -> None:
    with counting(per_look=5) as node:
        run = supervised(**soaked(head(node), 'gate = "error_rate < 0.1%", extend = 1'))
        run.start()
        until(lambda: run.standings("metric").get("error_rate", {}).get("value") == 0.0, run.log)
        run.ask(Tick("soak"))
        run.until_kind("soak completed")

        assert looks(run) == [("inconclusive", 1), ("inconclusive", 2)]
        assert run.facts(ev.SoakExtended) == [
            ev.SoakExtended("soak", run.run.state.soaks["soak"].seq, 1, 2.0, ("g",)),
        ]
        completed = run.facts(ev.SoakCompleted)[0]
        assert isinstance(completed, ev.SoakCompleted)
        assert completed.observed_seconds >= 6.0
