"""The verbs that record something: what is durable afterwards, what is said, and how they refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from tests.cli.desk import Answer, Desk

REFUSED, USAGE, NOT_FOUND = 3, 2, 4


def states(desk: Desk) -> dict[str, str]:
    return {item["id"]: item["state"] for item in desk.status()["items"]}


def test_new_prints_the_runs_folder_on_stdout_and_words_on_stderr(desk: Desk) -> None:
    answer = desk("new", "--release", "v2", "--previous", "v1", "--id", "r1", "--at", "2026-11-22T20:00Z")
    assert answer == Answer(
        0,
        f"{desk.folder}/runs/r1\n",
        "A deployment: 11 boxes to be done; open it with: qudag-tui checklists.toml\n"
        "nothing of it runs yet: checklists.toml is not trusted; review it with: qudag-tui trust checklists.toml\n",
    )
    run = desk.status()["run"]
    assert (run["id"], run["release"], run["previous"], run["starts"]) == ("r1", "v2", "v1", "2026-11-22T20:00:00Z")


def test_t_is_said_from_now_as_on_the_screen(desk: Desk) -> None:
    before = datetime.now(UTC)
    assert desk("new", "--release", "v2", "--id", "r1", "--at", "+1h 30m").code == 0
    later = datetime.fromisoformat(desk.status()["run"]["starts"]) - before
    assert timedelta(minutes=89) < later < timedelta(minutes=95)


def test_a_taken_id_is_refused_and_nothing_is_changed(desk: Desk) -> None:
    desk.new()
    answer = desk("new", "--release", "v3", "--id", "r1")
    assert answer.code == REFUSED
    assert desk.status()["run"]["release"] == "v2"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("new",), USAGE),
        (("new", "--release", "v2", "--at", "yesterday"), USAGE),
        (("new", "--release", "v2", "--at", "+soon"), USAGE),
        (("new", "--release", "v2", "--id", "../escape"), USAGE),
        (("new", "--release", "v2", "--var", "nothing"), USAGE),
        (("new", "--release", "v2", "--var", "unknown=1"), USAGE),
        (("new", "missing.toml", "--release", "v2"), NOT_FOUND),
    ],
)
def test_new_says_what_is_wrong_and_creates_nothing(desk: Desk, words: tuple[str, ...], code: int) -> None:
    answer = desk(*words)
    assert (answer.code, answer.out) == (code, "")
    assert answer.err
    assert not list(desk.folder.glob("runs/*"))


def test_tick_says_what_was_recorded_by_whom_and_how_far_the_run_is(desk: Desk) -> None:
    desk.new()
    assert desk("tick", "talk") == Answer(0, "", "ana ticked “Team talked to”  (2 of 11)\n")
    assert desk("tick", "backup", "--as", "bo") == Answer(0, "", "bo ticked “Backup done”  (3 of 11)\n")


def test_a_recorded_event_can_be_had_as_json(desk: Desk) -> None:
    desk.new()
    event = desk("tick", "talk", "--json").json
    assert {name: event[name] for name in ("seq", "kind", "by", "item")} == {
        "seq": 2,
        "kind": "item ticked",
        "by": "ana",
        "item": "talk",
    }


def test_a_unique_beginning_is_enough_and_several_matches_are_listed(desk: Desk) -> None:
    desk.new()
    assert desk("tick", "tal").code == 0
    answer = desk("comment", "c", "hm")
    assert answer == Answer(
        USAGE, "", "qudag-tui: 'c' may be more than one box; say which:\n  cpu-ok\n  canary-go\n  code\n"
    )


def test_an_ordered_list_asks_and_without_a_terminal_needs_yes(desk: Desk) -> None:
    desk.new()
    answer = desk("tick", "backup")
    assert answer == Answer(
        REFUSED,
        "",
        "qudag-tui: “Team talked to” comes first and is open. Tick out of order? "
        "There is no terminal to ask on: --yes confirms it\n",
    )
    assert states(desk)["backup"] == "open"
    assert desk("tick", "backup", "--yes").code == 0
    assert states(desk)["backup"] == "done"


def test_every_box_verb_leaves_its_state(desk: Desk) -> None:
    desk.new()
    for words in (
        ("untick", "freeze"),
        ("na", "freeze", "--why", "no code"),
        ("defer", "talk", "--to", "canary", "--why", "asleep"),
        ("override", "backup", "--why", "no disk"),
        ("sign", "qa lead", "--why", "seen"),
        ("tick", "smoke"),
    ):
        assert desk(*words).code == 0, words
    assert states(desk) | {"watch": "", "cpu-ok": ""} == {
        "freeze": "not applicable",
        "talk": "deferred",
        "backup": "overridden",
        "deploy": "open",
        "watch": "",
        "cpu-ok": "",
        "canary-go": "open",
        "expand": "open",
        "all-go": "open",
        "load-ok": "open",
        "qa": "done",
        "smoke": "done",
        "alert": "open",
        "flags": "open",
        "recovery": "open",
        "if-not": "open",
        "code": "open",
    }


def test_undo_takes_back_what_i_said_last_and_nobody_elses(desk: Desk) -> None:
    desk.new()
    desk("tick", "talk")
    desk("tick", "backup", "--as", "bo")
    assert desk("undo").code == 0
    assert (states(desk)["talk"], states(desk)["backup"]) == ("open", "done")
    assert desk("undo").code == REFUSED


@pytest.mark.parametrize(
    "words",
    [
        ("tick", "canary-go"),
        ("tick", "qa"),
        ("tick", "alert"),
        ("tick", "expand"),
        ("untick", "talk"),
        ("untick", "qa"),
        ("na", "canary-go", "--why", "r"),
        ("na", "alert", "--why", "r"),
        ("defer", "talk", "--to", "before", "--why", "r"),
        ("override", "qa", "--why", "r"),
        ("override", "canary", "--why", "r"),
        ("undo",),
        ("decide", "canary", "go"),
        ("decide", "canary", "no-go"),
        ("decide", "all", "go"),
        ("abort",),
        ("skip", "alert", "--why", "r"),
        ("mark", "alert"),
        ("na", "talk", "--why", " "),
    ],
)
def test_what_the_state_does_not_allow_is_refused_with_three(desk: Desk, words: tuple[str, ...]) -> None:
    desk.new()
    before = desk.run.state.head_seq
    answer = desk(*words)
    assert (answer.code, answer.out) == (REFUSED, "")
    assert answer.err.startswith("qudag-tui: ")
    assert desk.run.state.head_seq == before


@pytest.mark.parametrize(
    "words",
    [
        ("tick", "nothing"),
        ("untick", "nothing"),
        ("na", "nothing", "--why", "r"),
        ("defer", "talk", "--to", "nowhere", "--why", "r"),
        ("comment", "nothing", "x"),
        ("override", "nothing", "--why", "r"),
        ("decide", "nothing", "go"),
        ("sign", "nobody"),
        ("run", "nothing", "--yes"),
        ("retry", "nothing"),
        ("skip", "nothing", "--why", "r"),
        ("mark", "nothing"),
        ("output", "nothing"),
        ("output", "flags"),
        ("gate", "nothing"),
    ],
)
def test_what_is_not_there_is_not_found_with_four(desk: Desk, words: tuple[str, ...]) -> None:
    desk.new()
    answer = desk(*words)
    assert (answer.code, answer.out) == (NOT_FOUND, "")
    assert answer.err.startswith("qudag-tui: ")


@pytest.mark.parametrize(
    "words",
    [
        ("tick",),
        ("na", "talk"),
        ("defer", "talk", "--why", "r"),
        ("override", "talk"),
        ("decide", "canary", "maybe"),
        ("close", "finished"),
        ("skip", "alert"),
        ("mark", "alert", "perhaps"),
        ("status", "--json", "--tmux"),
        ("tick", "talk", "--unheard-of"),
        ("--nonsense",),
        ("completion", "tcsh"),
    ],
)
def test_wrong_usage_is_two_and_prints_how_it_is_used(desk: Desk, words: tuple[str, ...]) -> None:
    desk.new()
    answer = desk(*words)
    assert (answer.code, answer.out) == (USAGE, "")
    assert "usage: qudag-tui" in answer.err


def test_without_a_run_every_verb_says_how_to_begin_one(desk: Desk) -> None:
    answer = desk("tick", "talk")
    assert answer.code == NOT_FOUND
    assert "no run is open" in answer.err
    assert "qudag-tui new" in answer.err


def test_several_open_runs_are_listed_and_one_is_chosen_by_id_or_folder(desk: Desk) -> None:
    folder = desk.new()
    desk("new", "--release", "v3", "--id", "r2")
    answer = desk("status")
    assert (answer.code, "r1, r2" in answer.err) == (USAGE, True)
    assert desk("tick", "talk", "--run", "r1").code == 0
    assert desk("--run", str(folder), "status", "--json").json["counts"]["done"] == 2
    assert desk("status", "--json", "--run", "r2").json["counts"]["done"] == 1


def test_runs_may_lie_elsewhere(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = desk.folder / "elsewhere"
    desk.new("--runs-dir", str(elsewhere))
    assert desk("runs").out == ""
    assert desk("runs", "--runs-dir", str(elsewhere)).out == "r1\topen\tv2\tA deployment\n"
    monkeypatch.setenv("QUDAG_TUI_RUNS", str(elsewhere))
    assert desk("tick", "talk").code == 0


def test_a_phase_is_decided_once_its_boxes_are_settled(desk: Desk) -> None:
    desk.new()
    desk.ask(ask.Tick("watch"))
    started = desk.run.state.head_seq
    desk.record(ev.GateJudged("cpu-ok", started, "pass", "31 %"), ev.SoakCompleted("watch", started, 1.0))
    desk.ask(ask.Tick("cpu-ok"))
    desk.ask(ask.Override("deploy", "by hand"))
    assert desk("decide", "canary", "go").code == 0
    assert [phase["state"] for phase in desk.status()["phases"]] == ["go", "open"]


def test_a_gate_that_failed_its_final_look_cannot_be_ticked_and_says_one(desk: Desk) -> None:
    desk.new()
    desk.ask(ask.Tick("watch"))
    started = desk.run.state.head_seq
    desk.record(ev.GateJudged("cpu-ok", started, "fail", "93 %, limit 80 %"), ev.SoakCompleted("watch", started, 1.0))
    assert desk("gate", "cpu-ok") == Answer(1, "fail          CPU is fine  final: 93 %, limit 80 %  cpu-ok\n", "")
    assert desk("gate", "canary", "--json").json["verdict"] == "fail"


def test_what_nobody_looks_at_is_unknown(desk: Desk) -> None:
    desk.new()
    assert desk("gate", "load-ok") == Answer(7, "unknown       Load is fine  no supervisor looks at it  load-ok\n", "")


def test_unprotected_is_accepted_with_a_reason(desk: Desk) -> None:
    desk.new()
    desk.record(ev.SupervisorStarted(1, 1, 1, "0", unprotected="KillUserProcesses=yes"))
    assert desk("override", "deploy", "--why", "r").code == REFUSED
    assert desk("override", "unprotected", "--why", "short run").code == 0
    assert desk("override", "deploy", "--why", "r").code == 0


def test_close_lists_what_is_left_on_stdout(desk: Desk) -> None:
    desk.new()
    answer = desk("close", "abandoned", "--why", "no time")
    assert answer.code == 0
    assert answer.out.splitlines()[:2] == ["talk\tTeam talked to", "backup\tBackup done"]
    assert answer.err == "the run is closed (abandoned); 10 of 11 boxes are left\n"
    assert desk("tick", "talk", "--run", "r1").code == REFUSED
    assert desk("runs").out == "r1\tclosed\tv2\tA deployment\n"
