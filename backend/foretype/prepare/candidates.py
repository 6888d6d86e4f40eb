"""The kinds of weights that a recipe lists, and the choice among them: the fastest that is good enough."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import onnx

from foretype.models.errors import QualityRefusedError
from foretype.models.manifest import GRAPH, PassedOver
from foretype.models.weights import FLOAT16, FLOAT32
from foretype.prepare.check import Reader, in_one_pass, open_reader, refusal, token_by_token
from foretype.prepare.float32 import Float32, Work
from foretype.prepare.graph_files import save_graph
from foretype.prepare.grid import NotOnGridError
from foretype.prepare.half import halve
from foretype.prepare.quantise import Blocks, quantise
from foretype.prepare.race import Speed, race


@dataclass(frozen=True, slots=True)
class Chosen:
    """The weights to serve, and their figures: bits per byte of the text, read in both ways."""

    weights: str
    folder: Path
    bits_per_byte: float
    bits_per_byte_stepwise: float
    speed: Speed


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Weights whose quality in one pass was measured."""

    weights: str
    folder: Path
    reader: Reader
    bits_per_byte: float


def choose_weights(exact: Float32, work: Work) -> tuple[Chosen, list[PassedOver]]:
    """The fastest weights that are good enough, and the others that were tried. float32 is tried only if no
    other weights pass. Raises QualityRefusedError.
    """
    return _Choice(exact, work).run()


class _Choice:
    def __init__(self, exact: Float32, work: Work) -> None:
        self._exact = exact
        self._work = work
        self._refused: list[str] = []
        self._others: list[PassedOver] = []

    def run(self) -> tuple[Chosen, list[PassedOver]]:
        rounded = [weights for weights in self._work.recipe.weights if weights != FLOAT32]
        for kinds in (rounded, [FLOAT32] if FLOAT32 in self._work.recipe.weights else []):
            chosen = self._best_of(kinds)
            if chosen is not None:
                return chosen, self._others
        raise QualityRefusedError(
            f"No weights of {self._work.recipe.name} that were tried are good enough to serve on this "
            f"machine: {'; '.join(self._refused)}. float32 loses no quality. An earlier model stays as it is."
        )

    def _best_of(self, kinds: list[str]) -> Chosen | None:
        candidates = [one for weights in kinds if (one := self._good_in_one_pass(weights)) is not None]
        if not candidates:
            return None
        names = " and ".join(one.weights for one in candidates)
        with self._work.progress.step(f"measure the speed of {names}"):
            speeds = race([one.reader for one in candidates], self._exact.text.ids)
        by_speed = sorted(zip(candidates, speeds, strict=True), key=lambda pair: pair[1].step_ms)
        chosen: Chosen | None = None
        for candidate, speed in by_speed:
            if chosen is not None:
                self._pass_over(candidate, speed)
            else:
                chosen = self._good_token_by_token(candidate, speed)
        return chosen

    def _good_in_one_pass(self, weights: str) -> _Candidate | None:
        try:
            folder = self._make(weights)
        except NotOnGridError as error:
            self._refused.append(f"{weights}: {error}")
            self._work.progress.say(f"Skipped {self._refused[-1]}.")
            return None
        exact = self._exact
        with self._work.progress.step(f"check the quality of {weights}"):
            reader = open_reader(folder, exact.kind, exact.geometry, self._work.threads)
            candidate = _Candidate(weights, folder, reader, in_one_pass(reader, exact.text))
        reason = refusal("in one pass", candidate.bits_per_byte, exact.bits_per_byte)
        if reason is None:
            return candidate
        (speed,) = race([reader], exact.text.ids)
        self._refuse(candidate, speed, reason)
        return None

    def _good_token_by_token(self, candidate: _Candidate, speed: Speed) -> Chosen | None:
        """Takes as long as all other checks together, so it is done for the fastest only."""
        weights = candidate.weights
        with self._work.progress.step(f"check the quality of {weights}, token by token") as step:
            stepwise = token_by_token(candidate.reader, self._exact.text, step)
        reason = refusal("token by token", stepwise, self._exact.bits_per_byte)
        if reason is None:
            return Chosen(weights, candidate.folder, candidate.bits_per_byte, stepwise, speed)
        self._refuse(candidate, speed, reason)
        return None

    def _refuse(self, candidate: _Candidate, speed: Speed, reason: str) -> None:
        self._refused.append(f"{candidate.weights}: {reason}")
        self._work.progress.say(f"Refused {self._refused[-1]}.")
        self._pass_over(candidate, speed, reason)

    def _pass_over(self, candidate: _Candidate, speed: Speed, refused: str | None = None) -> None:
        bits = candidate.bits_per_byte
        self._others.append(
            PassedOver(
                weights=candidate.weights,
                bits_per_byte=bits if math.isfinite(bits) else None,
                step_ms=speed.step_ms,
                prefill_ms=speed.prefill_ms,
                refused=refused,
            )
        )

    def _make(self, weights: str) -> Path:
        """The folder with the graph that has these weights. Raises NotOnGridError."""
        exact, store, progress = self._exact, self._work.store, self._work.progress
        if weights == FLOAT32:
            return exact.graph
        what = "round to float16" if weights == FLOAT16 else f"quantise to {weights}"
        with progress.step(what), store.making(weights) as part:
            model = onnx.load(exact.graph / GRAPH)
            rounded = halve(model) if weights == FLOAT16 else quantise(model, Blocks.named(weights))
            save_graph(rounded, part)
        return store.work / weights
