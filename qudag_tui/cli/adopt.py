"""``adopt [FILE]``: show what was changed in the checklist file of an open run, and go on with it as it is now."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qudag_tui.cli.confirm import confirm
from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Refused, Stop
from qudag_tui.cli.new import add_variables, variables_of
from qudag_tui.cli.parser import add_actor_options, add_yes
from qudag_tui.cli.recorded import event_json
from qudag_tui.cli.session import Session
from qudag_tui.cli.sinks import ask, can_ask, put, put_json, say
from qudag_tui.core.dry_run import join

if TYPE_CHECKING:
    from qudag_tui.core.difference import Difference
    from qudag_tui.core.rewording import Pair
    from qudag_tui.run.adopting import Candidate


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help="the checklist file (without it: the one that is followed)"
    )
    parser.add_argument(
        "--same",
        metavar="OLD=NEW",
        action="append",
        default=[],
        help="the box, or section, OLD is called NEW by now; may be repeated",
    )
    parser.add_argument("--no-same", action="store_true", help="take no other box for the same one")
    parser.add_argument("--dry-run", action="store_true", help="only show what is different")
    add_variables(parser)
    add_yes(parser, "adopt it, and take what seems to be the same for the same, without being asked")
    add_actor_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the difference, ask what is to be asked, and adopt it."""
    from qudag_tui.core.adoption import carry, has_progress  # a wrong option needs none of it
    from qudag_tui.core.difference import difference
    from qudag_tui.run.adopting import candidate

    session = Session(arguments)
    same, variables = _pairs_of(arguments.same), variables_of(arguments)
    found = candidate(session.run, Path(arguments.file or session.state.file), variables)
    if found.is_same:
        say(f"{found.path} is as the run follows it: there is nothing to adopt")
        return ExitCode.DONE
    if not arguments.dry_run:
        _require_possible(session)
    told = difference(found.followed, found.plan)
    offered = [
        pair
        for pair in ([] if arguments.no_same else told.reworded)
        if pair.old not in same and pair.new not in same.values() and has_progress(session.state, pair.old)
    ]
    if arguments.json:
        if arguments.dry_run:
            put_json(_plain(told, found))
    else:
        _show(told, found)
    if found.is_moved:
        say(f"it is another file than {session.state.file}: its steps run from {found.path.resolve().parent}")
    if arguments.dry_run:
        for pair in offered:
            say(f"seems to be the same: {_of_pair(pair)}")
        return ExitCode.DONE
    same |= _chosen(offered, yes=arguments.yes)
    say(*(str(restart) for restart in carry(session.state, found.plan, same).restarts))
    _require_trust(session, found)
    confirm("Adopt it?", yes=arguments.yes)
    session.run.keep_plan(found.data, found.plan, session.actor.by)
    event = session.ask(found.intent(same))
    if arguments.json:
        put_json(event_json(event))
        return ExitCode.DONE
    _tell(session, found, event.seq)
    return ExitCode.DONE


def _pairs_of(words: Sequence[str]) -> dict[str, str]:
    same: dict[str, str] = {}
    for word in words:
        old, equals, new = word.partition("=")
        if not (old and equals and new) or old in same:
            raise Stop(ExitCode.USAGE, f"--same takes OLD=NEW, two ids, each OLD once; not {word!r}")
        same[old] = new
    return same


def _require_possible(session: Session) -> None:
    """Ask nothing of a person that is refused in the end."""
    from qudag_tui.core.decide_adoption import in_the_way

    refusal = in_the_way(session.state)
    if refusal is not None:
        raise Refused(refusal)
    session.opened.require_writable()


def _show(told: Difference, found: Candidate) -> None:
    from qudag_tui.plan.difference import difference

    for line in told.words():
        put(line)
    put("")
    for line in difference(found.before, found.data):
        put(line)


def _of_pair(pair: Pair) -> str:
    words = f"“{pair.old_text}” is “{pair.new_text}”" if pair.old_text != pair.new_text else f"“{pair.old_text}”"
    return f"{words}  ({pair.old} = {pair.new})"


def _chosen(offered: Sequence[Pair], *, yes: bool) -> dict[str, str]:
    """Those that a person takes for the same; :class:`Stop` (3) where nobody can be asked."""
    if yes or not offered:
        return {pair.old: pair.new for pair in offered}
    if not can_ask():
        say(*(f"seems to be the same: {_of_pair(pair)}" for pair in offered))
        many = f"{len(offered)} boxes or sections with something recorded seem" if len(offered) > 1 else "One seems"
        raise Stop(
            ExitCode.REFUSED,
            f"{many} to have another id: --yes takes them for the same, --same OLD=NEW chooses, --no-same takes none",
        )
    same: dict[str, str] = {}
    alike = [pair for pair in offered if pair.likeness >= 1 and not pair.is_section]
    if alike:
        say(*(f"  {_of_pair(pair)}" for pair in alike))
        if _agrees(f"{len(alike)} with another id and the same words: the same?"):
            same |= {pair.old: pair.new for pair in alike}
    for pair in offered:
        if pair not in alike and _agrees(f"The same? {_of_pair(pair)}"):
            same[pair.old] = pair.new
    return same


def _agrees(question: str) -> bool:
    return ask(f"{question} [y/N]").casefold() in {"y", "yes"}


def _require_trust(session: Session, found: Candidate) -> None:
    why = found.why_untrusted()
    if why and can_ask() and _agrees(f"{why}: it is reviewed before it is adopted. Review it now?"):
        from qudag_tui.cli.trust import give_trust, review_lines
        from qudag_tui.plan.trust import review

        reviewed = review(found.plan, found.path)
        say(*review_lines(reviewed))
        give_trust(session, reviewed, yes=False)
        why = found.why_untrusted()
    if why:
        words = (
            "qudag-tui",
            "trust",
            str(found.path),
            *(f"--var={name}={value}" for name, value in found.given.items()),
        )
        raise Stop(ExitCode.REFUSED, f"{why}: nothing was adopted; review it with: {join(words)}")


def _tell(session: Session, found: Candidate, seq: int) -> None:
    from qudag_tui.plan.named_files import declared_names

    state = session.state
    say(f"the run follows {state.file} as it is now ({state.done['']} of {state.total['']})")
    for removed in state.removed.values():
        if removed.seq == seq:
            say(f"  no longer in the plan: “{removed.text}”, {removed.state} by {removed.by}")
    declared = set(declared_names(found.plan)) - set(declared_names(found.followed))
    if declared:
        say(f"  newly declared: {', '.join(sorted(declared))}; status says whether the supervisor has it, or lacks it")


def _plain(told: Difference, found: Candidate) -> dict[str, Any]:
    return {
        "plan": found.plan.sha256,
        "followed": found.followed.sha256,
        "added": [{"id": box.id, "text": box.text} for box in told.added],
        "removed": [{"id": box.id, "text": box.text} for box in told.removed],
        "changed": [{"id": box.id, "text": box.text, "what": what} for box, what in told.changed],
        "same": [{"old": pair.old, "new": pair.new, "likeness": round(pair.likeness, 2)} for pair in told.reworded],
        "lines": list(told.lines),
    }
