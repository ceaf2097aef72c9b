"""The text to sign on one line, so that it can be copied from one terminal into another."""

from __future__ import annotations

import base64
import binascii
import zlib

from qudag_tui.core.approval_payload import MOST_CHARACTERS, Asked, PayloadError, read_payload

PREFIX = "qudag1."


def token_of(payload: str) -> str:
    """A payload as one word of letters, digits, ``-``, ``_`` and ``.``."""
    packed = zlib.compress(payload.encode("ascii"), level=9)
    return PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def payload_in(token: str) -> tuple[str, Asked]:
    """The very payload in a token, and what it says; spaces and line breaks of a terminal are dropped.

    Raises :class:`PayloadError`.
    """
    word = "".join(token.split())
    if len(word) > MOST_CHARACTERS or not word.startswith(PREFIX):
        raise PayloadError(f"it is no text to sign: one begins with {PREFIX}")
    body = word.removeprefix(PREFIX)
    try:
        packed = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        # Bounded: a few bytes may unpack to gigabytes.
        payload = unpacking.decompress(packed, MOST_CHARACTERS + 1).decode("ascii")
    except (ValueError, binascii.Error, zlib.error) as error:
        raise PayloadError("it was damaged on its way: copy the whole line") from error
    if not unpacking.eof:
        raise PayloadError("it was damaged on its way: copy the whole line")
    return payload, read_payload(payload)
