"""One run, open: its plan, its events, the state they fold into, and the way to add one more."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from qudag_tui.core.checklist import Plan, PlanKey, plan_key
from qudag_tui.core.event import FORMAT, Actor, Event, PlanAdopted, RunCreated
from qudag_tui.core.instant import Instant
from qudag_tui.core.refusal import Refusal
from qudag_tui.core.state import State
from qudag_tui.plan.file import parse_plan, read_bytes
from qudag_tui.run import clock
from qudag_tui.run.block import stamp
from qudag_tui.run.disk import Disk
from qudag_tui.run.error import Behind, InvalidRunId, NotSaved, RunBroken, RunExists
from qudag_tui.run.folder import JOURNAL_LOCK, PRESENCE_LOCK, SUPERVISOR_LOCK, RunFolder, written
from qudag_tui.run.journal import START, Appended, Followed, Journal, Position
from qudag_tui.run.keeping import LOST_FILE
from qudag_tui.run.known import CREATED, forget, remember
from qudag_tui.run.lock import Lock
from qudag_tui.run.plans import followed_plan, save_plan
from qudag_tui.run.scan import Mark

if TYPE_CHECKING:
    from qudag_tui.core.intent import Intent

_RUN_ID = re.compile(r"(?!\.)[\w.+-]{1,120}")
_NOT_IN_ID = re.compile(r"[^\w.+-]+")
_MOST_CONFLICTS = 20


class Run:
    """One run on disk.

    ``events`` are all events in order, ``state`` is their fold, ``altered`` what in the journal is not as it was
    written, ``position`` the place in the journal up to there. ``generation`` counts how often the journal was
    edited under us: ``events`` and ``state`` are then new ones.

    One thread may call :meth:`catch_up` while others call :meth:`submit`; neither belongs on an event loop.
    """

    def __init__(self, folder: RunFolder, plan: Plan, disk: Disk | None = None) -> None:
        """An open run without its events; :meth:`open` and :meth:`create` are the ways in."""
        self.folder = folder
        # Shared with every state of this run; it only grows.
        self._plans: dict[PlanKey, Plan] = {plan.key: plan}
        self.state = State(plan, self._plans)
        self.events: list[Event] = []
        self.altered: list[Mark] = []
        self.position: Position = START
        self.generation = 0
        self._disk = disk or Disk()
        self._journal = Journal(folder, disk)
        self._mutex = threading.Lock()
        self._appending = threading.Lock()
        self._delivered = 0
        self._suspect: tuple[int, int, int] | None = None
        self._behind: Behind | None = None

    # Ways in

    @classmethod
    def create(
        cls,
        runs_dir: Path,
        plan_path: Path,
        *,
        release: str,
        previous: str = "",
        starts: datetime | None = None,
        run_id: str | None = None,
        overrides: Mapping[str, str] | None = None,
        actor: Actor,
        now: Instant,
        disk: Disk | None = None,
    ) -> Run:
        """Begin a run of the plan at ``plan_path`` in a new folder, and open it.

        ``starts`` is T (``now`` if None, with a time zone). The id is ``run_id``, else ``YYYY-MM-DD-<release>``, with
        -2, -3 and so on if that is taken. Other people's keys must be configured where a procedure needs them.

        Raises ``OSError`` and ``PlanErrors`` for the plan, :class:`InvalidRunId`,
        :class:`RunExists`, :class:`RunRefused`, :class:`ReadOnly`, :class:`NotSaved`, :class:`NotRecordable`.
        """
        data = read_bytes(plan_path)
        plan = parse_plan(data, str(plan_path), overrides)
        if run_id is not None and not _RUN_ID.fullmatch(run_id):
            raise InvalidRunId(
                f"“{run_id}” cannot be the name of a run", hint="use letters, digits, and . _ + - inside it"
            )
        _require_approvers(plan, actor.by)
        stem = run_id or f"{now.wall:%Y-%m-%d}-{_NOT_IN_ID.sub('-', release).strip('.-') or 'run'}"[:120]
        number = 1
        while True:
            name = stem if number == 1 else f"{stem}-{number}"
            if not os.path.lexists(runs_dir / name):
                created = RunCreated(
                    format=FORMAT,
                    nonce=secrets.token_hex(16),
                    run=name,
                    title=plan.title,
                    release=release,
                    plan=plan.sha256,
                    starts=stamp(starts or now.wall),
                    file=written(plan_path),
                    previous=previous or "",
                    vars=dict(plan.vars),
                )
                try:
                    return _begin(runs_dir, created, data, actor=actor, now=now, disk=disk)
                except RunExists:
                    if run_id is not None:
                        raise
            elif run_id is not None:
                raise RunExists("a run of that name is there already", where=runs_dir / name, hint="give another --id")
            number += 1

    @classmethod
    def open(cls, folder: RunFolder | Path | str, disk: Disk | None = None) -> Run:
        """Open the run in ``folder`` and fold what is there.

        Raises :class:`RunBroken` (no run, or a plan that it follows is missing or damaged), :class:`RunRefused`.
        """
        opened = RunFolder.of(folder)
        first = Journal(opened, disk).follow()
        created = next((event.fact for event in first.events if isinstance(event.fact, RunCreated)), None)
        if created is None:
            raise RunBroken("its journal does not say which run it is", where=opened.journal, hint="see verify")
        run = cls(opened, followed_plan(opened, created.plan, created.vars), disk)
        run._take(first)
        run._delivered = len(run.events)
        return run

    @property
    def plan(self) -> Plan:
        """The plan that it follows now."""
        return self.state.plan

    # Following

    def signature(self) -> tuple[int, int, int]:
        """What changes with the journal, ``position.seen`` when all of it was read; one stat. Raises :class:`RunGone`."""
        return self._journal.signature()

    def catch_up(self) -> list[Event]:
        """Fold in what is new, and return every event that no earlier call returned, own ones too.

        One stat when nothing is new: call it every 100 ms. While a :meth:`submit` is writing it returns nothing, and
        the next call returns all of it. Raises :class:`RunGone`, :class:`Behind` (for as long as it is so),
        :class:`RunBroken`, :class:`RunRefused`.
        """
        seen = self._journal.signature()
        if seen == self.position.seen and self._delivered == len(self.events):
            return []
        if not self._mutex.acquire(blocking=False):
            return []
        try:
            if seen != self.position.seen:
                self._follow(seen, is_sure=False)
            fresh = self.events[self._delivered :]
            self._delivered = len(self.events)
            return fresh
        finally:
            self._mutex.release()

    def _follow(self, seen: tuple[int, int, int], *, is_sure: bool) -> None:
        if self._behind is not None and seen == self._suspect:
            raise self._behind
        followed = self._journal.follow(self.position)
        if not followed.is_behind:
            self._suspect = self._behind = None
            self._take(followed)
        elif is_sure or seen == self._suspect:
            # Without the lock it takes two looks: an editor may be half way through saving.
            self._suspect = seen
            self._behind = self._lost(followed)
            raise self._behind
        else:
            self._suspect = seen

    def _lost(self, followed: Followed) -> Behind:
        try:
            count = self._journal.keep_lost(self.events, followed.events)
        except NotSaved as error:
            kept = f"they could not be kept: {error}"
        else:
            kept = f"{count} are kept in {LOST_FILE}"
        return Behind(
            f"the journal on disk lacks events that were read from it ({kept})",
            where=self.folder.journal,
            hint="put them back, or open the run again to go on from what is on disk",
        )

    def _take(self, followed: Followed) -> None:
        fresh = followed.events
        # Before anything is folded: where a plan is not there, nothing was read.
        for event in fresh:
            if isinstance(event.fact, PlanAdopted):
                self._know(event.fact)
        if followed.reread:
            known = len(self.events)
            if fresh[:known] == self.events:
                fresh = fresh[known:]
            else:
                self.generation += 1
                self.state, self.events = self.state.anew(), []
                self._delivered = min(self._delivered, len(fresh))
            self.altered = []
        for event in fresh:
            self.state.apply(event)
        self.events.extend(fresh)
        self.altered.extend(followed.marks)
        self.position = followed.position

    def _know(self, fact: PlanAdopted) -> None:
        key = plan_key(fact.plan, fact.vars)
        if key not in self._plans:
            self._plans[key] = followed_plan(self.folder, fact.plan, fact.vars)

    # Adding

    def keep_plan(self, data: bytes, plan: Plan, by: str = "") -> None:
        """Keep ``plan``, which ``data`` says, with the run, durably: only then may an event name it.

        Refused where it asks for more approvals than other people's keys are configured beside ``by``. Raises :class:`NotSaved`, :class:`ReadOnly`, :class:`RunGone`, :class:`RunRefused`.
        """
        self.folder.require_writable()
        _require_approvers(plan, by)
        save_plan(self.folder, plan.sha256, data, self._disk)
        self._plans.setdefault(plan.key, plan)

    def rest(self, patience_seconds: float) -> bool:
        """Wait until nothing is being added from here, and let nothing begin before :meth:`go_on`; False if it took too long.

        For whoever is about to be stopped: stopped with the journal's lock in its hands it would stop everybody.
        """
        return self._appending.acquire(timeout=patience_seconds)

    def go_on(self) -> None:
        """The end of a :meth:`rest`."""
        self._appending.release()

    def submit(self, intent: Intent, actor: Actor, now: Callable[[], Instant] = clock.now) -> Event | Refusal:
        """Ask for something: take the lock, catch up, decide, append, and return the durable event or the refusal.

        Raises, with nothing recorded: :class:`LockTimeout`, :class:`NotSaved`, :class:`ReadOnly`, :class:`RunGone`,
        :class:`Behind`, :class:`NotRecordable`, :class:`RunBroken`, :class:`RunRefused`.
        """
        from qudag_tui.core.decide import decide  # who only looks at a run pays nothing for deciding

        with self._appending, self._journal.lock(), self._mutex:
            for _ in range(_MOST_CONFLICTS):
                seen = self._journal.signature()
                if seen != self.position.seen:
                    self._follow(seen, is_sure=True)
                moment = now()
                fact = decide(self.state, intent, actor, moment)
                if isinstance(fact, Refusal):
                    return fact
                done = self._journal.append(self.position, moment, actor, fact)
                if isinstance(done, Appended):
                    self.state.apply(done.event)
                    self.events.append(done.event)
                    self.position = done.position
                    return done.event
                self._follow(self._journal.signature(), is_sure=True)
        raise NotSaved(
            "not saved: something else keeps writing the journal without taking its lock",
            where=self.folder.journal,
            hint="close the editor or the synchronisation that has it open",
        )


def _require_approvers(plan: Plan, by: str) -> None:
    if any(procedure.approvals > 1 for procedure in plan.procedures.values()):
        from qudag_tui.run.signers import require_approvers  # only where somebody has to approve

        require_approvers(plan, by)


def _begin(runs_dir: Path, created: RunCreated, plan: bytes, *, actor: Actor, now: Instant, disk: Disk | None) -> Run:
    # Made under a passing name, so that a run is there with its first event or not at all.
    folder = RunFolder.create(runs_dir, f".new-{created.nonce}")
    passing, final = folder.path, folder.path.with_name(created.run)
    try:
        for name in (JOURNAL_LOCK, SUPERVISOR_LOCK, PRESENCE_LOCK):
            lock = Lock(folder, name)
            lock.acquire(0)
            lock.forget_holder()
            lock.release()
        save_plan(folder, created.plan, plan, disk or Disk())
        journal = Journal(folder, disk)
        journal.append(START, now, actor, created)
        remember(final, created.nonce, CREATED, actor, now)
        folder.publish(created.run)
    except BaseException:
        shutil.rmtree(passing, ignore_errors=True)
        forget(created.nonce)
        raise
    return Run.open(folder, disk)
