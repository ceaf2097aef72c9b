"""The folder of one run, where everything in it stands, and how runs are found."""

from __future__ import annotations

import os
import re
from pathlib import Path

from qudag_tui.core.event import PlanAdopted, RunCreated
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.plan.real_path import real_path
from qudag_tui.run.directory import Directory
from qudag_tui.run.error import ReadOnly, RunBroken, RunError, RunExists, RunNotFound, RunRefused, SeveralRuns
from qudag_tui.run.filesystem import refuse_network
from qudag_tui.run.known import known_folder
from qudag_tui.run.scan import scan

JOURNAL = "progress.toml"
JOURNAL_LOCK = "journal.lock"
PLANS = "plans"
SAMPLES = "samples.db"
LOGS = "logs"
SUPERVISOR_LOCK = "supervisor.lock"
PRESENCE_LOCK = "presence.lock"
PRESENCE = "presence"
SUPERVISOR_LOG = "supervisor.log"

RUNS_VARIABLE = "QUDAG_TUI_RUNS"

_HEAD_BYTES = 64 << 10
_MOST_HEAD_BYTES = 64 << 20
_HEADER = b"[[event]]"
_NOT_OURS = "this login did not create it (it came from elsewhere, or this login's state is gone)"

_ADOPTED = re.compile(rb'^[ \t]*kind[ \t]*=[ \t]*"plan adopted"', re.MULTILINE)
_CLOSED = re.compile(rb'^[ \t]*kind[ \t]*=[ \t]*"run closed"', re.MULTILINE)


class RunFolder(Directory):
    """One run's folder; :meth:`open` and :meth:`create` are the ways in.

    ``is_unknown`` says that this login neither created nor accepted it: it is read-only, and what lies in it beside
    the journal and the plan is not looked at either.
    """

    is_unknown = False

    @classmethod
    def create(cls, runs_dir: Path, name: str) -> RunFolder:
        """A new folder ``name``, 0700, in ``runs_dir`` (made if it is missing).

        Raises :class:`RunExists`, :class:`RunRefused` on a network filesystem, :class:`ReadOnly` where it cannot be
        written.
        """
        try:
            runs_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            parent = runs_dir.resolve(strict=True)
            refuse_network(parent)
            path = parent / name
            path.mkdir(mode=0o700)
            for below in (PLANS, LOGS, PRESENCE):
                (path / below).mkdir(mode=0o700)
        except FileExistsError as error:
            raise RunExists("a run of that name is there already", where=error.filename, hint="give --id") from error
        except OSError as error:
            raise ReadOnly(
                f"the run's folder cannot be made ({error.strerror})",
                where=runs_dir / name,
                hint="choose another place with --runs-dir",
            ) from error
        return cls.at(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """The run in the folder at ``path``. Raises :class:`RunBroken` if there is none, :class:`RunRefused` for links."""
        folder = cls.at(path)
        try:
            folder.stat(JOURNAL)
        except FileNotFoundError as error:
            raise RunBroken(f"it is no run: it has no {JOURNAL}", where=folder.path) from error
        folder.look_whether_known()
        return folder

    @classmethod
    def of(cls, folder: RunFolder | Path | str) -> RunFolder:
        """``folder`` itself, or the one at that path."""
        return folder if isinstance(folder, RunFolder) else cls.open(Path(folder))

    def look_whether_known(self) -> None:
        """Be read-only unless this login made, or accepted, this very run in this very folder."""
        if self.read_only:
            return
        place = known_folder(self._nonce())
        if place != str(self.path):
            self.is_unknown = True
            self.read_only = f"it was moved or copied here from {place}" if place else _NOT_OURS
            self.read_only_hint = f"qudag-tui trust --run {self.path} shows who made it, and accepts it"

    def _nonce(self) -> str:
        """The run's own random number, from its first event; "" where that cannot be read."""
        try:
            descriptor = self.open_file(JOURNAL)
        except (OSError, RunError):
            return ""
        head = b""
        try:
            # Nearly always one read: only variables of a megabyte make the first event longer than that.
            while head.find(_HEADER, 1) < 0 and len(head) < _MOST_HEAD_BYTES:
                part = os.pread(descriptor, max(_HEAD_BYTES, len(head)), len(head))
                if not part:
                    break
                head += part
        except OSError:
            return ""
        finally:
            os.close(descriptor)
        created = _first_fact(head)
        return created.nonce if created is not None else ""

    def become_known(self) -> None:
        """Be written to from here on: somebody accepted it."""
        if self.is_unknown:
            self.is_unknown, self.read_only = False, ""

    @property
    def id(self) -> str:
        """The run's id: the folder's name."""
        return self.path.name

    # Where everything stands

    @property
    def journal(self) -> Path:
        """The journal."""
        return self.path / JOURNAL

    @property
    def journal_lock(self) -> Path:
        """Taken to append."""
        return self.path / JOURNAL_LOCK

    @property
    def samples(self) -> Path:
        """The metric samples."""
        return self.path / SAMPLES

    @property
    def logs(self) -> Path:
        """The output of every attempt."""
        return self.path / LOGS

    @property
    def presence(self) -> Path:
        """One file for every front end that is attached."""
        return self.path / PRESENCE

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.path / SUPERVISOR_LOCK

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor had to say."""
        return self.path / SUPERVISOR_LOG

    def plan(self, sha256: str) -> Path:
        """The copy of the plan with that hash."""
        return self.path / PLANS / f"{sha256}.toml"


@lean_dataclass(frozen=True, slots=True)
class RunSummary:
    """What a list says of one run. ``broken`` is why it cannot be opened, "" if it can; then ``open`` is false.

    ``file`` is the checklist file that it was begun from, or last adopted; ``unknown`` that this login neither made
    nor accepted it.
    """

    id: str
    folder: Path
    title: str = ""
    release: str = ""
    open: bool = False
    broken: str = ""
    file: str = ""
    unknown: bool = False


def written(file: Path) -> str:
    """A checklist file's path as the journal has it."""
    return os.fsencode(real_path(file)).decode("utf-8", "backslashreplace")


def runs_dir_for(file: Path | None, option: Path | None = None) -> Path:
    """Where runs are: ``option`` (``--runs-dir``), else ``QUDAG_TUI_RUNS``, else ``runs`` beside ``file``, or here.

    Raises :class:`RunRefused` where that last one is a link: it may have come with a repository, and lead anywhere.
    """
    if option is not None:
        return option
    named = os.environ.get(RUNS_VARIABLE, "")
    if named:
        return Path(named)
    beside = (file.parent if file is not None else Path()) / "runs"
    if beside.is_symlink():
        raise RunRefused("it is a symbolic link", where=beside, hint="name the folder that you mean with --runs-dir")
    return beside


def _summary(path: Path) -> RunSummary:
    try:
        folder = RunFolder.open(path)
        data = folder.read(JOURNAL)
    except RunError as error:
        return RunSummary(path.name, path, broken=": ".join(part for part in (error.what, error.hint) if part))
    except OSError as error:
        return RunSummary(path.name, path, broken=f"its journal cannot be read ({error.strerror})")
    created = _first_fact(data)
    if created is None:
        return RunSummary(path.name, path, broken="its journal does not begin with “run created”")
    return RunSummary(
        path.name,
        path,
        created.title,
        created.release,
        open=_CLOSED.search(data) is None,
        file=_file(data, created),
        unknown=folder.is_unknown,
    )


def _first_fact(data: bytes) -> RunCreated | None:
    """The first event's fact of a journal that begins with ``data``."""
    second = data.find(_HEADER, 1)
    events = scan(data if second < 0 else data[:second]).events
    created = events[0].fact if events else None
    return created if isinstance(created, RunCreated) else None


def _file(data: bytes, created: RunCreated) -> str:
    """The checklist file that a run follows, without reading all of its journal."""
    for found in reversed(list(_ADOPTED.finditer(data))):
        start, end = data.rfind(_HEADER, 0, found.start()), data.find(_HEADER, found.end())
        events = scan(data[max(0, start) : end if end >= 0 else len(data)]).events
        fact = events[0].fact if events else None
        if isinstance(fact, PlanAdopted) and fact.file:
            return fact.file
    return created.file


def list_runs(runs_dir: Path) -> list[RunSummary]:
    """Every run in ``runs_dir`` by name, damaged ones too; empty if there is no such folder. Raises ``OSError``."""
    try:
        names = sorted(path.name for path in runs_dir.iterdir())
    except FileNotFoundError:
        return []
    parent = runs_dir.resolve()
    return [_summary(parent / name) for name in names if not name.startswith(".") and (parent / name).is_dir()]


def find_run(runs_dir: Path, wanted: str | None = None, *, file: Path | None = None) -> Path:
    """The folder of the run with the id ``wanted``, or at that path; without it, of the only open run.

    With ``file`` only runs that follow that checklist file are looked for.

    Raises :class:`RunNotFound` or :class:`SeveralRuns`, which list what there is.
    """
    if wanted is not None:
        for path in (runs_dir / wanted, Path(wanted)):
            if "\x00" not in wanted and os.path.lexists(path / JOURNAL):
                return path
    known = list_runs(runs_dir)
    begun_from = None if file is None else written(file)
    open_runs = [run for run in known if run.open and begun_from in {None, run.file}]
    # What somebody else left here never stands in the way of one's own.
    open_runs = [run for run in open_runs if not run.unknown] or open_runs
    if wanted is None and len(open_runs) == 1:
        return open_runs[0].folder
    if wanted is None and open_runs:
        raise SeveralRuns(
            "several runs are open", where=runs_dir, hint=f"choose with --run: {', '.join(run.id for run in open_runs)}"
        )
    what = "no run is open" if wanted is None else f"there is no run “{wanted}”"
    names = ", ".join(run.id for run in known)
    raise RunNotFound(
        what, where=runs_dir, hint=f"there are: {names}" if names else "begin one with: qudag-tui new FILE --release R"
    )
