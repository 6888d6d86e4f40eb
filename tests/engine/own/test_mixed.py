"""The mixed distribution answers as if the whole row had been mixed, and the counts are those of the runs."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from foretype.engine.own.counts import AT_START, Table, Tally, number_of
from foretype.engine.own.mixed import MixedDistribution, own_part, share_of
from foretype.runtime.distribution import Distribution
from foretype.runtime.ranks import Interval
from foretype.words.field_text import Taken
from foretype.words.pieces import cut, runs_of
from foretype.words.store import State, WordStore
from tests.scripted_model import byte_level_vocabulary

VOCABULARY = byte_level_vocabulary(" any", " questions", " Quill", "feather", " we", "we", " met")


def number(text: str) -> int:
    (token,) = VOCABULARY.encode(text)
    return number_of(token)


def table_of(store: WordStore, texts: dict[str, int]) -> Table:
    for text, times in texts.items():
        for _ in range(times):
            store.learn("ada", Taken(Counter(runs_of([one.piece for one in cut(text)]))), lambda word: True)
    tally = Tally(VOCABULARY)
    tally.take(store.changes("ada", State()))
    table = tally.table()
    assert table is not None
    return table


@pytest.fixture
def store(tmp_path: Path) -> WordStore:
    return WordStore(tmp_path, 1000)


@pytest.fixture
def base() -> Distribution:
    rng = np.random.default_rng(7)
    return Distribution.of(rng.normal(size=VOCABULARY.size).astype(np.float32), VOCABULARY.ranks)


def followers(table: Table, *context: int) -> dict[bytes, float]:
    found = table.followers(context)
    if len(found) <= len(context):
        return {}
    places, counts, total = found[-1]
    assert total == counts.sum()
    return {
        VOCABULARY.texts[table.ranks[place]]: float(count)
        for place, count in zip(places, counts, strict=True)
    }


def test_tokens_are_counted_after_up_to_three_tokens(store: WordStore) -> None:
    table = table_of(store, {"we met Quillfeather": 2, "we met we met": 1})
    assert followers(table, number(" met")) == {b" Quill": 2.0, b" we": 1.0}
    assert followers(table, number(" Quill")) == {b"feather": 2.0}
    assert followers(table, number("we"), number(" met"), number(" Quill")) == {b"feather": 2.0}
    assert followers(table, AT_START) == {b"we": 3.0}
    assert followers(table, number("feather")) == {}
    assert followers(table)[b" met"] == 4.0


def test_later_changes_count_as_if_all_had_been_read_at_once(store: WordStore) -> None:
    table_of(store, {"we met": 1})
    tally = Tally(VOCABULARY)
    first = store.changes("ada", State())
    tally.take(first)
    at_once = table_of(store, {"we met": 2, "we met any": 1})
    tally.take(store.changes("ada", first.state))
    in_parts = tally.table()
    assert in_parts is not None
    assert followers(in_parts, number("we")) == followers(at_once, number("we")) == {b" met": 4.0}
    assert in_parts.counts.sum() == at_once.counts.sum()


def test_what_was_added_by_hand_counts_as_typed(store: WordStore) -> None:
    store.add("ada", ["Quillfeather any"])
    table = table_of(store, {})
    assert followers(table, number(" Quill")) == {b"feather": 3.0}
    assert followers(table, number("feather")) == {b" any": 3.0}


def test_what_was_added_by_hand_loses_nothing_when_it_is_typed(store: WordStore) -> None:
    store.add("ada", ["Quillfeather"])
    tally = Tally(VOCABULARY)
    first = store.changes("ada", State())
    tally.take(first)
    pieces = Taken(Counter(runs_of([None, " Quillfeather"])))
    store.learn("ada", pieces, lambda word: True)
    tally.take(store.changes("ada", first.state))
    in_parts = tally.table()
    assert in_parts is not None
    assert followers(in_parts, number(" Quill")) == {b"feather": 4.0}
    assert followers(table_of(store, {}), number(" Quill")) == {b"feather": 4.0}


def test_the_shares_are_one_together(store: WordStore) -> None:
    table = table_of(store, {"we met Quillfeather": 5, "we met any": 2})
    own, left = own_part(table, [number("we"), number(" met")])
    assert float(own.sum()) + left == pytest.approx(1.0, abs=1e-6)
    assert float(own.sum()) > 0.4


def test_a_context_after_which_all_came_once_says_little() -> None:
    assert share_of(3, total=4, kinds=4) < 0.05
    assert share_of(3, total=8, kinds=1) > 0.6


@pytest.mark.parametrize("context", [(), ("we",), ("we", " met"), (" met", " Quill")])
def test_it_answers_as_if_the_whole_row_had_been_mixed(
    store: WordStore, base: Distribution, context: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every token of the person's noticed: else unlikely ones are left out of `top`, for speed."""
    monkeypatch.setattr("foretype.engine.own.mixed.NOTICED", 0.0)
    table = table_of(store, {"we met Quillfeather": 5, "we met any questions": 2})
    numbers = [number(text) for text in context]
    mixed = MixedDistribution(base, table, numbers)
    own, left = own_part(table, numbers)
    probs = left * np.exp(base.log_probs.astype(np.float64))
    probs[table.ranks] += own
    assert np.exp(mixed.log_probs) == pytest.approx(probs, rel=1e-4)
    best = np.argsort(-probs)[:12]
    assert mixed.top.ranks[:12].tolist() == best.tolist()
    assert np.exp(mixed.top.log_probs[:12]) == pytest.approx(probs[best], rel=1e-4)
    for prefix in (b" ", b" Q", b"f", b""):
        interval = VOCABULARY.interval(prefix) if prefix else Interval(0, len(VOCABULARY))
        assert mixed.mass_in(interval) == pytest.approx(probs[interval.low : interval.high].sum(), rel=1e-4)
        inside = interval.low + np.argsort(-probs[interval.low : interval.high])[:5]
        found = mixed.best_in(interval, 5)
        assert np.exp(found.log_probs) == pytest.approx(probs[inside], rel=1e-4)
    ranks = [3, 40, int(table.ranks[0])]
    assert sorted(mixed.best_of(ranks).ranks.tolist()) == sorted(ranks)
    boundary = left * math.exp(base.log_boundary) + own[VOCABULARY.ranks.word_start[table.ranks] == 0].sum()
    assert math.exp(mixed.log_boundary) == pytest.approx(boundary, rel=1e-4)
    assert base.top.ranks.tolist() == np.argsort(-base.log_probs)[: len(base.top.ranks)].tolist()
