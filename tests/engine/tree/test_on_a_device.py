"""A draft whose distributions lie on a device finds the same as one whose distributions lie on the host."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from foretype.engine.keystroke import Keystroke
from foretype.engine.tree.choice import Policy
from foretype.engine.tree.draft import Draft, TreeLimits
from foretype.models.manifest import Geometry
from foretype.runtime.arena import lone_arena
from foretype.runtime.device.pool import DeviceMemory
from foretype.runtime.device.tops import Tops
from foretype.runtime.distribution import Distribution
from foretype.runtime.host_pool import HostPool
from foretype.runtime.providers import CPU_ONLY
from tests.engine.tree.test_draft import SCRIPT, VOCABULARY
from tests.scripted_model import BEGIN, GEOMETRY, ScriptedModel

TEXT = "Please tell me any questions you have. Please tell the question"
PLENTY = 200


class Typed:
    """One draft and the scripted model, with a run ahead after each key."""

    def __init__(self, tops: Tops | None) -> None:
        self.model = ScriptedModel(VOCABULARY, SCRIPT)
        self.tops = tops
        self.made: list[Distribution] = []
        limits = TreeLimits()
        arena = lone_arena(HostPool(GEOMETRY, 1, limits.arena_tokens))
        self.draft = Draft(arena, [BEGIN], VOCABULARY, Policy(), limits)

    def run(self) -> None:
        run, first_slot = self.draft.next_run(), self.draft.arena.length
        logits = self.model.run(self.draft.arena, run.chunk)
        if self.tops is None:
            found = [Distribution.of(row, VOCABULARY.ranks) for row in logits]
        else:
            summaries = self.tops.take(logits.ctypes.data, logits.shape)
            found = [Distribution.summed_up(one, VOCABULARY.ranks) for one in summaries]
        self.made += found
        self.draft.record(run, first_slot, found)

    def answers(self) -> list[list[tuple[str, float]]]:
        """The texts and probabilities chosen at each key of `TEXT`."""
        said = []
        for end in range(1, len(TEXT) + 1):
            assert self.draft.place(Keystroke(end, TEXT[:end])) is None
            while not (result := self.draft.search()).done:
                self.run()
            said.append([(one.text, round(one.confidence, 4)) for one in result.chosen])
            if self.draft.search_ahead():
                self.run()
        return said


def new_tops(rows: int) -> Tops:
    geometry = Geometry(layers=1, kv_heads=1, head_dim=2, vocab_size=VOCABULARY.size, context_length=8)
    memory = DeviceMemory(geometry, np.float32, ("cpu", 0), CPU_ONLY)
    return Tops(memory, replace(VOCABULARY.ranks, top=32), most_bytes=0, least_rows=rows)


def test_the_answers_are_the_same_and_the_model_runs_as_often() -> None:
    host, device = Typed(None), Typed(new_tops(PLENTY))
    assert device.answers() == host.answers()
    assert device.model.runs == host.model.runs


def test_distributions_after_the_stem_are_not_fetched_whole() -> None:
    device = Typed(new_tops(PLENTY))
    device.answers()
    fetched = [one for one in device.made if one._whole is not None]
    assert 0 < len(fetched) < len(device.made)


def test_rows_that_were_overwritten_cost_a_run_and_nothing_else() -> None:
    host, device = Typed(None), Typed(new_tops(rows=6))
    assert device.answers() == host.answers()
    assert len(device.model.runs) > len(host.model.runs)
