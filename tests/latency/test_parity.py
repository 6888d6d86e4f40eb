"""The comparison with transformers, on shapes scaled down, and that it finds what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foretype.runtime.chunk import Chunk, Logits
from foretype.runtime.fused import FusedRuntime
from latency import parity
from tests.prepare.conftest import tokeniser_file, write_folder

__all__ = ["tokeniser_file"]
POSITIONS = 120


@pytest.mark.parametrize(
    ("family", "graph", "changes"),
    [
        ("gpt2", "fused", {"n_layer": 1}),  # as DistilGPT2 to GPT-2: half the layers
        ("qwen2", "fused", {}),
        ("mistral", "fused", {}),
        ("gpt_neox", "plain", {}),
    ],
)
def test_each_way_through_a_text_gives_the_logits_of_transformers(
    family: str, graph: str, changes: dict[str, int], tokeniser_file: Path, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "scaled-down", family, tokeniser_file, **changes)
    kind, found = parity.measure(folder, tmp_path / "build", positions=POSITIONS, threads=1)
    assert kind == graph
    assert [one.rows for one in found] == [POSITIONS] * 3 + [12, 4]
    assert all(one.largest < parity.MAX_LOGITS_DIFFERENCE for one in found), found


def test_a_runtime_that_forgets_who_sees_whom_is_found_out(
    tokeniser_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_folder(tmp_path / "scaled-down", "gpt2", tokeniser_file)
    right = FusedRuntime.run

    def forgetful(self: FusedRuntime, arena: object, chunk: Chunk) -> Logits:
        return right(self, arena, Chunk(chunk.ids, chunk.positions, None, chunk.rows))  # type: ignore[arg-type]

    monkeypatch.setattr(FusedRuntime, "run", forgetful)
    _, found = parity.measure(folder, tmp_path / "build", positions=POSITIONS, threads=1)
    apart = {one.way: one.largest for one in found}
    assert apart["in one pass"] < parity.MAX_LOGITS_DIFFERENCE < apart["in a tree, in one run"]
    assert np.isfinite(apart["in a tree, in one run"])
