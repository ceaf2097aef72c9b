"""How fast keys come: a terminal without bracketed paste types faster than anybody."""

from __future__ import annotations

PASTE_KEYS = 6
PASTE_GAP_SECONDS = 0.004
QUIET_SECONDS = 0.03
REMEMBERED = 64


class Pace:
    """``quiet_seconds`` is how long no key may have come before one that answers a question counts; 0: any counts."""

    def __init__(self, quiet_seconds: float = QUIET_SECONDS) -> None:
        """Nothing was typed yet."""
        self.quiet_seconds = quiet_seconds
        self.rapid = 0
        self._into_a_field = False
        self._pause = 1.0
        self._last = 0.0
        self._pauses: dict[float, float] = {}

    def key(self, at: float, *, into_a_field: bool) -> None:
        """A key was *read* at ``at`` (monotonic seconds): a paste is read at once, however slowly it is handled."""
        self._pause, self._last = at - self._last, at
        self._pauses[at] = self._pause
        while len(self._pauses) > REMEMBERED:
            del self._pauses[next(iter(self._pauses))]
        # Counted in a field too: a paste goes on after the line end that closed it.
        self.rapid = self.rapid + 1 if self._pause < PASTE_GAP_SECONDS else 0
        self._into_a_field = into_a_field

    def idle_seconds(self, now: float) -> float:
        """How long ago, at ``now`` (monotonic seconds), the newest key was read."""
        return now - self._last

    @property
    def is_pasting(self) -> bool:
        """Whether the keys of this moment come too fast to be typed."""
        return self.is_rapid and not self._into_a_field

    @property
    def is_rapid(self) -> bool:
        """The same, whatever takes the keys."""
        return self.quiet_seconds > 0 and self.rapid >= PASTE_KEYS

    def was_deliberate(self, at: float) -> bool:
        """Whether the key that was read at ``at`` came after a pause; others may have been read since."""
        return self._pauses.get(at, self._pause) >= self.quiet_seconds

    @property
    def last(self) -> float:
        """When the newest key was read."""
        return self._last

    @property
    def is_deliberate(self) -> bool:
        """Whether the newest key came after a pause, as an answer to a question does."""
        return self._pause >= self.quiet_seconds
