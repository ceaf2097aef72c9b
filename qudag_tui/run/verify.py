"""Whether a journal is as it was written, and which witness vouches for it up to which event."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qudag_tui.core.event import FORMAT
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.run.block import BlockError, event_hash
from qudag_tui.run.error import NotRecordable, RunBroken, RunError
from qudag_tui.run.folder import JOURNAL, RunFolder
from qudag_tui.run.plans import load_plan
from qudag_tui.run.samples import SampleReader
from qudag_tui.run.scan import Block, Split, block_values, clean, decode, split
from qudag_tui.run.witness import Witness, read_witness


@lean_dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong. ``problem`` is changed, removed, reordered, torn, missing, stray or forged.

    ``seq`` is the event (0 if none can be named), ``line`` its line in the file from 1 (0 beyond its end).
    """

    problem: str
    seq: int
    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}" if self.line else self.what


@lean_dataclass(frozen=True, slots=True)
class Anchor:
    """What a witness saw: up to the event ``seq`` it vouches for the journal, if it ``holds``."""

    name: str
    seq: int
    holds: bool


@lean_dataclass(frozen=True, slots=True)
class Verification:
    """What :func:`verify` found: how many events, what is wrong (nothing, if all is well), and the anchors."""

    events: int
    head_seq: int
    head_digest: str
    findings: tuple[Finding, ...]
    anchors: tuple[Anchor, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


@lean_dataclass(frozen=True, slots=True)
class _Link:
    """One block as verify sees it; ``values`` is None where it cannot be read, ``problem`` is then why."""

    seq: int
    line: int
    digest: str
    values: dict[str, Any] | None
    problem: str = ""


def verify(folder: RunFolder | Path | str, witnesses: Iterable[tuple[str, Witness]] = ()) -> Verification:
    """Check the whole chain, the plan, and every witness there is, besides those given with their names.

    Raises :class:`RunBroken` or :class:`RunRefused` where there is no journal to read.
    """
    opened = RunFolder.of(folder)
    try:
        data = opened.read(JOURNAL)
    except OSError as error:
        raise RunBroken(f"the journal cannot be read ({error.strerror})", where=opened.journal) from error
    text = decode(data)
    found = split(text)
    links = _links(text, found)
    findings = [*_order(links), *_hashes(links), *_first(opened, links)]
    findings += [
        Finding("stray", 0, text.count("\n", 0, start) + 1, "text that belongs to no event") for start, _ in found.junk
    ]
    rest = text[found.used :].strip()
    if rest and not rest.startswith("#"):
        line = text.count("\n", 0, found.used) + 1
        findings.append(Finding("torn", 0, line, "the last write was cut short; the next one keeps it aside"))
    anchors = []
    for name, witness in [*_own_witnesses(opened, links), *witnesses]:
        anchor, finding = _hold(name, witness, links)
        anchors.append(anchor)
        findings += [finding] if finding else []
    findings.sort(key=lambda finding: (finding.line == 0, finding.line))
    last = links[-1] if links else _Link(0, 0, "", None)
    return Verification(len(links), last.seq, last.digest, tuple(findings), tuple(anchors))


def _links(text: str, found: Split) -> list[_Link]:
    links: list[_Link] = []
    line, counted, is_utf8 = 1, 0, text.isascii() or clean(text) == text
    for block in found.blocks:
        line += text.count("\n", counted, block.start)
        counted = block.start
        before = links[-1].seq if links else 0
        values, problem = _read(text, block, is_utf8=is_utf8)
        seq = values.get("seq") if values else None
        links.append(_Link(seq if type(seq) is int and seq > 0 else before + 1, line, block.digest, values, problem))
    return links


def _read(text: str, block: Block, *, is_utf8: bool) -> tuple[dict[str, Any] | None, str]:
    if not is_utf8 and clean(text[block.start : block.end]) != text[block.start : block.end]:
        return None, "holds bytes that are no UTF-8"
    try:
        return block_values(text, block), ""
    except BlockError as error:
        return None, str(error)


def _order(links: list[_Link]) -> list[Finding]:
    there = {link.seq for link in links}
    findings, highest = [], 0
    for link in links:
        if link.seq <= highest:
            findings.append(Finding("reordered", link.seq, link.line, f"event {link.seq} stands after event {highest}"))
            continue
        gap = [seq for seq in range(highest + 1, min(link.seq, highest + len(links) + 2)) if seq not in there]
        if gap:
            which = f"event {gap[0]} is" if len(gap) == 1 else f"events {gap[0]} to {link.seq - 1} are"
            findings.append(Finding("removed", gap[0], link.line, f"{which} missing before event {link.seq}"))
        highest = link.seq
    return findings


def _hashes(links: list[_Link]) -> list[Finding]:
    # By seq, not by place, so that a reordered event is not called changed as well.
    previous = {link.seq: {link.digest} for link in reversed(links)}
    findings = []
    for link in links:
        if link.values is None:
            findings.append(Finding("changed", link.seq, link.line, f"event {link.seq} {link.problem}"))
            continue
        candidates = {""} if link.seq == 1 else previous.get(link.seq - 1)
        if candidates is None:
            continue  # the one before it is missing, which is said already
        try:
            right = {event_hash(link.values, prev) for prev in candidates}
        except NotRecordable:
            right = set()
        if link.digest not in right:
            kind = link.values.get("kind", "")
            findings.append(Finding("changed", link.seq, link.line, f"event {link.seq} ({kind}) was changed"))
            # Only its hash line may be what was changed: the next event was chained to the right one.
            previous[link.seq] = previous[link.seq] | right
    return findings


def _first(folder: RunFolder, links: list[_Link]) -> list[Finding]:
    values = (links[0].values if links else None) or {}
    if values.get("kind") != "run created" or values.get("seq") != 1:
        return [Finding("missing", 1, 1, "the journal does not begin with “run created”")]
    findings = []
    written = values.get("format")
    if type(written) is not int or not 1 <= written <= FORMAT:
        findings.append(Finding("changed", 1, links[0].line, f"its format is {written!r}, and not one that is known"))
    for link in links:
        plan = link.values.get("plan") if link.values else None
        if isinstance(plan, str):
            try:
                load_plan(folder, plan)
            except RunError as error:
                findings.append(Finding("missing", link.seq, link.line, f"plan {plan[:12]}: {error.what}"))
    return findings


def _own_witnesses(folder: RunFolder, links: list[_Link]) -> list[tuple[str, Witness]]:
    nonce = str((links[0].values or {}).get("nonce", "")) if links else ""
    reader = SampleReader(folder)
    known = [("samples.db", reader.witness()), ("this login's own state", read_witness(nonce))]
    reader.close()
    return [(name, witness) for name, witness in known if witness is not None]


def _hold(name: str, witness: Witness, links: list[_Link]) -> tuple[Anchor, Finding | None]:
    there = next((link for link in links if link.seq == witness.seq), None)
    if there is not None:
        if there.digest == witness.digest:
            return Anchor(name, witness.seq, holds=True), None
        what = f"event {witness.seq}, or one before it, is another than {name} saw"
        return Anchor(name, witness.seq, holds=False), Finding("changed", witness.seq, there.line, what)
    head = max((link.seq for link in links), default=0)
    if witness.seq > head:
        which = f"event {head + 1}" if witness.seq == head + 1 else f"events {head + 1} to {witness.seq}"
        what = f"{which} missing at the end: {name} saw event {witness.seq}"
        return Anchor(name, witness.seq, holds=False), Finding("removed", head + 1, 0, what)
    return Anchor(name, witness.seq, holds=False), None
