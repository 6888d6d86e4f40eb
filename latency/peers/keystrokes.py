"""The same texts typed key by key at Foretype's server and at each peer, a text at each in turn.

Foretype is typed at as people type, through its socket, gaps and all: what it works out in the gaps is the
point. A peer has no use for gaps, gets each text as soon as it has answered the one before, and its answer is
timed inside its process.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from latency.peers.child import Driver
from latency.peers.figures import Samples
from latency.peers.rounds import Race
from latency.replay.run import replay
from latency.replay.server import OwnServer, own_server
from latency.replay.session import Manner


def only_typing(wpm: float) -> Manner:
    """A person who takes no word, so that each key of the text is pressed."""
    return Manner(wpm=wpm, glance_s=math.inf, kind="email")


async def type_in_turn(
    server: OwnServer,
    ours: Samples,
    peers: Race,
    texts: Sequence[str],
    manner: Manner,
    at_most: Mapping[str, int],
    progress: Callable[[], None],
) -> None:
    """`at_most` limits a slow peer's keystrokes, by its name. `progress` follows each text.

    Raises `ServerLostError`.
    """

    async def type_text(driver: Driver, samples: Samples) -> None:
        if "keystroke" not in driver.does:
            return
        limit = at_most.get(driver.name, math.inf)
        await driver.ask("forget")
        for end in range(1, len(text) + 1):
            if len(samples.keystrokes) >= limit:
                break
            samples.keystrokes.append((await driver.ask("keystroke", text=text[:end]))["ms"])

    for text in texts:
        ours.keystrokes += await _type_at_foretype(server, text, manner)
        await peers.each(type_text)
        progress()


async def _type_at_foretype(server: OwnServer, text: str, manner: Manner) -> list[float]:
    """Milliseconds from each keystroke to its final answer. Where none came, the next key being faster or the
    server failing, the whole budget.
    """
    done = await replay(server.address, server.token, [text], manner)
    sent = [keystroke for session in done.sessions for keystroke in session.ledger.keystrokes()]
    owed = done.welcome.budget_ms
    return [owed if key.final is None else (key.final - key.at) * 1000 for key in sent]


@contextlib.asynccontextmanager
async def foretype_server(model: str, threads: int, log: Path) -> AsyncIterator[OwnServer]:
    """A server of our own with one model and so many threads. Raises `ServerLostError`."""
    async with own_server(
        log, settings={"FORETYPE_MODEL": model, "FORETYPE_THREADS": str(threads)}
    ) as server:
        yield server
