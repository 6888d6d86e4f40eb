"""The same keystrokes on two ways, in turns, so that both see the same machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator, Mapping, Sequence

from rich.console import Console

from latency.replay.connection import Connection, ServerLostError
from latency.replay.figures import percentile
from latency.replay.plain_typing import Final, answers_to

ALONE = {
    "FORETYPE_BUDGET_MS": "10000",  # the first time a text is sent, the model shall finish
    "FORETYPE_SOCKET_MINUTES": "0",
    "FORETYPE_RUNS_AHEAD": "0",  # nothing else shall run while a keystroke is timed
    "FORETYPE_KEYSTROKES_PER_SECOND": "100000",
}
"""Settings of a server of which only the times of its answers are of interest."""
WARM_UP = 50  # pairs that are not counted
TIMED = 8  # of each state of a text
Times = tuple[list[float], list[float]]
"""Milliseconds of each keystroke, there and back, on the first way and on the second."""


def figures_of(times: Times, names: tuple[str, str]) -> dict[str, float | None]:
    """By the names of `budget.toml`. `added`: what the second way takes longer, keystroke by keystroke."""
    added = [second - first for first, second in zip(*times, strict=True)]
    flat: dict[str, float | None] = {"pairs": float(len(added))}
    for name, found in zip((*names, "added"), (*times, added), strict=True):
        ordered = sorted(found)
        flat |= {f"{name}_p50_ms": statistics.median(ordered), f"{name}_p95_ms": percentile(ordered, 0.95)}
    return flat


def print_figures(flat: Mapping[str, float | None], words: Mapping[str, str], console: Console) -> None:
    """`flat`: from `figures_of`. `words`: for each of its names, and for `added`."""
    for name, said in words.items():
        p50, p95 = flat[f"{name}_p50_ms"], flat[f"{name}_p95_ms"]
        console.print(f"{said:16}  median {p50:6.3f}  p95 {p95:6.3f}", highlight=False)


async def in_turns(first: Connection, second: Connection, texts: Sequence[str]) -> Times:
    """Type texts on both ways. The way that begins changes with each keystroke.

    Each state of a text is sent several times on both ways. The first time the model runs for it. After that
    the server finds the answer in its tree, and only that is timed. Raises `ServerLostError`.
    """
    times: Times = ([], [])
    for number, text in enumerate(texts):
        befores = [text[:length] for length in range(1, len(text) + 1) for _ in range(1 + TIMED)]
        ways = [answers_to(way, f"f{number}", befores) for way in (first, second)]
        for turn in range(len(text)):
            for way in ways:
                await anext(way)
            for repeat in range(turn, turn + TIMED):
                for at in (0, 1) if repeat % 2 else (1, 0):
                    times[at].append(await _timed(ways[at]))
        for connection in (first, second):
            await connection.forget(f"f{number}")
    if min(map(len, times)) <= WARM_UP:
        raise ServerLostError("The texts are too short: give more with --mails or --chars.")
    return times[0][WARM_UP:], times[1][WARM_UP:]


async def _timed(answers: AsyncIterator[Final]) -> float:
    began = time.perf_counter()
    answer = await anext(answers)
    took = (time.perf_counter() - began) * 1000.0
    if answer.source is None:
        raise ServerLostError(f"A keystroke got no suggestion ({answer.error or 'no answer'}).")
    return took
