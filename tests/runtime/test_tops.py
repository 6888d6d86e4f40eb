"""The top of a distribution taken on a device, the CPU being it: the same as the host makes of the same
logits, and rows that stay there until later ones are written over them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foretype.models.manifest import Geometry
from foretype.runtime.chunk import Logits
from foretype.runtime.device.pool import DeviceMemory
from foretype.runtime.device.tops import Tops
from foretype.runtime.distribution import Distribution
from foretype.runtime.providers import CPU_ONLY
from foretype.runtime.summary import Summary
from tests.scripted_model import byte_level_vocabulary

VOCABULARY = byte_level_vocabulary(" any", " question", " questions", " you", "Please")
GEOMETRY = Geometry(layers=1, kv_heads=1, head_dim=2, vocab_size=VOCABULARY.size, context_length=8)
ROWS = 5


@pytest.fixture
def tops() -> Tops:
    """A ring of `ROWS` rows."""
    memory = DeviceMemory(GEOMETRY, np.float32, ("cpu", 0), CPU_ONLY)
    return Tops(memory, VOCABULARY.ranks, most_bytes=0, least_rows=ROWS)


def random_logits(rows: int, seed: int = 0) -> Logits:
    return (4 * np.random.default_rng(seed).standard_normal((rows, VOCABULARY.size))).astype(np.float32)


def take(tops: Tops, logits: Logits) -> list[Summary]:
    return tops.take(logits.ctypes.data, logits.shape)


def test_a_summary_says_what_the_host_makes_of_the_same_logits(tops: Tops) -> None:
    logits = random_logits(3)
    for row, summary in zip(logits, take(tops, logits), strict=True):
        there = Distribution.summed_up(summary, VOCABULARY.ranks)
        here = Distribution.of(row, VOCABULARY.ranks)
        assert there.top.ranks.tolist() == here.top.ranks.tolist()
        np.testing.assert_allclose(there.top.log_probs, here.top.log_probs, atol=1e-5)
        assert there.log_boundary == pytest.approx(here.log_boundary, abs=1e-5)
        assert there.is_whole()
        np.testing.assert_allclose(there.log_probs, here.log_probs, atol=1e-5)


def test_where_no_word_goes_on_the_boundary_is_all_but_none() -> None:
    memory = DeviceMemory(GEOMETRY, np.float32, ("cpu", 0), CPU_ONLY)
    ranks = replace(VOCABULARY.ranks, word_start=np.ones(len(VOCABULARY), np.float32), top=1)
    summary = take(Tops(memory, ranks, 0, 1), random_logits(1))[0]
    assert np.isfinite(summary.log_boundary)
    assert summary.log_boundary < -10


def test_a_row_is_there_until_later_ones_are_written_over_it(tops: Tops) -> None:
    (first,) = take(tops, random_logits(1, seed=1))
    rest = take(tops, random_logits(ROWS - 1, seed=2))
    before = first.row.fetch()
    assert before is not None
    take(tops, random_logits(1, seed=3))
    assert first.row.fetch() is None
    assert all(one.row.fetch() is not None for one in rest)
    gone = Distribution.summed_up(first, VOCABULARY.ranks)
    assert not gone.is_whole()
    assert gone.top.ranks[0] == np.argmax(before)  # what came back at once stays


def test_what_was_fetched_stays(tops: Tops) -> None:
    kept = Distribution.summed_up(take(tops, random_logits(1))[0], VOCABULARY.ranks)
    assert kept.is_whole()
    for seed in range(ROWS + 1):
        take(tops, random_logits(1, seed))
    assert kept.is_whole()


def test_rows_of_one_run_lie_side_by_side_where_the_ring_ends_too(tops: Tops) -> None:
    for seed in range(12):
        logits = random_logits(3, seed)
        for row, summary in zip(logits, take(tops, logits), strict=True):
            whole = summary.row.fetch()
            assert whole is not None
            np.testing.assert_allclose(whole, Distribution.of(row, VOCABULARY.ranks).log_probs, atol=1e-5)


def test_a_row_that_is_written_over_while_it_is_fetched_is_not_taken(
    tops: Tops, monkeypatch: pytest.MonkeyPatch
) -> None:
    (summary,) = take(tops, random_logits(1))
    fetch = DeviceMemory.fetch

    def overtaken(memory: DeviceMemory, address: int, shape: tuple[int, int]) -> Logits:
        found = fetch(memory, address, shape)
        monkeypatch.undo()
        take(tops, random_logits(ROWS))
        return found

    monkeypatch.setattr(DeviceMemory, "fetch", overtaken)
    assert summary.row.fetch() is None


def test_no_rows_are_no_summaries_and_too_many_are_refused(tops: Tops) -> None:
    assert take(tops, random_logits(0)) == []
    with pytest.raises(ValueError, match=f"{ROWS + 1} rows"):
        take(tops, random_logits(ROWS + 1))
