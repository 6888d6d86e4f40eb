"""What one client may ask for, and the token bucket that keeps a runaway one from taking the whole server."""

from __future__ import annotations

from dataclasses import dataclass

from foretype.support.clock import Clock
from foretype.support.settings import Settings


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """The limits of one connection. The first three are told to the client in `welcome`."""

    context_chars: int = 2000
    """Code points in `before`, and again in `after`.

    A client that counts UTF-16 units, as JavaScript does, sends at most as many code points: both ways of
    counting fit.
    """
    fields: int = 64
    message_bytes: int = 32768
    keystrokes_per_second: float = 100.0
    keystroke_burst: int = 200
    name_chars: int = 128
    """Code points in the name of a field."""
    alternatives: int = 8
    """More are not refused: a client asks for up to so many, and gets up to this many."""
    hello_seconds: float = 5.0

    @classmethod
    def of(cls, settings: Settings) -> ClientLimits:
        return cls(
            context_chars=settings.context_chars,
            fields=settings.fields,
            message_bytes=settings.message_bytes,
            keystrokes_per_second=settings.keystrokes_per_second,
            keystroke_burst=settings.keystroke_burst,
        )


class TokenBucket:
    """`burst` tokens at first, `rate` a second after that; taking one costs no allocation and no timer."""

    def __init__(self, rate: float, burst: int, clock: Clock) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._tokens = self._burst
        self._filled_at = clock()

    def take(self) -> bool:
        """Whether there was a token; if so it is gone."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
