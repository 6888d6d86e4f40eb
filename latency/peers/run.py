"""The whole comparison, in its order: who can be had, quality, runs in rounds, keystrokes in turn."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from foretype.models.manifest import TOKENIZER, Manifest
from foretype.prepare.gate import gate_text
from foretype.support.machine import machine_name
from foretype.support.progress import Progress
from latency.peers.child import Driver, Launch, PeerFailedError, started
from latency.peers.figures import summarise
from latency.peers.keystrokes import foretype_server, only_typing, type_in_turn
from latency.peers.lineup import Missing
from latency.peers.report import Report
from latency.peers.rounds import Race, RunText, measure_quality, measure_runs

PREFILL = 64
EIGHT = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured. `slow` names slow peers, with the keystrokes that each gets at most."""

    model: str
    folder: Path  # the prepared model
    threads: int
    rounds: int
    texts: Sequence[str]
    wpm: float
    slow: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class GateIds:
    """The gate's text, read from the model's own beginning."""

    ids: Sequence[int]
    given: int
    bytes: int

    @classmethod
    def of(cls, folder: Path) -> GateIds:
        begin = Manifest.read(folder).begin_ids
        text = gate_text()
        ids = Tokenizer.from_file(str(folder / TOKENIZER)).encode(text, add_special_tokens=False).ids
        return cls((*begin, *ids), len(begin), len(text.encode()))

    def runs(self) -> RunText:
        after = self.ids[PREFILL : PREFILL + EIGHT]
        return RunText(self.ids[:PREFILL], after[0], after)


async def compare(
    plan: Plan,
    ours: Launch,
    peers: Sequence[Launch],
    missing: Sequence[Missing],
    progress: Progress,
    log: Path,
) -> Report:
    """Measures `ours` and `peers`; `missing` are reported. `log` takes what the typed-at server says.

    Raises `PeerFailedError` where Foretype itself fails, `ServerLostError` where its server does.
    """
    missing = list(missing)
    gate = GateIds.of(plan.folder)
    async with contextlib.AsyncExitStack() as stack:
        with progress.step("load the models"):
            drivers = [await stack.enter_async_context(started(ours))]
            for launch in peers:
                try:
                    drivers.append(await stack.enter_async_context(started(launch)))
                except PeerFailedError as error:
                    missing.append(Missing(error.name, error.reason))
        race = Race(drivers)
        with progress.step("read the gate's text"):
            await measure_quality(race, gate.ids, gate.given, plan.slow)
        with progress.step("steps, first passes, eight nodes") as step:
            done = iter(range(1, plan.rounds + 1))
            await measure_runs(race, gate.runs(), plan.rounds, lambda: step.advance(next(done), plan.rounds))
        if ours.name in race.failed:
            raise PeerFailedError(ours.name, race.failed[ours.name])
        await _type(plan, race, drivers[0], progress, log)
    missing += [Missing(name, reason) for name, reason in race.failed.items()]
    figures = [summarise(name, samples, gate.bytes) for name, samples in race.samples.items()]
    return Report(
        model=plan.model,
        machine=machine_name(),
        threads=plan.threads,
        rounds=plan.rounds,
        wpm=plan.wpm,
        texts=len(plan.texts),
        chars=max(map(len, plan.texts)),
        ours=figures[0],
        peers=figures[1:],
        missing=missing,
    )


async def _type(plan: Plan, race: Race, ours: Driver, progress: Progress, log: Path) -> None:
    """Foretype's runs were measured in the child `ours`; its keystrokes go to a server."""
    await ours.stop()
    async with foretype_server(plan.model, plan.threads, log) as server:
        with progress.step("type at Foretype and at the peers in turn") as step:
            done = iter(range(1, len(plan.texts) + 1))
            await type_in_turn(
                server,
                race.samples[ours.name],
                race,
                plan.texts,
                only_typing(plan.wpm),
                plan.slow,
                lambda: step.advance(next(done), len(plan.texts)),
            )
