"""``sources test``: asks each source of a checklist file once, and says what came back."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.new import add_variables, variables_of
from qudag_tui.cli.sinks import put, put_json, say

if TYPE_CHECKING:
    from qudag_tui.core.checklist import Plan
    from qudag_tui.core.metric import Source
    from qudag_tui.sources.source import SourceReader

# Rates, and the host's CPU share, are told from the second look on.
_PAUSE_SECONDS = 0.2


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("action", choices=("test",), help="ask each of them")
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        default="checklists.toml",
        help="the checklist file (without it: ./checklists.toml)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON on stdout")
    add_variables(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 if every series that a metric needs has a number, 1 if not, 3 where the file is not trusted."""
    from qudag_tui.plan.file import parse_plan, read_bytes  # a wrong option needs no parser

    file = Path(arguments.file)
    plan = parse_plan(read_bytes(file), str(file), variables_of(arguments))
    found = asyncio.run(_ask(plan, file.resolve()))
    if arguments.json:
        put_json(found)
    else:
        for each in found:
            for name, value in each["values"].items():
                put(f"{each['source']}\t{name}\t{value:g}")
            for name, reason in each["reasons"].items():
                put(f"{each['source']}\t{name}\tunknown: {reason}")
    untrusted = [each["source"] for each in found if not each["asked"]]
    if untrusted:
        say(f"not trusted, so that nothing is asked: {', '.join(untrusted)}; qudag-tui trust {file} reviews it")
        return ExitCode.REFUSED
    return ExitCode.NO if any(each["reasons"] for each in found) else ExitCode.DONE


async def _ask(plan: Plan, file: Path) -> list[dict[str, Any]]:
    from qudag_tui.core.metric import SourceKind
    from qudag_tui.plan import trust
    from qudag_tui.sources.asked import AskedSources
    from qudag_tui.sources.opening import open_source

    given = trust.trusted(plan, file)
    harmless = {SourceKind.HOST, SourceKind.PROCESS, SourceKind.SCRIPTED}
    path = given.search_path if given else ""
    sources = AskedSources(
        plan.metrics.values(), file.parent, search_path=path, forbidden=lambda: trust.check(plan, file)
    )

    async def one(source: Source) -> dict[str, Any]:
        if source.kind in harmless:
            return await _read(source, open_source(source, file.parent), _needed(plan, source.id))
        if given is None:
            return {"source": source.id, "asked": False, "values": {}, "reasons": {}}
        return await _read(source, sources.open(source), _needed(plan, source.id))

    try:
        used = [source for source in plan.sources.values() if _needed(plan, source.id) or source.kind not in harmless]
        return list(await asyncio.gather(*(one(source) for source in used)))
    finally:
        await sources.close()


def _needed(plan: Plan, source: str) -> list[str]:
    """The series that metrics read from ``source``."""
    named = [s for m in plan.metrics.values() for s in (m.series, m.total, m.rest, m.concurrent) if s is not None]
    return list(dict.fromkeys(series.name for series in named if series.source == source))


async def _read(source: Source, reader: SourceReader, needed: list[str]) -> dict[str, Any]:
    from qudag_tui.core.counter import buckets_of
    from qudag_tui.core.metric import SourceKind
    from qudag_tui.run import clock
    from qudag_tui.sources.source import SourceError

    found: dict[str, Any] = {"source": source.id, "asked": True, "values": {}, "reasons": {}}
    try:
        async with asyncio.timeout(source.timeout_seconds + 1.0):
            if source.kind in {SourceKind.HOST, SourceKind.PROCESS}:
                await reader.read(clock.now())
                await asyncio.sleep(_PAUSE_SECONDS)
            values = await reader.read(clock.now())
    except (SourceError, TimeoutError) as error:
        reason = str(error) or f"no answer within {source.timeout_seconds:g} s"
        found["reasons"] = dict.fromkeys(needed, reason) or {"": reason}
        return found
    reasons = getattr(values, "reasons", {})
    for name in needed:
        buckets = buckets_of(name, values)
        if name in values:
            found["values"][name] = values[name]
        elif buckets:
            found["values"][name] = max(count.value for count in buckets.values())
        else:
            found["reasons"][name] = reasons.get(name, "it has no such series now")
    return found
