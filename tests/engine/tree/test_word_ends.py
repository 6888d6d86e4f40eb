"""A table of word ends: runs that it makes unnecessary, and those that are still made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foretype.engine.own.counts import Tally
from foretype.engine.tree.choice import Policy
from foretype.engine.tree.draft import Draft, TreeLimits
from foretype.engine.tree.language import Shares, SharesOf, any_language
from foretype.engine.tree.personal import no_table
from foretype.engine.tree.word_ends import WordEnds
from foretype.runtime.arena import lone_arena
from foretype.runtime.host_pool import HostPool
from foretype.words.pieces import Run
from foretype.words.store import Changes, State
from tests.engine.tree.test_draft import VOCABULARY, answer, run_ahead
from tests.scripted_model import BEGIN, GEOMETRY, ScriptedModel

SCRIPT = {
    " me": {" any": 0.3, " the": 0.3, " query": 0.3},
    " any": {" questions": 0.6, " you": 0.3},
    " the": {" questions": 0.95},
    " query": {" question": 0.9},
    " questions": {" you": 0.9},
    " question": {"s": 0.6, " you": 0.3},
    " you": {" have": 0.9},
    " have": {".": 0.9},
}
ENDS = {" questions": 0.95, " you": 0.95, " have": 0.95, " question": 0.35}


def table(ends: dict[str, float] = ENDS) -> WordEnds:
    log_probs = np.full(VOCABULARY.size, np.nan, np.float16)
    for word, end in ends.items():
        [token] = VOCABULARY.encode(word)
        log_probs[token] = np.log(end)
    return WordEnds(log_probs)


def new_draft(
    word_ends: WordEnds | None, table_of: object = no_table, shares_of: SharesOf = any_language
) -> tuple[Draft, ScriptedModel]:
    arena = lone_arena(HostPool(GEOMETRY, 1, TreeLimits().arena_tokens))
    policy, limits = Policy(gain=0.0), TreeLimits()
    draft = Draft(arena, [BEGIN], VOCABULARY, policy, limits, table_of, word_ends, shares_of)  # type: ignore[arg-type]
    return draft, ScriptedModel(VOCABULARY, SCRIPT)


def test_the_model_does_not_run_only_to_learn_whether_a_word_ends() -> None:
    runs = {}
    for word_ends in (None, table()):
        draft, model = new_draft(word_ends)
        assert answer(draft, model, "Please tell me any").startswith(" questions")
        runs[word_ends is None] = len(model.runs)
    assert runs[False] < runs[True]


def test_words_are_added_only_to_a_likely_word() -> None:
    """The words after " questions" are likely in both texts, but " questions" itself is not in the first."""
    draft, model = new_draft(table())
    assert answer(draft, model, "Please tell me any") == " questions"


def test_the_words_after_a_likely_word_are_still_found() -> None:
    draft, model = new_draft(table())
    assert answer(draft, model, "Please tell me the") == " questions you have"


def test_a_word_that_may_go_on_is_followed() -> None:
    draft, model = new_draft(table())
    assert answer(draft, model, "Please tell me query").startswith(" questions")


@pytest.mark.parametrize("before", ["Please tell me any", "Please tell me the", "Please tell me query"])
def test_the_answer_does_not_depend_on_what_was_computed_ahead(before: str) -> None:
    draft, model = new_draft(table())
    expected = answer(draft, model, before)
    for typed in (before[:-1], before):
        answer(draft, model, typed)
        for _ in range(3):
            run_ahead(draft, model)
    assert answer(draft, model, before) == expected


def test_runs_ahead_are_not_made_for_the_end_of_a_word_either() -> None:
    tokens = {}
    for word_ends in (None, table()):
        draft, model = new_draft(word_ends)
        answer(draft, model, "Please tell me any")
        for _ in range(4):
            run_ahead(draft, model)
        tokens[word_ends is None] = sum(model.runs)
    assert tokens[False] < tokens[True]


def test_a_person_with_own_words_gets_answers_without_the_table() -> None:
    """A word of the person's own may go on where words usually end."""
    tally = Tally(VOCABULARY)
    tally.take(Changes(State(1, 1), is_whole=True, runs=[(Run((), " you"), 3)], added=[]))
    counts = tally.table()
    assert counts is not None
    runs = {}
    for word_ends in (None, table()):
        draft, model = new_draft(word_ends, lambda: counts)
        answer(draft, model, "Please tell me any")
        runs[word_ends is None] = len(model.runs)
    assert runs[False] == runs[True]


@pytest.mark.parametrize(("english", "needs_fewer"), [(0.49, False), (0.51, True)])
def test_a_text_that_is_not_english_gets_answers_without_the_table(english: float, needs_fewer: bool) -> None:
    """The table was measured behind English words: " de" ends there in one of five cases."""
    runs = {}
    for word_ends in (None, table()):
        draft, model = new_draft(word_ends, shares_of=lambda _: Shares(1.0, english))
        answer(draft, model, "Please tell us all and Please tell me any")
        runs[word_ends is None] = len(model.runs)
    assert (runs[False] < runs[True]) == needs_fewer


def test_a_model_that_was_prepared_without_the_table_is_served_without_it(tmp_path: Path) -> None:
    assert WordEnds.load(tmp_path / "word-ends.npy", VOCABULARY.size) is None


def test_a_table_of_another_model_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "word-ends.npy", np.zeros(VOCABULARY.size + 1, np.float16))
    with pytest.raises(ValueError, match="does not belong to this model"):
        WordEnds.load(tmp_path / "word-ends.npy", VOCABULARY.size)
