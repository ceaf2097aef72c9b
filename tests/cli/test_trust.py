"""``trust`` on the command line: the difference, putting back, lists, and run folders that are not ours."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core.intent import Execute, MarkStep
from tests.cli.desk import PLAN, Desk
from tests.cli.terminal import Terminal
from tests.waiting import until

SCRIPTED = PLAN.replace('run = ["sh", "-c", "echo flags off; echo of $QUDAG_TUI_RELEASE"]', 'run = ["sh", "flags.sh"]')


@pytest.fixture
def scripted(desk: Desk) -> Desk:
    """A plan whose rollback runs a script beside it, trusted; and a run of it."""
    desk.write(SCRIPTED)
    desk.write("#!/bin/sh\necho flags off\n", "flags.sh")
    assert desk("trust", "--yes").code == 0
    desk.new()
    return desk


def test_a_changed_script_is_shown_line_by_line_and_put_back(scripted: Desk) -> None:
    scripted.write("#!/bin/sh\necho evil\x1b[2J\n", "flags.sh")

    shown = scripted("trust", "--show")
    assert (shown.code, "flags.sh has changed since ana trusted it" in shown.err) == (3, True)
    assert "  - echo flags off\n  + echo evil␛[2J\n" in shown.out

    assert scripted("trust", "--restore").code == 3, "without a terminal somebody has to say --yes"
    assert scripted("trust", "--restore", "other", "--yes").code == 4
    answer = scripted("trust", "--restore", "flags.sh", "--yes", "--json")
    assert answer.code == 0
    assert Path("flags.sh").read_text() == "#!/bin/sh\necho flags off\n"
    assert Path(answer.json[0]["replaced"]).read_text() == "#!/bin/sh\necho evil\x1b[2J\n"
    assert scripted("trust", "--show").code == 0
    assert scripted("trust", "--restore", "--yes").code == 4, "there is nothing left to put back"


def test_a_checklist_file_that_is_none_any_more_is_put_back(scripted: Desk) -> None:
    scripted.write("[[[")
    assert scripted("trust", "--show").code == 2

    assert scripted("trust", "--restore", "--yes").code == 0

    assert Path("checklists.toml").read_text() == SCRIPTED


def test_what_a_run_executes_is_put_back_and_the_checklist_file_stays_as_people_edit_it(scripted: Desk) -> None:
    scripted.write("title = 1")
    scripted.write("echo evil", "flags.sh")

    assert scripted("trust", "--restore", "--run", "r1", "--yes").code == 0

    assert (Path("checklists.toml").read_text(), Path("flags.sh").read_text()) == (
        "title = 1",
        "#!/bin/sh\necho flags off\n",
    )


def test_nothing_can_be_put_back_of_a_file_that_nobody_trusted(desk: Desk) -> None:
    answer = desk("trust", "--restore", "--yes")

    assert (answer.code, "is not trusted here: nothing of it is kept" in answer.err) == (4, True)


def test_a_refused_start_shows_the_difference_and_puts_the_trusted_copy_back(scripted: Desk) -> None:
    scripted.write("#!/bin/sh\necho evil\n", "flags.sh")
    terminal = Terminal(scripted, "rollback", "--no-wait")
    terminal.read_until("put the trusted copy back [p], or neither [N]?")
    assert "- echo flags off" in terminal.shown
    terminal.type("p")
    terminal.types_the_code()

    assert terminal.end() == 7
    assert Path("flags.sh").read_text() == "#!/bin/sh\necho flags off\n"
    assert scripted("abort").code == 0


def test_neither_trusting_nor_putting_back_starts_nothing(scripted: Desk) -> None:
    scripted.write("#!/bin/sh\necho evil\n", "flags.sh")
    terminal = Terminal(scripted, "rollback", "--no-wait")
    terminal.read_until("or neither [N]?")
    terminal.type("")

    assert terminal.end() == 3
    assert scripted.run.state.head_seq == 1
    assert Path("flags.sh").read_text() == "#!/bin/sh\necho evil\n"


def test_the_list_says_what_is_still_so(scripted: Desk) -> None:
    file = scripted.folder / "checklists.toml"
    path, by, _, standing, *_ = scripted("trust", "--list").out.rstrip("\n").split("\t")
    assert (path, by, standing) == (str(file), "ana", "as it is now")

    scripted.write("echo evil", "flags.sh")
    (listed,) = scripted("trust", "--list", "--json").json
    assert (listed["matches"], listed["why"]) == (False, "flags.sh has changed since ana trusted it")

    Path("flags.sh").unlink()
    assert scripted("trust", "--list").out.split("\t")[3] == "flags.sh is not there any more"

    scripted.write(PLAN)
    assert scripted("trust", "--list").out.split("\t")[3] == "another version of the file"
    file.unlink()
    assert scripted("trust", "--list").out.split("\t")[3] == "the file cannot be read: No such file or directory"
    file.write_text("rubbish")
    assert "no plan" in scripted("trust", "--list").out.split("\t")[3]


def test_trust_of_a_file_that_is_gone_is_taken_away(scripted: Desk) -> None:
    (scripted.folder / "checklists.toml").unlink()

    first, second = scripted("trust", "--revoke", "--json"), scripted("trust", "--revoke")

    assert first.json == {"path": str(scripted.folder / "checklists.toml"), "was_trusted": True}
    assert (second.code, second.err) == (0, "checklists.toml was not trusted\n")
    assert scripted("trust", "--list").err == "nothing is trusted\n"


def test_status_says_that_nothing_can_run_and_what_is_missing(desk: Desk) -> None:
    desk.write(
        PLAN.replace('timeout = "1m"', 'timeout = "1m"\nsecrets = ["NO_SUCH_TOKEN"]').replace('"true"', '"no-such"')
    )
    made = desk("new", "--release", "v2", "--id", "r1", "--json").json
    why, missing = "checklists.toml is not trusted", ["the program no-such", "NO_SUCH_TOKEN in the environment"]
    assert made["trust"] == {"ok": False, "why": why, "missing": missing}
    assert desk.status()["trust"] == {"ok": False, "why": why, "missing": missing, "alarm": True}
    assert f"!! nothing can run: {why}; review it with: qudag-tui trust --run r1\n" in desk("status").out
    assert "!! missing: the program no-such, NO_SUCH_TOKEN in the environment\n" in desk("status").out
    assert "not trusted" in desk("status", "--tmux").out

    desk("trust", "--yes")

    assert desk.status()["trust"] == {"ok": True, "why": "", "missing": missing, "alarm": True}


def test_what_is_not_ready_is_an_alarm_only_from_two_hours_before_t(desk: Desk) -> None:
    desk("new", "--release", "v2", "--id", "r1", "--at", "2999-01-01T00:00Z")

    assert desk.status()["trust"]["alarm"] is False
    assert "\nnothing can run: " in desk("status").out


def test_new_says_that_nothing_of_it_runs_yet(desk: Desk) -> None:
    answer = desk("new", "--release", "v2")

    assert "nothing of it runs yet: checklists.toml is not trusted; review it with: qudag-tui trust " in answer.err
    desk("trust", "--yes")
    assert "nothing of it runs yet" not in desk("new", "--release", "v3").err


@pytest.fixture
def unknown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A run that came with the repository, in which a rollback is asked for."""
    desk.new()
    desk.ask(Execute("rollback"), by="mallory")
    monkeypatch.setenv("QUDAG_TUI_STATE", str(desk.folder / "home" / "another"))
    return desk


def test_of_a_run_folder_from_elsewhere_nobody_says_that_it_has_no_supervisor(unknown: Desk) -> None:
    assert "supervisor" not in unknown("status").out.partition("\n\n")[0]
    assert "NO SUPERVISOR" not in unknown("status", "--tmux").out


def test_of_a_step_in_a_run_folder_from_elsewhere_it_is_not_said_that_nobody_follows_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its supervisor is another login's, and nobody here looks for that."""
    monkeypatch.setattr("qudag_tui.cli.output.POLL_SECONDS", 0.0)
    desk.new()
    request = desk.ask(Execute("rollback"), by="mallory")
    desk.record(ev.RequestClaimed(request))
    desk.ask(MarkStep("alert"))
    desk.record(ev.StepStarted("flags", request, 1, 10, 1, 9, 1, "flags.1.log"))
    monkeypatch.setenv("QUDAG_TUI_STATE", str(desk.folder / "home" / "another"))

    shown = desk("status").out

    assert "runs, or has ended\n" in shown
    followed = desk("output", "flags", "--follow")
    assert (followed.code, followed.err.partition(":")[0]) == (
        7,
        "nobody looks for the supervisor of a run folder that is not yours",
    )
    assert "no supervisor" not in f"{shown}{followed.err}"


def test_a_run_folder_from_elsewhere_is_read_and_nothing_else(unknown: Desk) -> None:
    folder = unknown.folder / "runs" / "r1"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    for words in (
        ("tick", "talk", "--yes"),
        ("close", "abandoned", "--why", "x"),
        ("rollback", "--yes"),
        ("resume",),
        ("abort",),
        ("supervise",),
        ("comment", "talk", "x"),
    ):
        answer = unknown(*words)
        assert (words, answer.code) == (words, 5), answer.err
        assert f"qudag-tui trust --run {folder} shows who made it, and accepts it" in answer.err
    for words in (
        ("status",),
        ("status", "--tmux"),
        ("log",),
        ("verify",),
        ("gate", "cpu-ok"),
        ("metrics",),
        ("info",),
    ):
        unknown(*words)
    assert unknown("runs").out.split("\t")[:2] == ["r1", "open, not yours"]
    assert unknown.status()["run"]["read_only"].startswith("this login did not create it")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert not (unknown.folder / "home" / "another").exists()


def test_a_run_folder_is_accepted_after_a_look_at_what_it_says_of_itself(unknown: Desk) -> None:
    shown = unknown("trust", "--run", "r1", "--show")
    assert shown.code == 3
    assert "  2 events, the last of " in shown.out
    assert "  pending in it: rollback, asked for by mallory " in shown.out
    assert "would run, in " in shown.out
    assert unknown("trust", "--run", "r1").code == 3, "without a terminal somebody has to say --yes"
    assert unknown("tick", "talk", "--yes").code == 5

    answer = unknown("trust", "--run", "r1", "--yes", "--json")

    assert answer.code == 0
    assert answer.json["run"]["by"] == "ana"
    assert len(answer.json["run"]["pending"]) == 1
    assert unknown("tick", "talk", "--yes").code == 0


def test_a_moved_run_says_where_it_was(desk: Desk) -> None:
    was = desk.new()
    moved = desk.folder / "runs" / "r2"
    shutil.move(was, moved)

    answer = desk("tick", "talk", "--yes")

    assert (answer.code, f"it was moved or copied here from {was}" in answer.err) == (5, True)
    assert desk("trust", "--run", "r2", "--yes").code == 0
    assert desk("tick", "talk", "--yes").code == 0


def test_json_of_a_review_is_plain(scripted: Desk) -> None:
    scripted.write("x", "flags.sh")

    told = scripted("trust", "--show", "--json").json

    assert told["differences"] == ["flags.sh has changed"]
    assert [change["name"] for change in told["changes"]] == ["flags.sh"]
    assert "data" not in told
    assert json.dumps(told)


def test_a_credential_that_is_not_defined_is_missing_before_it_is_needed(desk: Desk) -> None:
    asking = '[sources.node]\nscrape = "https://node.example/metrics"\ncredential = "prometheus"\n[metrics.cpu]'
    desk.write(PLAN.replace("[metrics.cpu]", asking, 1))
    shown = desk("trust", "--yes").out
    assert "would ask:\n  https://node.example/metrics\n" in shown
    assert "  source node: prometheus\n" in shown
    desk.new()
    assert desk.status()["trust"]["missing"] == ["the credential prometheus"]

    config = desk.folder / "home" / "config" / "qudag-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[credentials.prometheus]\norigin = "https://node.example"\nbearer = { env = "NO_SUCH_NAME" }\n')
    config.chmod(0o600)
    assert "the environment has no NO_SUCH_NAME" in desk.status()["trust"]["missing"][0]

    config.write_text('[credentials.prometheus]\norigin = "https://node.example"\nbearer = "abc"\n')
    assert desk.status()["trust"] == {"ok": True, "why": "", "missing": [], "alarm": False}


def test_a_step_that_is_refused_in_mid_procedure_is_put_back_and_tried_again_where_it_is_followed(
    scripted: Desk,
) -> None:
    terminal = Terminal(scripted, "rollback")
    terminal.types_the_code()
    terminal.sees("is a person's")
    scripted.write("#!/bin/sh\necho evil\n", "flags.sh")
    assert scripted("mark", "alert").code == 0

    terminal.sees("flags.sh has changed since ana trusted it")
    shown = terminal.sees("put the trusted copy back [p], or neither [N]?")
    assert "qudag-tui trust --restore --run r1; then it waits for one of: qudag-tui retry flags" in shown
    assert "- echo flags off" in shown
    terminal.type("p")
    terminal.answers("Try “Flags off” again now? [y/N]", "y")

    terminal.sees("flags off")
    assert Path("flags.sh").read_text() == "#!/bin/sh\necho flags off\n"
    assert scripted("abort").code == 0
    assert terminal.end() == 1


def test_a_step_that_is_refused_goes_on_waiting_where_nobody_trusts_what_changed(scripted: Desk) -> None:
    terminal = Terminal(scripted, "rollback")
    terminal.types_the_code()
    terminal.sees("is a person's")
    scripted.write("#!/bin/sh\necho evil\n", "flags.sh")
    assert scripted("mark", "alert").code == 0
    terminal.answers("or neither [N]?", "y")
    terminal.sees("to trust exactly this:")
    terminal.type("wrong")
    terminal.sees("not confirmed")

    refused = scripted("retry", "flags")
    assert (refused.code, "flags.sh has changed" in refused.err) == (3, True)
    assert scripted("abort").code == 0
    assert terminal.end() == 1
    assert Path("flags.sh").read_text() == "#!/bin/sh\necho evil\n"


def test_a_script_that_another_step_runs_keeps_nobody_from_trying_a_step_again(desk: Desk) -> None:
    desk.write(SCRIPTED.replace('run = ["true"]', 'run = ["sh", "deploy.sh"]'))
    desk.write("exit 1", "flags.sh")
    desk.write("exit 0", "deploy.sh")
    assert desk("trust", "--yes").code == 0
    desk.new()
    assert desk("rollback", "--yes").code == 7
    assert desk("mark", "alert").code == 0
    until(lambda: any(isinstance(event.fact, ev.StepEnded) for event in desk.run.events), "it fails")
    desk.write("exit 2", "deploy.sh")

    assert desk("retry", "flags").code == 7, "it failed again"
    assert [event.fact.attempt for event in desk.run.events if isinstance(event.fact, ev.StepStarted)] == [1, 2]
    assert desk("abort").code == 0
