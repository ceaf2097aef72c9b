"""``init [FILE]``: write a checklist file to start from."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.failure import Stop
from qudag_tui.cli.parser import utf8
from qudag_tui.cli.sinks import put_exactly, say

SHIPPED = "checklists.toml"


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("file", metavar="FILE", nargs="?", default=SHIPPED, help="the file to write")
    parser.add_argument("--title", metavar="TEXT", type=utf8, help="the title that it gets")


def run(arguments: argparse.Namespace) -> int:
    """Write it; an existing file is never overwritten."""
    text = shipped_file().read_text(encoding="utf-8")
    if arguments.title is not None:
        text = _titled(text, arguments.title)
    file = Path(arguments.file)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    except FileExistsError:
        raise Stop(ExitCode.REFUSED, f"{file} is there already, and is not overwritten: name another file") from None
    except FileNotFoundError:
        raise Stop(ExitCode.NOT_FOUND, f"there is no folder {file.parent}: make it, or name another file") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    put_exactly(str(file))
    say(f"make it yours, look at it with: qudag-tui check {file}, and open it with: qudag-tui {file}")
    return ExitCode.DONE


def shipped_file() -> Path:
    """The checklist file that comes with the program: in the package, or at the top of its repository.

    :class:`Stop` (4) where it is in neither.
    """
    package = Path(__file__).resolve().parents[1]
    places = [package / SHIPPED, package.parent / SHIPPED]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise Stop(ExitCode.NOT_FOUND, f"this installation lacks {SHIPPED}: install qudag-tui again")
    return found


def _titled(text: str, title: str) -> str:
    import tomlkit  # 70 ms, and only to keep the comments of what is edited

    if not title.strip():
        raise Stop(ExitCode.USAGE, "a title is not empty")
    document = tomlkit.parse(text)
    document["title"] = title
    return tomlkit.dumps(document)
