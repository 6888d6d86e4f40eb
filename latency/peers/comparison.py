"""The whole comparison in its order: load the models, bits per byte, runs in rounds, keystrokes in turns."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from foretype.models.manifest import TOKENIZER, Manifest
from foretype.prepare.gate import gate_text
from foretype.support.progress import Progress
from latency.gate_ids import gate_ids
from latency.machine import machine
from latency.peers.figures import summarise
from latency.peers.keystrokes import foretype_server, only_typing, type_in_turn
from latency.peers.peer_list import MissingPeer
from latency.peers.peer_process import Launch, PeerFailedError, PeerProcess, started
from latency.peers.report import Report
from latency.peers.rounds import ActivePeers, RunText, measure_quality, measure_runs

PREFILL = 64
EIGHT = 8


@dataclass(frozen=True, slots=True)
class PeersSetup:
    """The options of a comparison. `slow` has by name how many keystrokes a slow peer gets at most."""

    model: str
    folder: Path  # the prepared model
    threads: int
    rounds: int
    texts: Sequence[str]
    wpm: float
    slow: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class GateIds:
    """The gate's text after the tokens that the model puts before every text. These are the first `given`
    ids.
    """

    ids: Sequence[int]
    given: int
    bytes: int

    @classmethod
    def of(cls, folder: Path) -> GateIds:
        begin = Manifest.read(folder).begin_ids
        ids = gate_ids(folder / TOKENIZER).tolist()
        return cls((*begin, *ids), len(begin), len(gate_text().encode()))

    def runs(self) -> RunText:
        after = self.ids[PREFILL : PREFILL + EIGHT]
        return RunText(self.ids[:PREFILL], after[0], after)


async def run_comparison(
    setup: PeersSetup,
    ours: Launch,
    peers: Sequence[Launch],
    missing: Sequence[MissingPeer],
    progress: Progress,
    log: Path,
) -> Report:
    """Measures Foretype (`ours`) and `peers`. `missing` is only reported. `log` gets the server's output.

    Raises `PeerFailedError` if Foretype itself fails, and `ServerLostError` if its server is lost.
    """
    missing = list(missing)
    gate = GateIds.of(setup.folder)
    async with contextlib.AsyncExitStack() as stack:
        with progress.step("load the models"):
            processes = [await stack.enter_async_context(started(ours))]
            for launch in peers:
                try:
                    processes.append(await stack.enter_async_context(started(launch)))
                except PeerFailedError as error:
                    missing.append(MissingPeer(error.name, error.reason))
        active = ActivePeers(processes)
        with progress.step("read the text of the quality check"):
            await measure_quality(active, gate.ids, gate.given, setup.slow)
        with progress.step("time steps, first passes and eight nodes") as step:
            done = iter(range(1, setup.rounds + 1))
            await measure_runs(
                active, gate.runs(), setup.rounds, lambda: step.advance(next(done), setup.rounds)
            )
        if ours.name in active.failed:
            raise PeerFailedError(ours.name, active.failed[ours.name])
        await _type(setup, active, processes[0], progress, log)
    missing += [MissingPeer(name, reason) for name, reason in active.failed.items()]
    figures = [summarise(name, samples, gate.bytes) for name, samples in active.samples.items()]
    return Report(
        model=setup.model,
        machine=machine(),
        threads=setup.threads,
        rounds=setup.rounds,
        wpm=setup.wpm,
        texts=len(setup.texts),
        chars=max(map(len, setup.texts)),
        ours=figures[0],
        peers=figures[1:],
        missing=missing,
    )


async def _type(
    setup: PeersSetup, active: ActivePeers, ours: PeerProcess, progress: Progress, log: Path
) -> None:
    """Foretype's runs were timed in the process `ours`. Its keystrokes go to a server."""
    await ours.stop()
    async with foretype_server(setup.model, setup.threads, log) as server:
        with progress.step("type at Foretype and at the peers in turns") as step:
            done = iter(range(1, len(setup.texts) + 1))
            await type_in_turn(
                server,
                active.samples[ours.name],
                active,
                setup.texts,
                only_typing(setup.wpm),
                setup.slow,
                lambda: step.advance(next(done), len(setup.texts)),
            )
