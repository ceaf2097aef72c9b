"""``approve`` and what goes with it: two people at two machines, from the request to the verified journal."""

from __future__ import annotations

import argparse
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.follow import Follower
from qudag_tui.cli.session import Session
from qudag_tui.core import event as ev
from qudag_tui.core.event import Actor
from qudag_tui.core.intent import Execute
from qudag_tui.run import clock, supervision
from qudag_tui.run.run import Run
from tests.cli.desk import PLAN, Answer, Desk
from tests.run.people import People
from tests.waiting import DEADLINE_SECONDS, until

TWO = PLAN.replace(
    "[[procedures.rollback.steps]]", "[procedures.rollback]\napprovals = 2\n\n[[procedures.rollback.steps]]", 1
)


@pytest.fixture
def people(desk: Desk) -> People:
    """The desk is ana's, who knows bo and cem; the rollback needs two."""
    desk.write(TWO)
    made = People(desk.folder / "home" / "config")
    made.me("ana")
    made.allow("ana", "bo", "cem")
    return made


def asked(desk: Desk) -> int:
    """A rollback that ana asked for, in the run ``r1``; the request."""
    return desk.ask(Execute("rollback", "errors at 50 %", own_keys=("SHA256:anas",)))


def token(desk: Desk) -> str:
    shown = desk("approve", "--show")
    assert shown.code == 0, shown.err
    return shown.out.strip()


def signed(desk: Desk, people: People, name: str) -> str:
    answer = desk("approve", token(desk), "--key", str(people.key(name)))
    assert answer.code == 0, answer.err
    return answer.out.strip()


def approvals(desk: Desk) -> object:
    return desk.status()["procedures"][0]["approvals"]


# The whole way


def test_two_people_from_the_request_to_the_verified_journal(desk: Desk, people: People) -> None:
    desk.new_trusted()
    following = desk.process("rollback", "--yes", "--why", "errors at 50 %", "--json")
    assert following.stdout is not None
    request, waits = (json.loads(following.stdout.readline()) for _ in range(2))
    assert (request["kind"], waits["request"]) == ("execution requested", request["seq"])
    assert "waits for a second signature, 0" in desk("status").out
    given = approvals(desk)
    assert isinstance(given, dict)
    assert (given["wanted"], given["given"], given["missing"], given["expires"]) == (2, [], 1, waits["expires"])

    # bo, elsewhere: without the run, and without ana's configuration.
    elsewhere = subprocess.run(
        [sys.executable, "-m", "qudag_tui", "approve", "-", "--key", str(people.key("bo"))],
        input=waits["token"],
        env=desk.environment(XDG_CONFIG_HOME=str(desk.folder / "nothing")),
        cwd=desk.folder / "home",
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert re.sub(r"\d\d:\d\d(:\d\d)?|[0-9a-f]{12}|\d{4}-\d\d-\d\d|\(\S+ on \S+\)", "#", elsewhere.stderr) == (
        "You are asked to approve:\n"
        "  roll back v2 to v1  (A deployment)\n"
        "  asked for by ana # at # # UTC, valid until # UTC, # left\n"
        "  reason   errors at 50 %\n"
        f"  run      r1 (#), request {request['seq']}, plan #\n"
        "  2 people are needed, ana included; with the last signature it starts at once.\n"
        "Give this line back to ana:\n"
    )
    handed_in = desk("approve", "--run", "r1", "--signature", elsewhere.stdout)
    assert handed_in.code == 0, handed_in.err
    assert f"handed in the approval of the rollback by bo@example.org, key {people.fingerprint('bo')}" in handed_in.err

    out, _ = following.communicate(timeout=DEADLINE_SECONDS)
    assert following.returncode == 7
    assert "approved by bo@example.org at " in desk("status").out
    assert json.loads(out.splitlines()[-1])["state"] == "running"
    verified = desk("verify")
    assert (verified.code, f"vouches up to event {request['seq']}" in verified.out) == (0, True)


def test_a_colleague_at_the_same_login_signs_on_the_spot(desk: Desk, people: People) -> None:
    desk.new_trusted()
    asked(desk)
    answer = desk("approve", "--key", str(people.key("bo")))

    assert (answer.code, "by bo@example.org" in answer.err) == (0, True)
    until(lambda: desk.status()["procedures"][0]["state"] == "running", "it starts")


@pytest.mark.usefixtures("people")
def test_alone_starts_at_once_and_is_shown_for_ever(desk: Desk) -> None:
    desk.new_trusted()
    started = desk("rollback", "--yes", "--alone", "nobody else is awake")
    said = "ana alone, without a second signature: “nobody else is awake”"

    assert started.code == 7
    assert f"  rollback, started by {said}\n" in desk("status").out
    given = approvals(desk)
    assert isinstance(given, dict)
    (once,) = given["alone"]
    assert (once["by"], once["reason"], given["missing"]) == ("ana", "nobody else is awake", 0)
    assert "asked for the rollback, alone: “nobody else is awake”" in desk("log").out
    assert desk("abort").code == 0
    until(lambda: desk.status()["procedures"][0]["state"] == "finished", "it ends")
    assert f"rollback was started by {said}" in desk("close", "abandoned").err
    assert f"  rollback, started by {said}\n" in desk("status", "--run", "r1").out


def test_a_request_that_nobody_approves_expires_and_takes_no_signature(desk: Desk, people: People) -> None:
    folder = desk.new_trusted()
    # A request of eleven minutes ago, that a supervisor finds.
    run, now = Run.open(folder), clock.now()
    before = now.plus(-660)
    assert isinstance(
        run.submit(Execute("rollback", own_keys=("SHA256:anas",)), Actor("ana"), lambda: before), ev.Event
    )
    late = desk("approve", "--signature", people.sign("bo", "x"))
    assert (late.code, "too late" in late.err) == (3, True)
    supervisor = desk.process("supervise", "--run", "r1")
    until(lambda: "expired: nobody approved it within 10 minutes" in desk("log").out, "it expires")
    supervisor.terminate()
    supervisor.communicate(timeout=DEADLINE_SECONDS)
    again = desk("approve", "--signature", people.sign("bo", "x"))
    assert (again.code, "has expired" in again.err) == (3, True)


# Refusals


def test_what_was_signed_by_the_wrong_person_is_refused_and_nothing_is_recorded(desk: Desk, people: People) -> None:
    desk.new()
    asked(desk)
    before = desk.run.state.head_seq
    for name, why in (("ana", "who asked for it"), ("mallory", "is not among the allowed signers")):
        answer = desk("approve", "--signature", signed(desk, people, name))
        assert (answer.code, why in answer.err) == (3, True), answer.err
    answer = desk("approve", "--signature", "nonsense")
    assert (answer.code, "this is no SSH signature" in answer.err) == (3, True)
    assert desk.run.state.head_seq == before


def test_new_begins_nothing_where_nobody_could_approve_and_check_warns(desk: Desk, people: People) -> None:
    assert desk("check", "--strict", "checklists.toml").code in {0, 1}
    assert "asks for 2 people" not in desk("check").out
    people.allowed.unlink()

    answer = desk("new", "--release", "v2")
    assert (answer.code, list((desk.folder / "runs").glob("*"))) == (3, [])
    assert "“rollback” asks for 2 people, and no other person's key is configured" in answer.err
    assert "bo@example.org ssh-ed25519 AAAA…" in answer.err
    line = TWO[: TWO.index("approvals = 2")].count("\n") + 1
    warned = next(said for said in desk("check").out.splitlines() if "asks for 2 people" in said)
    assert warned.startswith(f"checklists.toml:{line}:13: warning: “rollback” asks for 2 people")


@pytest.mark.usefixtures("people")
def test_without_a_record_it_is_started_alone_or_not_at_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.new_trusted()
    monkeypatch.setattr("qudag_tui.cli.unrecorded.can_ask", lambda: True)
    answer = desk("rollback", "--unrecorded")

    assert (answer.code, "the rollback needs 2 people" in answer.err) == (3, True)


def test_a_rollback_that_nobody_could_approve_any_more_names_the_way_out(desk: Desk, people: People) -> None:
    desk.new_trusted()
    people.allowed.unlink()
    answer = desk("rollback", "--yes")

    assert (answer.code, "--alone REASON" in answer.err) == (3, True)
    assert desk.run.state.head_seq == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("approve", "nonsense"), 2, "it is no text to sign"),
        (("approve", "qudag1.AAAA", "--key", "k"), 2, "damaged on its way"),
        (("approve", "x", "--signature", "y"), 2, "say one of TOKEN, --signature and --show"),
        (("approve", "--signature", "y", "--key", "k"), 2, "say one of TOKEN, --signature and --show"),
        (("approve", "--show", "--key", "k"), 2, "say one of TOKEN, --signature and --show"),
        (("approve", "--signature", " "), 2, "there is no signature"),
        (("approve", "--show"), 3, "nothing waits for an approval"),
        (("approve", "--key", "nowhere"), 3, "nothing waits for an approval"),
    ],
)
def test_wrong_usage_is_said(desk: Desk, people: People, words: tuple[str, ...], code: int, said: str) -> None:
    desk.new()
    answer = desk(*words)

    assert (answer.code, said in answer.err) == (code, True), answer.err
    assert people.config.exists()


def test_without_a_terminal_nothing_is_signed_unless_the_key_is_named(desk: Desk, people: People) -> None:
    desk.new()
    asked(desk)
    shown = token(desk)
    assert desk("approve", shown) == Answer(
        3, "", "qudag-tui: there is no terminal to ask on: nothing is signed unless --key names the key\n"
    )
    assert desk("approve", shown, "--key", str(people.key("bo")), "--json").json["key"] == people.fingerprint("bo")


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("typed", ["right", "wrong", ""])
def test_on_a_terminal_a_code_is_typed_before_anything_is_signed(desk: Desk, typed: str) -> None:
    desk.new()
    asked(desk)
    ours, theirs = pty.openpty()
    signing = desk.process("approve", token(desk), stdin=theirs, stderr=theirs, stdout=subprocess.PIPE)
    os.close(theirs)
    seen = b""
    while b"to sign with" not in seen:
        seen += os.read(ours, 4096)
    code = re.search(rb"Type (\w+) to sign with", seen)
    assert code is not None
    assert b"asked for by ana" in seen
    os.write(ours, {"right": code[1].lower() + b"\n", "wrong": b"y\n", "": b"\n"}[typed])
    out, _ = signing.communicate(timeout=DEADLINE_SECONDS)
    os.close(ours)

    assert (signing.returncode, out[:8]) == ((0, b"U1NIU0lH") if typed == "right" else (3, b""))


def test_a_hostile_text_is_shown_harmlessly(desk: Desk, people: People) -> None:
    desk.new()
    desk.ask(Execute("rollback", "\x1b[2Jcalm \u202egnihton", own_keys=("SHA256:anas",)))
    answer = desk("approve", token(desk), "--key", str(people.key("bo")))

    assert "  reason   ␛[2Jcalm <202e>gnihton\n" in answer.err


# verify


def approved(desk: Desk, people: People) -> Path:
    """A run with bo's approval in it."""
    folder = desk.new()
    asked(desk)
    assert desk("approve", "--signature", signed(desk, people, "bo")).code == 0
    return folder


def test_verify_says_whose_signature_vouches_up_to_where(desk: Desk, people: People) -> None:
    folder = approved(desk, people)
    request = next(e.seq for e in Run.open(folder).events if isinstance(e.fact, ev.ExecutionRequested))
    found = desk("verify", "--json")

    assert found.code == 0
    anchor = {"name": f"the signature of bo@example.org ({people.fingerprint('bo')})", "seq": request, "holds": True}
    assert anchor in found.json["anchors"]
    (one,) = found.json["approvals"]
    assert (one["principal"], one["checked"], one["wrong"]) == ("bo@example.org", True, "")


def test_verify_by_other_allowed_signers_and_by_none(desk: Desk, people: People) -> None:
    approved(desk, people)
    elsewhere = desk.folder / "team"
    elsewhere.write_text(people.allowed.read_text())
    people.allowed.unlink()

    unknown = desk("verify")
    assert (unknown.code, "was not verified: no allowed signers are configured" in unknown.out) == (7, True)
    assert desk("verify", "--allowed-signers", str(elsewhere)).code == 0
    elsewhere.write_text(f"bo@example.org {people.public('cem')}\n")
    wrong = desk("verify", "--allowed-signers", str(elsewhere))
    assert (wrong.code, "bo@example.org is no allowed signer with the key" in wrong.out) == (1, True)
    assert desk("verify", "--allowed-signers", "nowhere").code == 3


def _forge(journal: Path, old: str, new: str) -> None:
    """What somebody who knows the format writes: another value, and every hash made to fit."""
    from qudag_tui.run.block import event_from_values, render
    from qudag_tui.run.scan import block_values, split

    text = journal.read_text()
    assert old in text
    prev, written = "", b""
    for block in split(text.replace(old, new)).blocks:
        data, prev = render(event_from_values(block_values(text.replace(old, new), block)), prev)
        written += data
    journal.write_bytes(written)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('reason = "errors at 50 %"', 'reason = "nothing"', "what was signed is not event"),
        ('by = "ana"\nlogin', 'by = "eve"\nlogin', "what was signed is not event"),
        ('principal = "bo@example.org"', 'principal = "cem@example.org"', "cem@example.org is no allowed signer"),
        ("request = 2\nprincipal", "request = 1\nprincipal", "event 1 asks for nothing"),
        ("request = 2\nprincipal", "request = 999\nprincipal", "event 999 asks for nothing"),
        ('\\"people\\":2', '\\"people\\":3', "the signature is not good"),
        ('signature = "U1NI', 'signature = "XXXX', "no SSH signature"),
        ('payload = "{', 'payload = "[', "it is no text to sign"),
    ],
)
def test_verify_finds_what_was_forged_with_hashes_that_fit(
    desk: Desk, people: People, old: str, new: str, why: str
) -> None:
    _forge(approved(desk, people) / "progress.toml", old, new)
    found = desk("verify", "--json")

    assert found.code == 1
    assert [f["problem"] for f in found.json["findings"] if why in f["what"]] == ["forged"]
    assert not any("signature" in anchor["name"] for anchor in found.json["anchors"])


# Following


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("wait", [False, True])
def test_following_waits_for_the_approval_whether_or_not_there_is_a_terminal(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, wait: bool
) -> None:
    monkeypatch.setattr(supervision, "supervisor_alive", lambda _folder: True)
    desk.new()
    request = asked(desk)
    session = Session(argparse.Namespace(run="r1", runs_dir=None))
    assert session.run.events
    following = Follower(session, request, wait=wait)
    assert following._code() is None
    assert Follower(session, request, wait=wait, patient=False)._code() is ExitCode.UNKNOWN

    desk.record(ev.RequestExpired(request, "nobody approved it within 10 minutes"))
    with pytest.raises(Stop, match="the request expired: nobody approved it within 10 minutes") as caught:
        following.follow()
    assert caught.value.code is ExitCode.REFUSED


@pytest.mark.usefixtures("people")
def test_without_waiting_a_rollback_asks_and_leaves(desk: Desk) -> None:
    desk.new_trusted()
    answer = desk("rollback", "--yes", "--no-wait")

    assert (answer.code, answer.out) == (7, "")
    assert "\nqudag1." in answer.err
    assert "qudag-tui approve --run r1 --signature LINE" in answer.err
    assert desk("abort").code == 0


def test_the_screen_asks_for_no_release_where_nobody_could_approve(desk: Desk, people: People) -> None:
    people.allowed.unlink()
    ours, theirs = pty.openpty()
    opened = desk.process("checklists.toml", stdin=theirs, stderr=theirs, env=desk.environment(TERM="xterm-256color"))
    os.close(theirs)
    seen = b""
    while b"AAAA" not in seen:
        seen += os.read(ours, 4096)
    opened.communicate(timeout=DEADLINE_SECONDS)
    os.close(ours)

    assert (opened.returncode, b"\x1b" in seen) == (3, False)
    assert "no other person's key is configured" in seen.decode()
