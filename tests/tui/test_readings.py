"""What the screen knows: samples with their gaps, observed time, due times, the last leaving."""

from __future__ import annotations

import math
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qudag_tui.core import event as ev
from qudag_tui.core import intent as ask
from qudag_tui.core.verdict import Verdict
from qudag_tui.run import clock
from qudag_tui.run.actor import this_actor
from qudag_tui.run.standing import Standing, standing_of
from qudag_tui.run.standings import Standings
from qudag_tui.tui.clipboard import copy_through_tmux, is_in_tmux
from qudag_tui.tui.facts import Tone, box_fact, section_fact
from qudag_tui.tui.leaving import Left, read_left, write_left
from qudag_tui.tui.lifecycle import is_ascii_locale
from qudag_tui.tui.operator import remember_operator
from qudag_tui.tui.readings import Reader
from qudag_tui.tui.snapshot import Snapshot, first_snapshot
from qudag_tui.tui.theme import is_exact
from tests.tui.deployment import ANA, SHIPPED, Deployment


def snapshot(deployment: Deployment) -> Snapshot:
    deployment.run.catch_up()
    run = deployment.run
    return first_snapshot(run.plan, run.state, tuple(run.events), ANA, clock.now())


def test_a_series_has_a_gap_where_a_slot_is_missing(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=60)
    deployment.samples({"cpu": [30.0, math.nan, 32.0]})
    reader = Reader(deployment.run)

    series = reader.read(clock.now()).series["cpu"]

    assert series.values[:3] == (30.0, None, 32.0)
    assert series.newest == 32.0
    reader.close()


def test_new_samples_are_added_to_those_that_were_read(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=60)
    deployment.samples({"cpu": [30.0]}, ago=10)
    reader = Reader(deployment.run)
    first = reader.read(clock.now()).series["cpu"].values
    deployment.samples({"cpu": [31.0]})

    later = reader.read(clock.now()).series["cpu"].values

    assert [value for value in first if value is not None] == [30.0]
    assert (later[0], later[-1]) == (30.0, 31.0)
    assert later.count(None) == len(later) - 2
    reader.close()


def test_without_a_database_nothing_is_known_and_nothing_fails(deployment: Deployment) -> None:
    reader = Reader(deployment.run)

    readings = reader.read(clock.now())

    assert readings.series["cpu"].values == ()
    assert readings.standings == Standings(supervised=False)
    reader.close()


def test_a_soak_counts_only_what_was_observed(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, began=700)
    deployment.ask(ask.Tick("watch"), ago=600)
    deployment.samples({"cpu": [30.0] * 101})
    reader = Reader(deployment.run)

    seconds = reader.read(clock.now()).standings.observed_seconds["watch"]

    assert 99 <= seconds <= 101
    reader.close()


def test_a_standing_is_read_whatever_somebody_wrote_into_it() -> None:
    said = {"verdict": "pass", "line": "31%", "value": 31, "limit": True, "error": 5}

    assert standing_of(said) == Standing(Verdict.PASS, "31%", 31.0, None, "")
    assert standing_of({"value": math.inf, "verdict": "holds", "requirements": 1}) == Standing()


def test_a_section_is_due_and_then_overdue(tmp_path: Path) -> None:
    late, early = Deployment(tmp_path, SHIPPED, began=600), "deployment-day-checklist/pre-deployment-t-2-hours"
    shot = snapshot(late)
    before, after = shot.plan.sections[early], shot.plan.sections["deployment-day-checklist/post-deployment-t-24-hours"]

    assert section_fact(before, shot)[:2] == (("overdue 2 h 10 min", "overdue"), Tone.WRONG)
    assert section_fact(after, shot).wordings[0].startswith("due ")


def test_a_final_look_stands_until_somebody_acknowledges_it(deployment: Deployment) -> None:
    started = deployment.ask(ask.Tick("watch")).seq
    deployment.record(ev.GateJudged("cpu-gate", started, "pass", "31%, limit 80% · 1800 slots"))
    gate = deployment.run.plan.items["cpu-gate"]

    fact = box_fact(gate, snapshot(deployment))

    assert fact.wordings == (
        "31%, limit 80% · 1800 slots · final pass",
        "31%, limit 80% · final pass",
        "final pass",
    )
    assert fact.tone is Tone.CURRENT


def test_a_failed_look_is_wrong(deployment: Deployment) -> None:
    started = deployment.ask(ask.Tick("watch")).seq
    deployment.record(ev.GateJudged("cpu-gate", started, "fail", "91%, limit 80%"))

    assert box_fact(deployment.run.plan.items["cpu-gate"], snapshot(deployment)).tone is Tone.WRONG


def test_leaving_is_remembered_for_this_user_alone(tmp_path: Path) -> None:
    nonce, left = "0" * 32, Left(7, datetime(2026, 11, 22, 21, 4, tzinfo=UTC))
    write_left(nonce, left)

    assert read_left(nonce) == left
    [kept] = (tmp_path / "state" / "left").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    for damaged in ("{", '{"seq": 1e999, "at": "2026-11-22T21:04:00+00:00"}'):
        kept.write_text(damaged)
        assert read_left(nonce) is None
    assert read_left("../../etc/passwd") is None


def test_the_operator_is_kept_beside_what_is_configured_already(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "qudag-tui"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('# mine\nother = 1\noperator = "ana"\n')

    assert remember_operator("bo") == ""
    assert (folder / "config.toml").read_text() == '# mine\nother = 1\noperator = "bo"\n'
    assert this_actor().by == "bo"


def test_an_operator_that_cannot_be_kept_is_said_and_stops_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "qudag-tui"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("= nonsense")

    assert remember_operator("bo").startswith("from here on bo, but that could not be kept")


def test_copying_inside_tmux_needs_a_tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = tmp_path / "taken"
    fake = tmp_path / "tmux"
    fake.write_text(f'#!/bin/sh\ncat > "{taken}"\necho "$@" >> "{taken}"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")

    assert is_in_tmux()
    assert copy_through_tmux("a row\n")
    assert taken.read_text() == "a row\nload-buffer -w -\n"


def test_only_colorterm_is_believed_about_colours_and_only_c_means_ascii() -> None:
    assert is_exact({"COLORTERM": "truecolor"})
    assert not is_exact({"TERM": "xterm-256color"})
    assert is_ascii_locale({"LC_ALL": "C", "LANG": "de_DE.UTF-8"})
    assert not is_ascii_locale({"LANG": "C.UTF-8"})
    assert not is_ascii_locale({})
