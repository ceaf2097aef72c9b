"""Metric samples and so-far findings of a run: one writer, the supervisor, and any number of readers."""

from __future__ import annotations

import json
import math
import os
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from qudag_tui.core.instant import Instant
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.run.block import stamp
from qudag_tui.run.error import NotSaved, RunError
from qudag_tui.run.folder import SAMPLES, RunFolder
from qudag_tui.run.witness import Witness

StandingKind = Literal["gate", "trigger", "metric", "watch", "forecast"]

_MICROSECONDS = 1_000_000
_HOUR_NS = 3_600 * 1_000_000_000
_JOURNAL_SIZE_LIMIT_BYTES = 4 << 20
_WRITER_BUSY_SECONDS = 5.0
_READER_BUSY_SECONDS = 0.1
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS metric (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS sample (
  metric INTEGER NOT NULL, at INTEGER NOT NULL, wall INTEGER NOT NULL, value REAL NOT NULL,
  backfilled INTEGER NOT NULL, PRIMARY KEY (metric, at)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS standing (
  kind TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS witness (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER, hash TEXT, at TEXT);
"""


@lean_dataclass(frozen=True, slots=True)
class Sample:
    """One value at one slot: ``at_ns`` on the run clock, ``wall`` beside it."""

    metric: str
    at_ns: int
    wall: datetime
    value: float
    backfilled: bool = False


class SampleWriter:
    """The supervisor's side. Every method raises :class:`RunGone` once the folder was deleted or moved.

    A database that is none is moved aside (``samples.db.damaged``) and begun afresh: samples are evidence, not truth.
    """

    def __init__(self, folder: RunFolder | Path | str) -> None:
        """Open or make ``samples.db``. Raises :class:`NotSaved`, :class:`ReadOnly`, :class:`RunRefused`."""
        self._folder = RunFolder.of(folder)
        self._ids: dict[str, int] = {}
        self._truncated_ns = 0
        try:
            self._db = self._connect()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise self._not_saved(error) from error
            self._set_aside()
            try:
                self._db = self._connect()
            except sqlite3.Error as again:
                raise self._not_saved(again) from again

    def _connect(self) -> sqlite3.Connection:
        try:
            descriptor = self._folder.open_file(SAMPLES, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise self._not_saved(error) from error
        self._file = os.fstat(descriptor)
        os.close(descriptor)
        db = sqlite3.connect(
            self._folder.samples, timeout=_WRITER_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute(f"PRAGMA journal_size_limit = {_JOURNAL_SIZE_LIMIT_BYTES}")
            db.executescript(_SCHEMA)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _set_aside(self) -> None:
        self._folder.rename(SAMPLES, f"{SAMPLES}.damaged")
        for tail in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                self._folder.rename(SAMPLES + tail, f"{SAMPLES}.damaged{tail}")

    def _not_saved(self, error: Exception) -> NotSaved:
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) in _DAMAGED:
            # Whoever opens it next begins afresh: what cannot be written to will not become better.
            with suppress(OSError, RunError):
                self._set_aside()
        return NotSaved(f"samples are not saved: {error}", where=self._folder.samples, hint="the next one tries again")

    def _require_place(self) -> None:
        # Without this, inserts into a deleted folder, or a deleted file, "succeed".
        if self._folder.is_gone():
            raise self._folder.gone()
        try:
            is_there = os.path.samestat(self._folder.stat(SAMPLES), self._file)
        except FileNotFoundError:
            is_there = False
        if not is_there:
            raise self._not_saved(FileNotFoundError("the file was deleted or replaced"))

    def _id(self, metric: str) -> int:
        if metric not in self._ids:
            self._db.execute("INSERT OR IGNORE INTO metric (name) VALUES (?)", (metric,))
            self._ids[metric] = self._db.execute("SELECT id FROM metric WHERE name = ?", (metric,)).fetchone()[0]
        return self._ids[metric]

    def add(self, rows: Iterable[Sample]) -> None:
        """Store samples in one transaction. A slot keeps its first value; NaN and infinities are never stored.

        Raises :class:`NotSaved`; none of ``rows`` is then stored.
        """
        self._require_place()
        finite = [row for row in rows if math.isfinite(row.value)]
        if not finite:
            return
        try:
            values = [
                (
                    self._id(row.metric),
                    row.at_ns,
                    round(row.wall.timestamp() * _MICROSECONDS),
                    float(row.value),
                    row.backfilled,
                )
                for row in finite
            ]
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(
                    "INSERT OR IGNORE INTO sample (metric, at, wall, value, backfilled) VALUES (?, ?, ?, ?, ?)", values
                )
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("ROLLBACK")
                raise
            self._truncate(max(row.at_ns for row in finite))
        except sqlite3.Error as error:
            self._ids.clear()
            raise self._not_saved(error) from error

    def remove(self, since: Mapping[str, int]) -> None:
        """Take away what was sampled of each metric from a time on (run clock): it was of something else."""
        self._require_place()
        try:
            rows = [(self._id(metric), start) for metric, start in since.items()]
            self._db.executemany("DELETE FROM sample WHERE metric = ? AND at >= ?", rows)
        except sqlite3.Error as error:
            raise self._not_saved(error) from error

    def _truncate(self, at_ns: int) -> None:
        if at_ns - self._truncated_ns >= _HOUR_NS:
            self._truncated_ns = at_ns
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def set_standing(self, kind: StandingKind, id: str, at_run_ns: int, payload: Mapping[str, Any]) -> None:  # noqa: A002 - the name every thing of a plan has
        """Replace the latest so-far finding of one gate, trigger, metric, watch or forecast. Raises :class:`NotSaved`."""
        self._require_place()
        try:
            self._db.execute(
                "INSERT OR REPLACE INTO standing (kind, id, at, payload) VALUES (?, ?, ?, ?)",
                (kind, id, at_run_ns, json.dumps(payload, allow_nan=False)),
            )
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise self._not_saved(error) from error

    def clear_standings(self) -> None:
        """Take away every so-far finding: it was by another plan. Raises :class:`NotSaved`."""
        self._require_place()
        try:
            self._db.execute("DELETE FROM standing")
        except sqlite3.Error as error:
            raise self._not_saved(error) from error

    def set_witness(self, seq: int, digest: str, now: Instant) -> None:
        """Remember how far the journal had come; never back to an earlier event. Raises :class:`NotSaved`."""
        self._require_place()
        try:
            self._db.execute(
                "INSERT INTO witness (id, seq, hash, at) VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
                "SET seq = excluded.seq, hash = excluded.hash, at = excluded.at WHERE excluded.seq > seq",
                (seq, digest, stamp(now.wall)),
            )
        except sqlite3.Error as error:
            raise self._not_saved(error) from error

    def close(self) -> None:
        """Close the database."""
        self._db.close()


class SampleReader:
    """A front end's side: short read-only queries, and nothing at all where there are no samples yet, or an error.

    May be used from several threads.
    """

    def __init__(self, folder: RunFolder | Path | str) -> None:
        """Read from ``folder``, whose database need not be there yet."""
        self._folder = RunFolder.of(folder)
        self._mutex = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._inode = 0

    def _connection(self) -> sqlite3.Connection:
        if self._folder.is_unknown:
            # SQLite makes files beside a database that it only reads, and a forged one says what it likes.
            raise FileNotFoundError
        inode = self._folder.stat(SAMPLES).st_ino
        if self._db is None or inode != self._inode:
            self._forget()
            self._folder.check(SAMPLES)
            self._inode = inode
            uri = self._folder.samples.as_uri() + "?mode=ro"
            self._db = sqlite3.connect(
                uri, uri=True, timeout=_READER_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        return self._db

    def _forget(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _rows(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._mutex:
            try:
                with closing(self._connection().execute(query, values)) as cursor:
                    return cursor.fetchall()
            except (sqlite3.Error, OSError, RunError):
                self._forget()
                return []

    def window(self, metric: str, start_ns: int, end_ns: int) -> list[tuple[int, float]]:
        """``(at_ns, value)`` from ``start_ns`` to ``end_ns``, both included, in order."""
        return self._rows(
            "SELECT at, value FROM sample WHERE metric = (SELECT id FROM metric WHERE name = ?) "
            "AND at BETWEEN ? AND ? ORDER BY at",
            (metric, start_ns, end_ns),
        )

    def latest(self, metric: str, n: int = 1) -> list[tuple[int, float]]:
        """The last ``n`` of ``(at_ns, value)``, in order of time."""
        rows = self._rows(
            "SELECT at, value FROM sample WHERE metric = (SELECT id FROM metric WHERE name = ?) "
            "ORDER BY at DESC LIMIT ?",
            (metric, n),
        )
        return rows[::-1]

    def newest(self) -> int | None:
        """When the newest sample of all was due (run clock), or None."""
        rows = self._rows("SELECT max((SELECT max(at) FROM sample WHERE metric = metric.id)) FROM metric", ())
        return rows[0][0] if rows else None

    def backfilled(self, metric: str, start_ns: int, end_ns: int) -> int:
        """How many of the samples from ``start_ns`` to ``end_ns``, both included, were filled in later."""
        rows = self._rows(
            "SELECT count(*) FROM sample WHERE metric = (SELECT id FROM metric WHERE name = ?) "
            "AND at BETWEEN ? AND ? AND backfilled",
            (metric, start_ns, end_ns),
        )
        return rows[0][0] if rows else 0

    def times(self, metric: str, start_ns: int, end_ns: int) -> list[int]:
        """When there are samples from ``start_ns`` to ``end_ns``, both included, in order (nanoseconds, run clock)."""
        return [at for at, _ in self.window(metric, start_ns, end_ns)]

    def standings(self, kind: StandingKind) -> dict[str, dict[str, Any]]:
        """The latest so-far finding of everything of that kind, by id."""
        found = {}
        for name, payload in self._rows("SELECT id, payload FROM standing WHERE kind = ? ORDER BY id", (kind,)):
            with suppress(ValueError, TypeError, RecursionError):
                said = json.loads(payload)
                if isinstance(said, dict):
                    found[name] = said
        return found

    def witness(self) -> Witness | None:
        """How far the journal had come when the supervisor last looked, or None."""
        for seq, digest, at in self._rows("SELECT seq, hash, at FROM witness", ()):
            with suppress(ValueError, TypeError):
                return Witness(int(seq), str(digest), datetime.fromisoformat(at))
        return None

    def close(self) -> None:
        """Close the database; the next query opens it again."""
        with self._mutex:
            self._forget()
