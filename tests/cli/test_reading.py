"""The verbs that show something: complete, stable, harmless, and without side effects."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from qudag_tui.cli.metrics import UNSAMPLED
from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.run.samples import SampleWriter
from tests.cli.desk import READING, SHIPPED, Answer, Desk, supervise_as_this_process

HOSTILE = "\x1b]0;owned\x07\x9b31m\u202e[/bold]\r\n\ttab"


def written(desk: Desk) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in desk.folder.rglob("*")}


def test_status_json_has_every_box_of_the_shipped_file(desk: Desk) -> None:
    desk.write(SHIPPED.read_text(encoding="utf-8"))
    desk.new()
    status = desk.status()
    assert list(status) == [
        "run",
        "counts",
        "items",
        "phases",
        "metrics",
        "triggers",
        "procedures",
        "armed",
        "countdown",
        "removed",
        "supervisor",
        "trust",
    ]
    assert status["counts"] == {"boxes": 99, "total": 86, "done": 9}
    assert len(status["items"]) == 99
    for item in status["items"]:
        assert {"id", "text", "kind", "state", "depth", "parent", "section", "by", "at"} <= set(item)
    gates = [item for item in status["items"] if item["kind"] == "gate"]
    assert all("verdict" in gate for gate in gates)
    ids = {item["id"] for item in status["items"]}
    assert all(item["parent"] is None or item["parent"] in ids for item in status["items"])
    assert [len(procedure["steps"]) for procedure in status["procedures"]] == [8]
    assert len(status["triggers"]) == 5
    assert [phase["state"] for phase in status["phases"]] == ["open", "locked", "locked"]
    assert status["supervisor"]["alive"] is False
    assert all(set(metric) >= {"id", "value", "unit", "at", "verdict"} for metric in status["metrics"])


def test_status_json_says_who_and_when(desk: Desk) -> None:
    desk.new()
    desk("tick", "talk")
    item = next(item for item in desk.status()["items"] if item["id"] == "talk")
    at = desk.run.events[-1].at.wall
    assert item == {
        "id": "talk",
        "text": "Team talked to",
        "kind": "manual",
        "state": "done",
        "depth": 0,
        "parent": None,
        "section": "before",
        "by": "ana",
        "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }


def test_status_json_follows_a_rollback_step_by_step(desk: Desk) -> None:
    desk.new()
    request = desk.ask(ask.Execute("rollback", "errors"))
    desk.record(ev.RequestClaimed(request))
    desk.ask(ask.MarkStep("alert"))
    desk.record(ev.StepStarted("flags", request, 1, 10, 1, 9, 1, "0003-flags.1.log"))
    desk.record(ev.StepEnded("flags", request, 1, "passed", code=0, seconds=0.5))
    desk.record(ev.WatchStarted("recovery", request), ev.WatchEnded("recovery", request, "passed", "pass", "31 %"))
    (rollback,) = desk.status()["procedures"]
    assert {step["id"]: (step["state"], step["outcome"]) for step in rollback["steps"]} == {
        "alert": ("ended", "passed"),
        "flags": ("ended", "passed"),
        "recovery": ("ended", "passed"),
        "if-not": ("not needed", None),
        "code": ("not needed", None),
    }
    assert (rollback["state"], rollback["outcome"], rollback["by"]) == ("running", None, "ana")
    desk.record(ev.ExecutionFinished(request, "passed"))
    assert desk.status()["procedures"][0]["outcome"] == "passed"
    assert desk.status()["phases"][0]["state"] == "held"


def test_status_says_of_a_watch_until_when_and_of_a_branch_that_it_was_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.new()
    request = desk.ask(ask.Execute("rollback", "errors"))
    desk.record(ev.RequestClaimed(request))
    desk.ask(ask.MarkStep("alert"))
    desk.record(ev.StepStarted("flags", request, 1, 10, 1, 9, 1, "0003-flags.1.log"))
    assert re.search(r"runs, or has ended: no supervisor \d\d:\d\d of 00:30  flags\n", desk("status").out)
    with monkeypatch.context() as supervised:
        supervise_as_this_process(supervised)
        assert re.search(r"running \d\d:\d\d of 00:30  flags\n", desk("status").out)
        desk.record(ev.StepEnded("flags", request, 1, "passed", code=0), ev.WatchStarted("recovery", request))
        assert re.search(r"watching \d\d:\d\d of 01:00  recovery\n", desk("status").out)
    assert re.search(r"not watched: no supervisor \d\d:\d\d of 01:00  recovery\n", desk("status").out)
    desk.record(ev.WatchEnded("recovery", request, "failed", "fail", "102%, limit 101%"))
    desk.record(ev.StepStarted("code", request, 1, 10, 1, 9, 1, "0003-code.1.log"))
    out = desk("status").out
    assert "not recovered: 102%, limit 101%  recovery\n" in out
    assert "under way  if-not\n" in out
    assert desk.status()["procedures"][0]["steps"][3]["state"] == "running"
    desk.record(ev.StepEnded("code", request, 1, "passed", code=0, seconds=0.5))
    assert desk.status()["procedures"][0]["steps"][3]["state"] == "ended"
    assert re.search(r"\[x\] If not +if-not\n", desk("status").out)


def test_status_shows_what_the_supervisor_says_and_nothing_of_it_once_it_is_gone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = desk.new()
    writer = SampleWriter(folder)
    writer.set_standing("gate", "load-ok", 1, {"verdict": "pass", "line": "31 %, limit 101 %"})
    writer.set_standing("metric", "cpu", 1, {"verdict": "pass", "value": 31.0})
    writer.set_standing("trigger", "smoke", 1, {"verdict": ["not", "a", "verdict"], "line": 7})
    writer.close()
    with monkeypatch.context() as patched:
        supervise_as_this_process(patched)
        status = desk.status()
        assert "pass: 31 %, limit 101 %" in desk("status").out
        said = (
            "pass          Load is fine  31 %, limit 101 %  load-ok\n  needs its final look: ticking it asks for one\n"
        )
        assert desk("gate", "load-ok") == Answer(0, said, "")
    gate = next(item for item in status["items"] if item["id"] == "load-ok")
    assert (gate["verdict"], gate["line"], gate["final"]) == ("pass", "31 %, limit 101 %", False)
    assert [status["metrics"][0][name] for name in ("value", "unit", "verdict")] == [31.0, "%", "pass"]
    assert status["triggers"][0]["verdict"] == "unknown"
    late = next(item for item in desk.status()["items"] if item["id"] == "load-ok")
    assert (late["verdict"], late["line"]) == ("unknown", "no supervisor looks; it last said pass: 31 %, limit 101 %")
    assert desk("gate", "load-ok").code == 7
    assert desk.status()["metrics"][0]["verdict"] == "unknown"
    assert desk("metrics") == Answer(0, "cpu\t31%\tunknown\tcpu\n", f"{UNSAMPLED}\n")


def test_status_for_people_has_a_line_a_box_with_its_id_last(desk: Desk) -> None:
    desk.new()
    desk("tick", "talk")
    at = f"{desk.run.events[-1].at.wall:%H:%M}"
    lines = desk("status").out.splitlines()
    assert lines[0] == "A deployment  v2 over v1  open  r1"
    assert lines[1].startswith("2 of 11 done  T+00:0")
    assert lines[2:9] == [
        "!! nothing can run: checklists.toml is not trusted; review it with: qudag-tui trust --run r1",
        "",
        "Day  2/9",
        "  Before  2/3  before",
        "    [?] Code freeze                                       claimed  freeze",
        f"    [x] Team talked to                                    ana {at}  talk",
        "    [ ] Backup done                                       backup",
    ]
    assert all(box.id in "\n".join(lines) for box in desk.run.plan.boxes.values())


def test_status_for_tmux_is_one_line_with_the_hash_doubled(desk: Desk) -> None:
    desk("new", "--release", "v2#(touch x)", "--id", "r1")
    assert desk("status", "--tmux") == Answer(
        0, "v2##(touch x)  1/11  T+00:00  Canary: open  not trusted  NO SUPERVISOR\n", ""
    )


def test_text_from_outside_is_harmless_in_every_output(desk: Desk) -> None:
    desk.new()
    desk("tick", "talk", "--as", HOSTILE)
    desk("comment", "talk", HOSTILE)
    desk("na", "backup", "--why", HOSTILE)
    request = desk.ask(ask.Execute("rollback", HOSTILE))
    desk.record(ev.RequestClaimed(request))
    for words in (
        ("status",),
        ("status", "--json"),
        ("status", "--tmux"),
        ("log",),
        ("log", "--json"),
        ("tick", HOSTILE),
        ("tick", "talk", "--run", HOSTILE),
        ("--as", HOSTILE, "undo"),
        (f"--{HOSTILE}",),
        ("info",),
    ):
        answer = desk(*words)
        shown = answer.out + answer.err
        assert not set("\x1b\x07\x9b\u202e\r") & set(shown), words


def test_a_label_with_escapes_in_the_file_is_harmless(desk: Desk) -> None:
    desk.write(
        'title = "\\u001b]0;owned\\u0007"\n[[checklists]]\ntitle = "Day"\n'
        'items = [{ id = "x", text = "\\u001b[31mred\\u009b" }]\n'
    )
    desk.new()
    assert "\x1b" not in desk("status").out
    assert desk.status()["items"][0]["text"] == "\x1b[31mred\x9b"


def test_log_tells_what_happened_in_order(desk: Desk) -> None:
    desk.new()
    desk("tick", "talk")
    desk("comment", "talk", "all", "here")
    times = [f"{event.at.wall:%Y-%m-%dT%H:%M:%SZ}" for event in desk.run.events]
    assert desk("log") == Answer(
        0,
        f"    1  {times[0]}  ana  opened the run r1: v2 over v1\n"
        f"    2  {times[1]}  ana  ticked “Team talked to”\n"
        f"    3  {times[2]}  ana  said of “Team talked to”: “all here”\n",
        "",
    )


def test_log_json_is_one_object_a_line(desk: Desk) -> None:
    desk.new()
    desk("tick", "talk")
    events = [json.loads(line) for line in desk("log", "--json").out.splitlines()]
    assert [(event["seq"], event["kind"]) for event in events] == [(1, "run created"), (2, "item ticked")]


def test_verify_is_sound_and_names_what_was_changed(desk: Desk) -> None:
    folder = desk.new()
    desk("tick", "talk")
    assert desk("verify").code == 0
    assert desk("verify", "--json").json["events"] == 2
    journal = folder / "progress.toml"
    journal.write_text(journal.read_text().replace('item = "talk"', 'item = "backup"'))
    answer = desk("verify")
    assert answer.code == 1
    assert "event 2 (item ticked) was changed" in answer.out


def test_output_prints_the_log_of_the_newest_attempt(desk: Desk) -> None:
    folder = desk.new()
    request = desk.ask(ask.Execute("rollback"))
    desk.record(ev.RequestClaimed(request))
    desk.ask(ask.MarkStep("alert"))
    (folder / "logs" / "a.log").write_bytes(b"one\n\x1b[31mtwo\nlast")
    desk.record(ev.StepStarted("flags", request, 1, 10, 1, 9, 1, "a.log"))
    assert desk("output", "flags") == Answer(0, "one\n␛[31mtwo\nlast\n", "")
    desk.record(ev.StepEnded("flags", request, 1, "failed"))
    assert desk("output", "flags", "--follow") == Answer(1, "one\n␛[31mtwo\nlast\n", "the attempt ended: failed\n")
    assert desk("output", "flags", "--attempt", "2").code == 4


def test_output_never_leaves_the_logs_of_the_run(desk: Desk) -> None:
    desk.new()
    (desk.folder / "secret").write_text("secret")
    request = desk.ask(ask.Execute("rollback"))
    desk.record(ev.RequestClaimed(request))
    desk.ask(ask.MarkStep("alert"))
    desk.record(ev.StepStarted("flags", request, 1, 10, 1, 9, 1, "../../../secret"))
    assert desk("output", "flags") == Answer(0, "", "")


@pytest.mark.parametrize("words", READING)
def test_reading_writes_nothing_and_starts_nothing(desk: Desk, words: tuple[str, ...]) -> None:
    desk.new()
    before = written(desk)
    desk(*words)
    assert written(desk) == before


def test_reading_works_in_a_folder_that_cannot_be_written(desk: Desk) -> None:
    folder = desk.new()
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        assert desk("status", "--json").json["counts"]["boxes"] == 17
        assert desk("rollback", "--dry-run").code == 0
        assert desk("log").code == 0
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o700)


def test_info_works_with_and_without_a_run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk("info").code == 0
    told = desk("info", "--json").json
    assert told["run"].startswith("none")
    assert told["can_be_executed"] == {"rollback": "Rollback", "deploy": "Deploy"}
    folder = desk.new()
    assert desk("info", "--json").json["run"] == str(folder)
    assert desk("info", "--run", "nothing").code == 4
    empty = desk.folder / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert desk("info").code == 0


def test_runs_lists_broken_ones_as_well(desk: Desk) -> None:
    desk.new()
    (desk.folder / "runs" / "junk").mkdir()
    lines = desk("runs").out.splitlines()
    assert lines[0].startswith("junk\tbroken: ")
    assert lines[1] == "r1\topen\tv2\tA deployment"
    assert [run["open"] for run in desk("runs", "--json").json] == [False, True]


def test_a_run_folder_that_is_a_link_is_refused(desk: Desk) -> None:
    folder = desk.new()
    (desk.folder / "runs" / "link").symlink_to(folder)
    assert desk("status", "--run", "link").code == 3


def test_a_journal_that_is_none_is_an_invalid_file(desk: Desk) -> None:
    folder = desk.new()
    (folder / "progress.toml").write_bytes(b"\xff\x00 nothing")
    answer = desk("status", "--run", "r1")
    assert (answer.code, answer.out) == (2, "")
    assert str(folder) in answer.err


def test_completion_names_every_verb(desk: Desk) -> None:
    from qudag_tui.cli.verbs import VERBS

    for shell in ("bash", "zsh", "fish"):
        script = desk("completion", shell).out
        assert all(verb in script for verb in VERBS), shell


def test_the_bash_completion_is_a_script_that_bash_reads(desk: Desk, tmp_path: Path) -> None:
    import subprocess

    script = tmp_path / "completion.bash"
    script.write_text(desk("completion", "bash").out)
    subprocess.run(["bash", "-n", script], check=True)
