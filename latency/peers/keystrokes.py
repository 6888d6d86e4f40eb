"""Types the same texts key by key at Foretype's server and at each peer, text by text in turns.

Foretype gets the keys through its WebSocket at a person's speed, because it computes ahead between keys. A
peer does nothing between keys, so it gets each key as soon as it has answered the last one. Its answer is
timed inside its process.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from latency.peers.figures import Samples
from latency.peers.peer_process import PeerProcess
from latency.peers.rounds import ActivePeers
from latency.replay.figures import keystrokes
from latency.replay.run import replay
from latency.replay.server import OwnServer, own_server
from latency.replay.type_text import Manner


def only_typing(wpm: float) -> Manner:
    """A typist that accepts no suggestion, so that each key of the text is pressed."""
    return Manner(wpm=wpm, glance_s=math.inf, kind="email")


async def type_in_turn(
    server: OwnServer,
    ours: Samples,
    peers: ActivePeers,
    texts: Sequence[str],
    manner: Manner,
    at_most: Mapping[str, int],
    progress: Callable[[], None],
) -> None:
    """`at_most` limits the keystrokes of slow peers, by name. `progress` is called after each text.

    Raises `ServerLostError`.
    """

    async def type_text(process: PeerProcess, samples: Samples) -> None:
        if "keystroke" not in process.does:
            return
        limit = at_most.get(process.name, math.inf)
        await process.ask("forget")
        for end in range(1, len(text) + 1):
            if len(samples.keystrokes) >= limit:
                break
            samples.keystrokes.append((await process.ask("keystroke", text=text[:end]))["ms"])

    for text in texts:
        ours.keystrokes += await _type_at_foretype(server, text, manner)
        await peers.each(type_text)
        progress()


async def _type_at_foretype(server: OwnServer, text: str, manner: Manner) -> list[float]:
    """Milliseconds from each keystroke to its final answer. If there is none, because the next key came first
    or the server failed, the whole budget is counted.
    """
    done = await replay(server.address, server.token, [text], manner)
    budget_ms = done.welcome.budget_ms
    return [budget_ms if key.final is None else (key.final - key.at) * 1000 for key in keystrokes(done.typed)]


@contextlib.asynccontextmanager
async def foretype_server(model: str, threads: int, log: Path) -> AsyncIterator[OwnServer]:
    """A server with this model and number of threads. Raises `ServerLostError`."""
    async with own_server(
        log, settings={"FORETYPE_MODEL": model, "FORETYPE_THREADS": str(threads)}
    ) as server:
        yield server
