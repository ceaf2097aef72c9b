"""``adopt``: shows what is different, asks what is to be asked, and records nothing that nobody confirmed."""

from __future__ import annotations

from pathlib import Path

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from tests.cli.desk import PLAN, Desk
from tests.cli.terminal import Terminal
from tests.waiting import until

EDITED = PLAN.replace('"Team talked to"', '"The whole team talked to"').replace(
    '{ id = "backup", text = "Backup done" },', ""
)
# An id that is made from the text: rewording it makes it another box.
PLAIN = """
title = "A deployment"
[[checklists]]
id = "day"
title = "Day"
items = ["Tell the team", "Freeze the code", "Back up"]
"""


def kinds(desk: Desk) -> list[str]:
    return [event.kind for event in desk.run.events]


def states(desk: Desk) -> dict[str, str]:
    return {item["id"]: item["state"] for item in desk.status()["items"]}


def test_a_file_as_it_is_followed_is_nothing_to_adopt(desk: Desk) -> None:
    desk.new()
    answer = desk("adopt", "--yes")

    assert (answer.code, answer.out) == (0, "")
    assert answer.err.endswith("checklists.toml is as the run follows it: there is nothing to adopt\n")
    assert kinds(desk) == ["run created"]


def test_the_difference_is_told_in_words_and_line_by_line_and_a_dry_run_records_nothing(desk: Desk) -> None:
    desk.new()
    desk.write(EDITED)
    answer = desk("adopt", "--dry-run")

    assert answer.code == 0
    assert answer.out.splitlines()[:3] == [
        "gone: “Backup done”  backup",
        "changed: “The whole team talked to”  talk: was “Team talked to”",
        "",
    ]
    assert '-   { id = "backup", text = "Backup done" },' in answer.out
    assert kinds(desk) == ["run created"]
    told = desk("adopt", "--dry-run", "--json").json
    assert told["removed"] == [{"id": "backup", "text": "Backup done"}]
    assert told["followed"] == desk.status()["run"]["plan"] != told["plan"]


def test_what_is_not_trusted_is_reviewed_first(desk: Desk) -> None:
    desk.new()
    path = desk.write(EDITED)
    answer = desk("adopt", "--yes")
    assert answer.code == 3
    assert answer.err.endswith(
        f"checklists.toml is not trusted: nothing was adopted; review it with: qudag-tui trust {path}\n"
    )
    assert kinds(desk) == ["run created"]
    desk("trust", "--yes")
    assert desk("adopt", "--yes").code == 0
    assert kinds(desk) == ["run created", "plan adopted"]


def test_without_a_terminal_it_takes_a_yes(desk: Desk) -> None:
    desk.write(PLAIN)
    desk.new()
    desk.write(PLAIN.replace("Back up", "Back it all up"))
    answer = desk("adopt")
    assert answer.code == 3
    assert "--yes confirms it" in answer.err
    answer = desk("adopt", "--yes", "--json")
    assert answer.json["kind"] == "plan adopted"
    assert answer.json["file"] == str(desk.folder / "checklists.toml")


def test_what_seems_to_be_the_same_is_offered_chosen_or_left(desk: Desk) -> None:
    desk.write(PLAIN)
    desk.new()
    desk("tick", "day/tell-the-team")
    desk("tick", "day/freeze-the-code")
    desk.write(
        PLAIN.replace("Tell the team", "Tell all the team").replace("Freeze the code", "Code is frozen, all of it")
    )
    answer = desk("adopt")
    assert answer.code == 3
    assert (
        "seems to be the same: “Tell the team” is “Tell all the team”  (day/tell-the-team = day/tell-all-the-team)"
        in answer.err
    )
    assert "--yes takes them for the same, --same OLD=NEW chooses, --no-same takes none" in answer.err
    assert kinds(desk)[-1] == "item ticked"

    answer = desk("adopt", "--yes", "--same", "day/freeze-the-code=day/code-is-frozen-all-of-it")
    assert answer.code == 0, answer.err
    assert states(desk) == {
        "day/tell-all-the-team": "done",
        "day/code-is-frozen-all-of-it": "done",
        "day/back-up": "open",
    }
    assert desk.status()["removed"] == []


def test_what_is_left_out_is_listed_in_status_and_at_the_close(desk: Desk) -> None:
    desk.write(PLAIN)
    desk.new()
    desk("tick", "day/tell-the-team")
    desk.write(PLAIN.replace("Tell the team", "Tell all the team"))
    answer = desk("adopt", "--yes", "--no-same")

    assert "no longer in the plan: “Tell the team”, done by ana" in answer.err
    status = desk.status()
    (gone,) = status["removed"]
    assert (gone["id"], gone["state"], gone["by"]) == ("day/tell-the-team", "done", "ana")
    assert (status["run"]["adopted"], states(desk)["day/tell-all-the-team"]) == (1, "open")
    shown = desk("status").out
    assert "No longer in the plan\n  Tell the team  done  ana" in shown
    assert "ana  ticked “Tell the team”" in desk("log").out
    assert "no longer in the plan: “Tell the team”, done by ana" in desk("close", "abandoned").err


def test_a_soak_that_starts_again_is_said(desk: Desk) -> None:
    desk.new()
    desk.ask(ask.Tick("watch"))
    desk.write(PLAN.replace('gate = "cpu < 101%" }] }', 'gate = "cpu < 102%" }] }'))
    desk("trust", "--yes")
    answer = desk("adopt", "--yes")

    assert answer.code == 0, answer.err
    assert "the soak “Watch it” starts again: “CPU is fine”: its condition was changed\n" in answer.err
    assert "the soak “Watch it” starts again" in desk("log").out


def test_a_broken_file_says_everything_that_is_wrong_and_changes_nothing(desk: Desk) -> None:
    desk.new()
    desk.write(PLAN.replace('text = "Deploy"', 'text = ""').replace("soak =", "soke ="))
    answer = desk("adopt", "--yes")

    assert answer.code == 2
    assert answer.err.count("checklists.toml:") >= 2
    assert kinds(desk) == ["run created"]
    (desk.folder / "checklists.toml").unlink()
    assert desk("adopt", "--yes").code == 4


def test_nothing_is_asked_where_it_would_be_refused_in_the_end(desk: Desk) -> None:
    desk.new()
    desk.ask(ask.Execute("rollback"))
    desk.write(EDITED)
    answer = desk("adopt", "--yes")
    assert (answer.code, answer.out) == (3, "")
    assert "“rollback” has not ended: abort it or see it through first" in answer.err
    assert desk("adopt", "--dry-run").code == 0


def test_a_table_that_does_not_fit_is_refused_and_a_word_that_is_no_pair_is_wrong_usage(desk: Desk) -> None:
    desk.write(PLAIN)
    desk.new()
    desk.write(PLAIN.replace("Back up", "Back it all up"))
    answer = desk("adopt", "--yes", "--same", "day/nothing=day/back-it-all-up")
    assert (answer.code, "the plan has no box or section “day/nothing”" in answer.err) == (3, True)
    assert desk("adopt", "--yes", "--same", "day/back-up").code == 2
    assert kinds(desk) == ["run created"]


def test_another_file_is_followed_from_then_on_with_its_own_folder(desk: Desk) -> None:
    desk.new()
    (desk.folder / "ops").mkdir()
    path = desk.write(EDITED, "ops/plan.toml")
    desk("trust", str(path), "--yes")
    answer = desk("adopt", str(path), "--yes", "--run", str(desk.folder / "runs" / "r1"))
    assert answer.code == 0, answer.err

    assert desk.status()["run"]["file"] == str(path)
    assert f"(cd {path.parent} && " in desk("rollback", "--dry-run").out
    assert desk("trust", "--show", "--run", "r1").code == 0
    assert isinstance(desk.run.events[-1].fact, ev.PlanAdopted)


def test_a_file_that_was_moved_is_adopted_where_it_is_now_although_nothing_in_it_is_different(desk: Desk) -> None:
    desk.new()
    (desk.folder / "ops").mkdir()
    path = desk.write(PLAN, "ops/plan.toml")
    words = ("adopt", str(path), "--yes", "--runs-dir", str(desk.folder / "runs"))
    assert desk(*words).code == 3
    desk("trust", str(path), "--yes")
    answer = desk(*words)

    assert answer.code == 0, answer.err
    assert f"its steps run from {path.parent}" in answer.err
    assert desk.status()["run"]["file"] == str(path)
    assert desk(*words).err.endswith("there is nothing to adopt\n")


def test_variables_that_were_given_at_the_start_are_kept_and_others_may_be_given(desk: Desk) -> None:
    desk.write(PLAIN.replace("[[checklists]]", '[vars]\nnode = "a"\n[[checklists]]'))
    desk.new("--var", "node=mine")
    assert desk("adopt", "--yes").err.endswith("there is nothing to adopt\n")
    answer = desk("adopt", "--yes", "--var", "node=yours")
    assert "the variable node is yours, was mine" in answer.out
    assert desk.run.plan.vars == {"node": "yours"}


def test_hostile_text_is_visible_and_the_difference_is_bounded(desk: Desk) -> None:
    desk.write(PLAIN)
    desk.new()
    many = "".join(f"# line {number}\n" for number in range(1_000))
    desk.write(PLAIN.replace("Back up", "Back \\u001b]0;owned\\u0007up") + "# \u202e\n" + many)
    answer = desk("adopt", "--dry-run")

    assert answer.code == 0, answer.err
    assert not set(answer.out) & {"\x1b", "\x07", "\u202e"}
    assert len(answer.out.splitlines()) < 450
    assert "… and 857 more lines" in answer.out


def test_on_a_terminal_each_pair_the_review_and_the_adoption_are_asked_for(desk: Desk) -> None:
    plain = PLAIN + '[[procedures.rollback.steps]]\ntext = "Off"\nrun = ["true"]\n'
    desk.write(plain)
    desk.new()
    desk("tick", "day/tell-the-team")
    desk.write(plain.replace("Tell the team", "Tell all the team"))
    terminal = Terminal(desk, "adopt")
    terminal.read_until("The same? “Tell the team” is “Tell all the team”")
    terminal.type("y")
    terminal.read_until("Review it now? [y/N]")
    terminal.type("y")
    terminal.types_the_code("to trust exactly this:")
    terminal.read_until("Adopt it? [y/N]")
    terminal.type("y")

    assert terminal.end() == 0
    assert states(desk)["day/tell-all-the-team"] == "done"
    assert desk("verify").code == 0


def test_a_question_that_nobody_answers_adopts_nothing(desk: Desk) -> None:
    desk.write(PLAIN)
    desk.new()
    desk.write(PLAIN.replace("Back up", "Back it all up"))
    terminal = Terminal(desk, "adopt")
    terminal.read_until("Adopt it? [y/N]")
    terminal.type("")

    assert terminal.end() == 3
    assert kinds(desk) == ["run created"]
    assert len(list(Path(desk.folder / "runs" / "r1" / "plans").iterdir())) == 1


def test_a_name_that_the_new_plan_declares_is_told_and_missed_at_once_by_who_supervises(desk: Desk) -> None:
    desk.new()
    assert desk("trust", "--yes").code == 0
    assert desk("tick", "watch").code == 0
    desk.write(PLAN.replace('timeout = "1m"', 'timeout = "1m"\nsecrets = ["NO_SUCH_TOKEN"]'))
    assert desk("trust", "--yes").code == 0
    answer = desk("adopt", "--yes")

    assert answer.code == 0
    assert "newly declared: NO_SUCH_TOKEN; status says whether the supervisor has it" in answer.err
    until(lambda: desk.status()["supervisor"]["missing"] == ["NO_SUCH_TOKEN"], "the supervisor looks for it")
    assert "!! missing: NO_SUCH_TOKEN in the environment\n" in desk("status").out
    assert "  missing NO_SUCH_TOKEN  " in desk("status", "--tmux").out
    assert "found NO_SUCH_TOKEN missing in the supervisor's environment" in desk("log").out
