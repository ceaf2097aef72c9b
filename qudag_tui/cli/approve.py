"""``approve``: sign what a colleague asks for, and hand a signature in."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.cli.confirm import confirm_typed
from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.moment import stamp
from qudag_tui.cli.parser import add_actor_options
from qudag_tui.cli.recorded import tell
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import can_ask, put, put_json, say
from qudag_tui.core.approval import NAMESPACE
from qudag_tui.core.duration import clock as minutes
from qudag_tui.core.procedure import ROLLBACK

if TYPE_CHECKING:
    from datetime import datetime

    from qudag_tui.core.approval_payload import Asked
    from qudag_tui.run.ssh_signature import Signature

_MOST_CHARACTERS = 64_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("token", metavar="TOKEN", nargs="?", help="the text to sign; - reads it from standard input")
    parser.add_argument("--key", metavar="FILE", help="the key to sign with (without it: key of [signing])")
    parser.add_argument("--signature", metavar="TEXT", help="the signature to hand in (without it: standard input)")
    parser.add_argument("--show", action="store_true", help="print the text to sign of what waits in the run")
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Sign (TOKEN), sign and hand in (``--key`` alone), show (``--show``), or hand in (``--signature``, or stdin)."""
    given = [name for name in ("token", "signature", "show") if getattr(arguments, name)]
    if len(given) > 1 or (arguments.key and given not in ([], ["token"])):
        raise Stop(ExitCode.USAGE, "say one of TOKEN, --signature and --show; --key signs, with TOKEN or in the run")
    if arguments.token:
        return _sign_only(arguments)
    session = Session(arguments)
    if arguments.show:
        return _show(session)
    if arguments.key:
        return _sign_here(session)
    if arguments.signature is None and can_ask():
        say("Paste the signature, then press enter:")
    return _hand_in(session, arguments.signature if arguments.signature is not None else _standard_input())


def _standard_input() -> str:
    """One line of a terminal; all that a pipe has."""
    return sys.stdin.readline(_MOST_CHARACTERS) if can_ask() else sys.stdin.read(_MOST_CHARACTERS)


def _sign_only(arguments: argparse.Namespace) -> ExitCode:
    """Sign a token, with no run at hand: the signature is the one line on stdout."""
    from qudag_tui.core.approval_payload import PayloadError
    from qudag_tui.core.approval_token import payload_in

    try:
        payload, asked = payload_in(_standard_input() if arguments.token == "-" else arguments.token)  # noqa: S105  # no secret
    except PayloadError as error:
        raise Stop(ExitCode.USAGE, str(error)) from error
    signature = _sign(payload, asked, arguments)
    if arguments.json:
        put_json({"signature": signature.text, "key": signature.key, "request": asked.request, "run": asked.run})
    else:
        say(f"Give this line back to {asked.by}:")
        put(signature.text)
    return ExitCode.DONE


def _sign(payload: str, asked: Asked, arguments: argparse.Namespace) -> Signature:
    """Show in words what is approved, ask, and sign. Without a terminal only with a key that was named here."""
    from qudag_tui.run import clock
    from qudag_tui.run.signers import load_signing
    from qudag_tui.run.ssh_signature import sign

    if not can_ask() and not arguments.key:
        raise Stop(ExitCode.REFUSED, "there is no terminal to ask on: nothing is signed unless --key names the key")
    say(*asked_lines(asked, clock.now().wall))
    key = Path(os.path.expanduser(arguments.key)) if arguments.key else load_signing().key  # noqa: PTH111  # pathlib's raises where nobody has such a home
    if key is None:
        raise Stop(ExitCode.USAGE, "which key? say --key FILE, or name it as key under [signing] in your config.toml")
    if can_ask():
        confirm_typed(f"to sign with {key}", yes=False)
    return sign(payload, NAMESPACE, key)


def asked_lines(asked: Asked, now: datetime) -> list[str]:
    """What is asked for, in words: by whom, where, until when, and why."""
    back = f" to {asked.previous}" if asked.previous else ""
    what = (
        f"roll back {asked.release}{back}" if asked.procedure == ROLLBACK else f"“{asked.heading}”, at {asked.release}"
    )
    if asked.undoes:
        what = f"take back what “{asked.heading}” did at {asked.release} (request {asked.undoes})"
    left = (asked.expires - now).total_seconds()
    until = f"{asked.expires:%H:%M:%S} UTC"
    valid = f"valid until {until}, {minutes(left)} left" if left > 0 else f"EXPIRED at {until}, by this machine's clock"
    lines = [
        "You are asked to approve:",
        f"  {what}  ({asked.title})",
        f"  asked for by {asked.by} ({asked.whence}) at {asked.at:%Y-%m-%d %H:%M:%S} UTC, {valid}",
        *(f"  trigger  {cause}" for cause in asked.causes),
        f"  reason   {asked.reason or 'none was given'}",
        f"  run      {asked.run} ({asked.nonce[:12]}), request {asked.request}, plan {asked.plan[:12]}",
        f"  {asked.people} people are needed, {asked.by} included; with the last signature it starts at once.",
    ]
    if left <= 0:
        lines.append("  A signature that is handed in late is refused.")
    return lines


def _show(session: Session) -> ExitCode:
    from qudag_tui.run.approving import text_to_sign, waiting_for_approval

    execution = waiting_for_approval(session.state)
    print_token(session, text_to_sign(session.state, session.opened, execution))
    return ExitCode.DONE


def print_token(session: Session, payload: str, *, as_data: bool = True) -> None:
    """What waits, and the text to sign: on stdout, or as words where stdout has other data."""
    from qudag_tui.core.approval_payload import read_payload
    from qudag_tui.core.approval_token import token_of

    asked, token = read_payload(payload), token_of(payload)
    if as_data and session.option("json"):
        put_json({"request": asked.request, "token": token, "expires": stamp(asked.expires)}, lines=True)
        return
    say(
        f"{asked.heading} waits for the signature of another person until {asked.expires:%H:%M:%S} UTC.",
        "They run  qudag-tui approve  with this text, on any machine with their key:",
    )
    (put if as_data else say)(token)
    say(f"Hand in the line that it prints with  qudag-tui approve --run {session.opened.id} --signature LINE")


def _sign_here(session: Session) -> ExitCode:
    """A colleague at this login signs with a key of their own, and it is handed in at once."""
    from qudag_tui.core.approval_payload import read_payload
    from qudag_tui.run.approving import text_to_sign, waiting_for_approval

    payload = text_to_sign(session.state, session.opened, waiting_for_approval(session.state))
    signature = _sign(payload, read_payload(payload), session.arguments)
    session.run.catch_up()
    return _hand_in(session, signature.text)


def _hand_in(session: Session, text: str) -> ExitCode:
    """Verify a signature, and record it where a supervisor sees it."""
    from qudag_tui.run import clock
    from qudag_tui.run.approving import approval_of

    if not text.strip():
        raise Stop(ExitCode.USAGE, "there is no signature: say --signature LINE, or give it on standard input")
    intent = approval_of(session.state, session.opened, text, clock.now())
    with session.supervised():
        return tell(session, session.ask(intent), session.arguments)
