"""The fact of an approval: a second person's signature for something that somebody asked for."""

from __future__ import annotations

from qudag_tui.core.fact import Fact, fact
from qudag_tui.core.lean_dataclass import lean_dataclass


@fact("approval given")
@lean_dataclass(frozen=True, slots=True)
class ApprovalGiven(Fact):
    """``principal`` approves of ``request``, the event that asked for it.

    ``payload`` is the very text that was signed, ``signature`` the base64 of the SSH signature, ``key`` the
    fingerprint of the key that made it. What the event says is worth nothing before the signature was verified.
    """

    request: int
    principal: str
    key: str
    payload: str
    signature: str
