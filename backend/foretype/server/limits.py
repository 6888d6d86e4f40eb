"""The limits of one client, and the token bucket that keeps one client from using the whole server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from foretype.support.clock import Clock
from foretype.support.settings import Settings


def _default(setting: str) -> Any:
    """The default of a setting. It is defined only in `Settings`."""
    return Settings.model_fields[setting].default


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """The limits of one connection. `welcome` has the first three; the first five are settings."""

    context_chars: int = _default("context_chars")
    """Code points in `before`, and as many in `after`.

    A client may count UTF-16 units instead, as JavaScript does: then it sends fewer code points or as many.
    """
    fields: int = _default("fields")
    message_bytes: int = _default("message_bytes")
    keystrokes_per_second: float = _default("keystrokes_per_second")
    keystroke_burst: int = _default("keystroke_burst")
    """Both are of all connections of a client, unless it has the fixed token."""
    name_chars: int = 128
    """Code points in the name of a field."""
    alternatives: int = 8
    """A client may ask for more, and gets at most this many."""
    hello_seconds: float = 5.0
    hello_bytes: int = 4096
    """The longest message before `welcome`."""
    bytes_before_welcome: int = 16_384
    """All that a WebSocket's client may send before `welcome`."""

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
    """`burst` tokens at first, then `rate` per second. Taking one needs no allocation and no timer."""

    def __init__(self, rate: float, burst: int, clock: Clock) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._tokens = self._burst
        self._filled_at = clock()

    def take(self) -> bool:
        """Take a token. False if there is none."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
