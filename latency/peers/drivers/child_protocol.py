"""The child's side of the protocol: one JSON object per line. Each request on stdin gets an answer on stdout.

    ← {"about": "llama.cpp 1.2, Q4_1", "does": ["prefill", "steps"]}     once the model is loaded
    → {"do": "steps", "ids": [1, 5], "token": 7, "times": 3} ← {"found": [9.1, 9.2, 9.1]}
    → {"do": "dance"}                                        ← {"error": "unknown operation: dance"}

The child ends when stdin is closed. If a request fails, the answer names only the type of the error, because
its message may contain typed text. The parent's side is `latency.peers.peer_process`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, Protocol

OPERATIONS = ("prefill", "steps", "branches", "nats", "nats_stepwise", "keystroke", "forget")


class Driver(Protocol):
    """Has a method for each of `OPERATIONS` that it can do. Its parameters are the members of the request."""

    about: str  # the engine with its version, and the weights


def serve(load: Callable[[dict[str, Any]], Driver]) -> None:
    """Loads a driver with the options in the only argument (JSON), and answers requests until stdin is
    closed.
    """
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries that print to stdout must not disturb the protocol

    def say(**answer: object) -> None:
        print(json.dumps(answer), file=out, flush=True)

    try:
        driver = load(json.loads(sys.argv[1]))
    except Exception as error:  # any error while a model is loaded is reported
        say(error=f"{type(error).__name__}: {error}")
        return
    operations = {name: getattr(driver, name) for name in OPERATIONS if hasattr(driver, name)}
    say(about=driver.about, does=list(operations))
    for line in sys.stdin:
        request = json.loads(line)
        name = request.pop("do")
        if name not in operations:
            say(error=f"unknown operation: {name}")
            continue
        try:
            say(found=operations[name](**request))
        except Exception as error:
            say(error=type(error).__name__)
