"""The child's half of the protocol: a JSON object a line comes in on stdin, one goes out on stdout for each.

    ← {"about": "llama.cpp 1.2, Q4_1", "does": ["prefill", "steps"]}     once the model is loaded
    → {"do": "steps", "ids": [1, 5], "token": 7, "times": 3}             ← {"found": [9.1, 9.2, 9.1]}
    → {"do": "dance"}                                                    ← {"error": "it does no dance"}

It ends when stdin does. An error of a request names its kind only: its message may hold what was typed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, Protocol

DEEDS = ("prefill", "steps", "branches", "nats", "nats_stepwise", "keystroke", "forget")


class Peer(Protocol):
    """Has a method for each deed that it can do, with the request's fields as its parameters."""

    about: str


def serve(load: Callable[[dict[str, Any]], Peer]) -> None:
    """Load an engine with the options that the command line's one argument holds as JSON, and obey."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries that print must not print into the protocol

    def say(**answer: object) -> None:
        print(json.dumps(answer), file=out, flush=True)

    try:
        engine = load(json.loads(sys.argv[1]))
    except Exception as error:  # whatever a peer raises where it cannot be had is a reason to report
        say(error=f"{type(error).__name__}: {error}")
        return
    deeds = {name: getattr(engine, name) for name in DEEDS if hasattr(engine, name)}
    say(about=engine.about, does=list(deeds))
    for line in sys.stdin:
        wanted = json.loads(line)
        name = wanted.pop("do")
        if name not in deeds:
            say(error=f"it does no {name}")
            continue
        try:
            say(found=deeds[name](**wanted))
        except Exception as error:
            say(error=type(error).__name__)
