from __future__ import annotations

from collections.abc import Callable

from qudag_tui.run.samples import SampleReader
from tests.supervisor.counting import counting, head
from tests.supervisor.shimmed import until
from tests.supervisor.supervised import LIST, Supervised

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
