"""Secrets in a step's output become ``*****``, also where one arrives in pieces.

Used by the shim, so it imports next to nothing.
"""

from __future__ import annotations

MASK = b"*****"
LEAST_CHARACTERS = 8
_URL_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~")


def patterns(secrets: list[str]) -> list[bytes]:
    """How each secret of at least ``LEAST_CHARACTERS`` may be written: as it is, in JSON, in a URL. Sorted."""
    from json import dumps  # not every step has a secret

    found: set[bytes] = set()
    for secret in secrets:
        if len(secret) < LEAST_CHARACTERS:
            continue
        raw = secret.encode("utf-8", "surrogateescape")
        found.add(raw)
        for text in (dumps(secret), dumps(secret, ensure_ascii=False)):
            found.add(text[1:-1].encode("utf-8", "surrogateescape"))
        for safe in (_URL_SAFE, _URL_SAFE | {ord("/")}):
            upper = b"".join(bytes([c]) if c in safe else b"%%%02X" % c for c in raw)
            lower = b"".join(bytes([c]) if c in safe else b"%%%02x" % c for c in raw)
            found |= {upper, lower, upper.replace(b"%20", b"+"), lower.replace(b"%20", b"+")}
    return sorted(found)


class Masker:
    """Masks a stream that is fed in pieces; overlapping secrets are masked together.

    Only an end that may be the beginning of a secret is held back, so that a prompt shows at once.
    """

    def __init__(self, wanted: list[bytes]) -> None:
        self._patterns = wanted
        self._longest = max((len(pattern) for pattern in wanted), default=0)
        self._buffer = b""
        self._given = 0  # how much of the buffer has been handed out; what is before it only helps to match

    def feed(self, data: bytes) -> bytes:
        """What can be shown now."""
        if not self._patterns:
            return data
        self._buffer += data
        return self._give(self._held_from())

    def finish(self) -> bytes:
        """The rest, when nothing more comes."""
        return self._give(len(self._buffer)) if self._patterns else b""

    def _held_from(self) -> int:
        held = size = len(self._buffer)
        for pattern in self._patterns:
            # Only where its first byte stands: a secret may be a key of some thousand bytes.
            at = self._buffer.find(pattern[:1], max(self._given, size - len(pattern) + 1))
            while 0 <= at < held:
                if pattern.startswith(self._buffer[at:]):
                    held = at
                at = self._buffer.find(pattern[:1], at + 1)
        return held

    def _covered(self) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        for pattern in self._patterns:
            at = self._buffer.find(pattern)
            while at >= 0:
                spans.append((at, at + len(pattern)))
                at = self._buffer.find(pattern, at + 1)
        merged: list[tuple[int, int]] = []
        for start, end in sorted(spans):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], end))
            else:
                merged.append((start, end))
        return merged

    def _give(self, cut: int) -> bytes:
        # A byte before ``cut`` that no match covers now is never covered later: a match over it that is still
        # incomplete would begin with a held end, and ``cut`` would stand before it.
        parts: list[bytes] = []
        position = self._given
        for start, end in self._covered():
            if end <= self._given or start >= cut:
                continue
            if start >= self._given:
                parts += [self._buffer[position:start], MASK]
            position = min(end, cut)
        parts.append(self._buffer[position:cut])
        keep = max(0, cut - self._longest + 1)
        self._buffer, self._given = self._buffer[keep:], cut - keep
        return b"".join(parts)


def mask(text: str, wanted: list[bytes]) -> str:
    """``text`` with every secret masked."""
    masker = Masker(wanted)
    data = text.encode("utf-8", "surrogateescape")
    return (masker.feed(data) + masker.finish()).decode("utf-8", "replace")
