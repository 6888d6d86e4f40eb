"""A peer that is a real child process and no model: what its options say is what it does."""

from __future__ import annotations

import os
import time
from typing import Any

from latency.peers.drivers.child_protocol import serve


class FakePeer:
    def __init__(self, options: dict[str, Any]) -> None:
        self.about = "a fake"
        self._steps = iter(options.get("steps", []))
        print("what libraries say of themselves")
        match options.get("loading"):
            case "fails":
                raise ValueError("no such weights")
            case "hangs":
                time.sleep(60)

    def prefill(self, ids: list[int]) -> float:
        return float(len(ids))

    def steps(self, ids: list[int], token: int, times: int) -> list[float]:
        match next(self._steps, "fine"):
            case "hangs":
                time.sleep(60)
            case "dies":
                os._exit(7)
            case "fails":
                raise RuntimeError("zebra crossing")
        return [1.5] * times

    def nats(self, ids: list[int], given: int) -> float:
        return float(len(ids) - given)

    def forget(self) -> None: ...

    def keystroke(self, text: str) -> dict[str, float]:
        return {"ms": float(len(text)), "tokens": 1}


if __name__ == "__main__":
    serve(FakePeer)
