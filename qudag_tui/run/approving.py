"""Approvals of one run: the text to sign, what is handed in, and what stands in the journal, each verified for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qudag_tui.core import intent as ask
from qudag_tui.core.approval import NAMESPACE, UNAPPROVED, why_not
from qudag_tui.core.approval_payload import payload_of
from qudag_tui.run.block import BlockError, event_hash
from qudag_tui.run.error import NotRecordable, RunBroken
from qudag_tui.run.folder import JOURNAL, RunFolder
from qudag_tui.run.scan import block_values, decode, split
from qudag_tui.run.signers import Signing, SigningError, load_signing
from qudag_tui.run.ssh_signature import read_signature, verify

if TYPE_CHECKING:
    from qudag_tui.core.execution import Execution
    from qudag_tui.core.instant import Instant
    from qudag_tui.core.state import State


def hash_at(folder: RunFolder, seq: int) -> str:
    """The hash of event ``seq``, once it was seen to be that of what stands there. Raises :class:`RunBroken`."""
    try:
        text = decode(folder.read(JOURNAL))
    except OSError as error:
        raise RunBroken(f"the journal cannot be read ({error.strerror})", where=folder.journal) from error
    blocks = split(text).blocks
    try:
        block = blocks[seq - 1]
        values = block_values(text, block)
        before = blocks[seq - 2].digest if seq > 1 else ""
        is_right = values.get("seq") == seq and event_hash(values, before) == block.digest
    except (IndexError, BlockError, NotRecordable):
        is_right = False
    if not is_right:
        raise RunBroken(f"event {seq} is not as it was written", where=folder.journal, hint="see verify")
    return block.digest


def text_to_sign(state: State, folder: RunFolder, execution: Execution) -> str:
    """What other people sign to approve of ``execution``. Raises :class:`RunBroken`."""
    return payload_of(state, execution, hash_at(folder, execution.request))


def waiting_for_approval(state: State) -> Execution:
    """The request that waits for other people. Raises :class:`SigningError` if none does."""
    found = state.awaiting_approval
    if found is not None:
        return found
    late = next(reversed(state.executions.values()), None)
    if late is not None and late.why == UNAPPROVED:
        raise SigningError(f"“{late.target}” has expired: {UNAPPROVED}", hint="ask for it again")
    raise SigningError("nothing waits for an approval", hint="status shows what goes on")


def approval_of(state: State, folder: RunFolder, text: str, now: Instant) -> ask.Approve:
    """The approval that the signature ``text`` is, verified now. Raises :class:`SigningError`, which says why not."""
    execution = waiting_for_approval(state)
    signature = read_signature(text)
    payload = text_to_sign(state, folder, execution)
    signing = load_signing()
    why = f"the key {signature.key} is not among the allowed signers"
    for principal in signing.principals.get(signature.key, ()):
        why = why_not(execution, principal, signature.key, now) or problem(
            signing, execution, payload, signature.text, principal
        )
        if not why:
            return ask.Approve(execution.request, principal, signature.key, payload, signature.text)
    if signature.key in signing.own_keys(execution.by):
        why = f"it is by the key of {execution.by}, who asked for it: a second person has to approve"
    raise SigningError(f"the approval does not count: {why}")


def problem(signing: Signing, execution: Execution, payload: str, text: str, principal: str) -> str:
    """Why the signature ``text`` is no approval of ``execution`` by ``principal``; "" if it is one, by its key now.

    Raises :class:`SigningError` where that cannot be told.
    """
    signature = read_signature(text)
    if signature.namespace != NAMESPACE:
        return f"it was signed for {signature.namespace}, not for {NAMESPACE}"
    if signature.key in signing.own_keys(execution.by):
        return f"it is by the key of {execution.by}, who asked for it: a second person has to approve"
    if not signing.may_approve(principal, execution.target):
        return f"{principal} is not in the role {execution.target}"
    return verify(signing, payload, signature, namespace=NAMESPACE, principal=principal)


def problem_of_stored(state: State, folder: RunFolder, execution: Execution) -> str:
    """Why what the journal has of approvals does not let ``execution`` start; "" if it does. Never raises for them.

    The journal is not believed: each text is made afresh, each signature verified again.
    """
    approvals = execution.approvals
    if approvals.wanted <= 1 or approvals.alone:
        return ""
    if approvals.plan != state.plan.sha256:
        return "it was asked for by another plan than the run follows now"
    keys = set()
    try:
        payload, signing = text_to_sign(state, folder, execution), load_signing()
        for one in approvals.given:
            key = read_signature(one.signature).key
            why = "it is of another request, run or plan" if one.payload != payload else ""
            why = why or problem(signing, execution, payload, one.signature, one.principal)
            if not why and key != one.key:
                why = "it is by another key than the journal says"
            if why:
                return f"the approval by {one.principal} does not count: {why}"
            keys.add(key)
    except (SigningError, RunBroken) as error:
        return f"its approvals cannot be verified: {error}"
    return "" if len(keys) >= approvals.wanted - 1 else "too few people have approved it"
