"""A probe of a container: what its answers mean, as the kubelet counts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

SUCCESSES = range(200, 400)
"""The HTTP states that count as success."""


@dataclass(frozen=True, slots=True)
class Probe:
    """port: a number, or the name of a port of the container."""

    path: str
    port: int | str
    period_s: float
    timeout_s: float
    successes: int
    failures: int

    @classmethod
    def of(cls, manifest: dict[str, Any]) -> Self:
        """From a `startupProbe` or `readinessProbe`, in which the API server has set the defaults."""
        asked = manifest["httpGet"]
        return cls(
            asked["path"],
            asked["port"],
            float(manifest["periodSeconds"]),
            float(manifest["timeoutSeconds"]),
            manifest["successThreshold"],
            manifest["failureThreshold"],
        )


class Verdict:
    """Whether a probe succeeds. It changes after enough equal answers in a row."""

    def __init__(self, probe: Probe, succeeds: bool = False) -> None:
        self.succeeds = succeeds
        self._probe = probe
        self._last = succeeds
        self._in_a_row = 0

    def saw(self, success: bool) -> bool:
        """Count an answer. Returns whether the verdict is a new one."""
        self._in_a_row = self._in_a_row + 1 if success == self._last else 1
        self._last = success
        needed = self._probe.successes if success else self._probe.failures
        if success == self.succeeds or self._in_a_row < needed:
            return False
        self.succeeds = success
        return True
