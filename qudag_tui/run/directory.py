"""A folder whose files are opened in one safe way only: no links, no second names, one owner."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from qudag_tui.run.error import ReadOnly, RunBroken, RunError, RunExists, RunGone, RunRefused

_SAFE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_WRITES = os.O_WRONLY | os.O_RDWR
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_UNWRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


class Directory:
    """One open folder.

    ``path`` is absolute, without links. ``read_only`` says why nothing may be written from here ("" if it may).
    Files are opened relative to the folder's own descriptor, so that neither a link nor a folder put in its place is
    ever followed.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        """Take over the ``descriptor`` of the folder at ``path``; :meth:`at` is the way in."""
        self.path = path
        self._descriptor = descriptor
        status = os.fstat(descriptor)
        self._identity = (status.st_dev, status.st_ino)
        self.owner = status.st_uid
        self.read_only = ""
        self.read_only_hint = "ask the login that owns it"
        if self.owner != os.geteuid():
            self.read_only = f"it belongs to another login (uid {self.owner})"
        elif status.st_mode & _OTHERS_WRITE:
            self.read_only = "others may write to it (chmod go-w takes that away)"

    @classmethod
    def at(cls, path: Path) -> Self:
        """The folder at ``path``; links are followed above it, never below the resolved runs folder.

        Raises :class:`RunBroken` if there is none, :class:`RunRefused` for a link.
        """
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps "..", resolve follows links
        try:
            absolute = absolute.parent.resolve(strict=True) / absolute.name
            descriptor = os.open(absolute, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            if absolute.is_symlink():
                raise RunRefused("it is a symbolic link", where=absolute, hint="name the folder itself") from error
            raise RunBroken(f"there is no run folder ({error.strerror})", where=absolute) from error
        return cls(absolute, descriptor)

    def __del__(self) -> None:
        descriptor, self._descriptor = getattr(self, "_descriptor", -1), -1
        if descriptor >= 0:
            with suppress(OSError):
                os.close(descriptor)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    def publish(self, name: str) -> None:
        """Give a folder that was made under a passing name its own. Raises :class:`RunExists`."""
        path = self.path.with_name(name)
        try:
            if os.path.lexists(path):
                raise FileExistsError
            self.path.rename(path)
        except OSError as error:
            raise RunExists("a run of that name is there already", where=path, hint="give another --id") from error
        self.path = path
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def is_gone(self) -> bool:
        """Whether the folder was deleted, moved, or another put in its place."""
        try:
            status = self.path.lstat()
        except OSError:
            return True
        return (status.st_dev, status.st_ino) != self._identity

    def gone(self) -> RunGone:
        """The error to raise when :meth:`is_gone`."""
        return RunGone(
            "the run's folder was deleted or moved",
            where=self.path,
            hint="put it back, or open the run where it is now",
        )

    def require_writable(self) -> None:
        """Raise :class:`ReadOnly` where nothing may be written."""
        if self.read_only:
            raise ReadOnly(f"this run is read-only here: {self.read_only}", where=self.path, hint=self.read_only_hint)

    def open_file(self, name: str, flags: int = os.O_RDONLY) -> int:
        """The descriptor of a file of the run, by its path below the folder; files that are made are 0600.

        The file is regular, has one name, and belongs to the folder's owner; no link is followed anywhere below the
        runs folder. Raises ``FileNotFoundError``, :class:`RunRefused`, :class:`RunGone`, :class:`ReadOnly`, or
        ``OSError`` for what else can go wrong.
        """
        if flags & _WRITES:
            self.require_writable()
        directory, last = self._descend(name)
        try:
            descriptor = os.open(last, flags | _SAFE, 0o600, dir_fd=directory)
        except FileNotFoundError:
            if self.is_gone():
                raise self.gone() from None
            raise
        except OSError as error:
            raise self._refusal(name, error) from error
        finally:
            if directory != self._descriptor:
                os.close(directory)
        self._check(name, descriptor)
        return descriptor

    def _descend(self, name: str) -> tuple[int, str]:
        head, _, last = name.rpartition("/")
        if not head:
            return self._descriptor, last
        if "/" in head or head in {".", ".."} or "\0" in name:
            raise RunRefused(f"a run holds no such file as {name}", where=self.path)
        try:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            return os.open(head, flags, dir_fd=self._descriptor), last
        except FileNotFoundError:
            if self.is_gone():
                raise self.gone() from None
            raise
        except OSError as error:
            raise self._refusal(head, error) from error

    def _refusal(self, name: str, error: OSError) -> Exception:
        where = self.path / name
        if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.EMLINK}:
            return RunRefused("it is a symbolic link, or no folder", where=where, hint="a run holds no links")
        if error.errno in {errno.ENXIO, errno.EISDIR}:
            return RunRefused("it is no regular file", where=where, hint="a run holds plain files only")
        if error.errno in _UNWRITABLE:
            return ReadOnly(
                f"it cannot be opened ({error.strerror})", where=where, hint="make the folder writable for this login"
            )
        return error

    def _check(self, name: str, descriptor: int) -> None:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            what = "it is no regular file"
        elif status.st_nlink > 1:
            what = "it has a second name (a hard link)"
        elif status.st_uid != self.owner:
            what = f"it belongs to another login (uid {status.st_uid})"
        else:
            return
        os.close(descriptor)
        raise RunRefused(what, where=self.path / name, hint="a run holds plain files of one login only")

    def read(self, name: str) -> bytes:
        """The bytes of a file of the run. Raises like :meth:`open_file`."""
        with os.fdopen(self.open_file(name), "rb") as file:
            return file.read()

    def stat(self, name: str) -> os.stat_result:
        """The status of a file of the run, links not followed. Raises ``FileNotFoundError``."""
        return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)

    def rename(self, old: str, new: str) -> None:
        """Rename a file directly in the folder."""
        self.require_writable()
        os.rename(old, new, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)

    def sync(self, fsync: Callable[[int], None]) -> None:
        """Make the names in the folder durable. Raises ``OSError``."""
        fsync(self._descriptor)

    def check(self, name: str) -> None:
        """Raise as :meth:`open_file` does, where a library opens the file itself."""
        try:
            os.close(self.open_file(name))
        except (FileNotFoundError, RunError):
            raise
        except OSError as error:
            raise RunRefused(f"it cannot be opened ({error.strerror})", where=self.path / name) from error
