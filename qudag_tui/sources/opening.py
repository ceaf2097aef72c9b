"""From what a checklist file says of a source to something that can be read."""

from __future__ import annotations

from pathlib import Path

from qudag_tui.core.metric import Source, SourceKind
from qudag_tui.sources.source import SourceReader
from qudag_tui.sources.unread import UnreadSource


def open_source(source: Source, folder: Path) -> SourceReader:
    """A reader for ``source``; relative pid files are sought below ``folder`` (the checklist file's).

    Opening never fails and asks nobody: what is wrong comes with the first read.
    """
    # psutil takes 20 ms to import, and a plan may do without it.
    if source.kind is SourceKind.HOST:
        from qudag_tui.sources.host import HostSource

        return HostSource()
    if source.kind is SourceKind.PROCESS:
        from qudag_tui.sources.process import ProcessSource

        pid_file, name = source.target.get("pid_file", ""), source.target.get("name", "")
        return ProcessSource(pid_file=folder / str(pid_file) if pid_file else None, name=str(name))
    if source.kind is SourceKind.SCRIPTED:
        from qudag_tui.sources.scripted import ScriptedSource  # only tests and demonstrations have it

        return ScriptedSource({name: [float(value) for value in values] for name, values in source.target.items()})
    return UnreadSource(source.kind)
