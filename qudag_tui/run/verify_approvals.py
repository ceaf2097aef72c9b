"""Whether every approval in a journal is what it says, and up to which event its signature vouches for the journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qudag_tui.core.approval import NAMESPACE, VALID_SECONDS, is_same_person
from qudag_tui.core.approval_payload import Asked, PayloadError, read_payload
from qudag_tui.core.event import ApprovalGiven, Event, ExecutionRequested
from qudag_tui.core.lean_dataclass import lean_dataclass
from qudag_tui.run.block import BlockError, event_from_values
from qudag_tui.run.folder import JOURNAL, RunFolder
from qudag_tui.run.scan import Block, block_values, decode, split
from qudag_tui.run.signers import Signing, SigningError, load_signing
from qudag_tui.run.ssh_signature import read_signature, verify
from qudag_tui.run.verify import Finding
from qudag_tui.run.witness import Witness

_KIND = f'"{ApprovalGiven.kind}"'


@lean_dataclass(frozen=True, slots=True)
class Approved:
    """One approval, of event ``seq`` at ``line`` of the file.

    ``why`` is what is wrong with it. ``witness`` is the head that its signature vouches for, if it was ``checked``.
    """

    seq: int
    line: int
    principal: str
    key: str
    checked: bool
    why: str
    witness: Witness | None = None

    @property
    def name(self) -> str:
        """Whose signature it is."""
        return f"the signature of {self.principal} ({self.key})"

    @property
    def finding(self) -> Finding | None:
        """What ``verify`` finds, if it is wrong."""
        what = f"event {self.seq}, the approval by {self.principal}, does not count: {self.why}"
        return Finding("forged", self.seq, self.line, what) if self.why else None


def check_approvals(folder: RunFolder | Path | str, allowed_signers: Path | None = None) -> list[Approved]:
    """Every approval in the journal, verified again by the exact bytes that were signed.

    Who may sign is what this login configured, unless ``allowed_signers`` names another file; where nobody is known,
    nothing is ``checked``. Raises :class:`SigningError` where that cannot be read.
    """
    text = decode(RunFolder.of(folder).read(JOURNAL))
    blocks = split(text).blocks
    found = [block for block in blocks if _KIND in text[block.start : block.end]]
    if not found:
        return []
    signing = load_signing(allowed_signers)
    return list(_Journal(text, blocks).check(found, signing))


class _Journal:
    def __init__(self, text: str, blocks: list[Block]) -> None:
        self.text, self.blocks = text, blocks

    def check(self, found: list[Block], signing: Signing) -> Iterator[Approved]:
        known = bool(signing.signers)
        for block in found:
            given = self._event(block)
            if given is None or not isinstance(given.fact, ApprovalGiven):
                continue
            fact, line = given.fact, self.text.count("\n", 0, block.start) + 1
            try:
                asked = read_payload(fact.payload)
                why = self._of_request(given, fact, asked) or (_of_signature(given, fact, signing) if known else "")
            except (PayloadError, SigningError) as error:
                asked, why = None, str(error)
            good = asked if known and not why else None
            witness = Witness(good.request, good.head_hash, good.at) if good else None
            yield Approved(given.seq, line, fact.principal, fact.key, known, why, witness)

    def _event(self, block: Block) -> Event | None:
        try:
            values: dict[str, Any] = block_values(self.text, block)
            return event_from_values(values)
        except BlockError:
            return None

    def _of_request(self, given: Event, fact: ApprovalGiven, asked: Asked) -> str:
        """Whether what was signed is the request that stands where it says, with the hash that it says."""
        index = fact.request - 1
        block = self.blocks[index] if 0 <= index < len(self.blocks) else None
        request = self._event(block) if block is not None else None
        if block is None or request is None or not isinstance(request.fact, ExecutionRequested):
            return f"event {fact.request} asks for nothing"
        if asked.nonce not in self.text[: self.blocks[0].end] or asked.plan not in self.text[: block.end]:
            return "it is of another run, or of a plan that the run did not follow"
        what = (request.seq, block.digest, request.fact.target, request.fact.undoes)
        if (asked.request, asked.head_hash, asked.procedure, asked.undoes) != what:
            return f"what was signed is not event {fact.request} as it stands here"
        if is_same_person(fact.principal, request.actor.by) or fact.key in request.fact.own_keys:
            return f"it is by {request.actor.by}, who asked for it"
        late = given.at.seconds_since(request.at) > VALID_SECONDS or given.seq <= request.seq
        return "it came too late" if late else ""


def _of_signature(given: Event, fact: ApprovalGiven, signing: Signing) -> str:
    signature = read_signature(fact.signature)
    if signature.key != fact.key:
        return f"it is by the key {signature.key}"
    return verify(signing, fact.payload, signature, namespace=NAMESPACE, principal=fact.principal, at=given.at.wall)
