"""From keystroke to choice, with a scripted model: what is found, and how often the model runs for it."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretype.engine.keystroke import Keystroke, Reason, Sureness
from foretype.engine.tree.choice import Policy
from foretype.engine.tree.draft import Draft, TreeLimits
from foretype.engine.tree.language import Shares, SharesOf, any_language
from foretype.engine.tree.search import Findings, Search
from foretype.runtime.arena import lone_arena
from foretype.runtime.distribution import Distribution
from foretype.runtime.host_pool import HostPool
from foretype.support.stage import RunPurpose
from tests.scripted_model import BEGIN, GEOMETRY, ScriptedModel, byte_level_vocabulary

VOCABULARY = byte_level_vocabulary(
    " any", " question", " questions", " query", " you", " have", "Please", " tell", " me", " the"
)
SCRIPT = {
    " any": {" questions": 0.5, " question": 0.2, " you": 0.2},
    " questions": {" you": 0.9},
    " question": {".": 0.9},
    " the": {" me": 0.5},
    " questions you": {" have": 0.9},
    " you": {" have": 0.9},
    " have": {" the": 0.2, ".": 0.7},
}


def new_draft(
    limits: TreeLimits | None = None, *, gain: float = 0.0, shares_of: SharesOf = any_language
) -> tuple[Draft, ScriptedModel]:
    """With the usual `gain` of 0, runs ahead are made however few keystrokes they are expected to serve."""
    model = ScriptedModel(VOCABULARY, SCRIPT)
    limits = limits or TreeLimits()
    arena = lone_arena(HostPool(GEOMETRY, 1, limits.arena_tokens))
    draft = Draft(arena, [BEGIN], VOCABULARY, Policy(gain=gain), limits, shares_of=shares_of)
    return draft, model


def answer(
    draft: Draft, model: ScriptedModel, before: str, after: str = "", on_screen: str = "", **wanted: Any
) -> str | Reason:
    """`wanted`: other members of the keystroke."""
    reason = draft.place(Keystroke(1, before, after, **wanted), on_screen)
    if reason is not None:
        return reason
    while not (result := draft.search()).done:
        run = draft.next_run()
        first_slot = draft.arena.length
        logits = model.run(draft.arena, run.chunk)
        draft.record(run, first_slot, [Distribution.of(row, VOCABULARY.ranks) for row in logits])
    return result.chosen[0].text if result.chosen else ""


def foresee(draft: Draft, before: str, on_screen: str = "") -> list[str]:
    """Work out the answers to the likeliest keys after `before`, without a run. Returns those keys."""
    draft.search_ahead()
    letters = draft.likely_letters()
    for letter in letters:
        left = on_screen[1:] if on_screen[:1] == letter else ""
        draft.foresee(Keystroke(2, before + letter), left)
    return letters


def run_ahead(draft: Draft, model: ScriptedModel) -> None:
    if draft.search_ahead():
        run = draft.next_run()
        first_slot = draft.arena.length
        logits = model.run(draft.arena, run.chunk)
        draft.record(run, first_slot, [Distribution.of(row, VOCABULARY.ranks) for row in logits])


def test_half_a_word_is_completed_and_words_are_added_while_that_is_likely() -> None:
    draft, model = new_draft()
    assert answer(draft, model, "Please tell me any que") == "stions you have"


@pytest.mark.parametrize(("words", "text"), [(1, "stions"), (2, "stions you"), (3, "stions you have")])
def test_a_client_gets_no_more_words_than_it_wants(words: int, text: str) -> None:
    draft, model = new_draft()
    assert answer(draft, model, "Please tell me any que", max_words=words) == text


def test_the_model_does_not_run_for_words_that_the_client_does_not_want() -> None:
    """The text is not read yet, so the first run reads it and gives the first word."""
    runs = []
    for words in (1, None):
        draft, model = new_draft()
        answer(draft, model, "Please tell me any que", max_words=words)
        runs.append(len(model.runs))
    assert runs[0] < runs[1]


def test_a_suggestion_that_is_not_likely_enough_for_one_user_is_shown_to_another() -> None:
    shown = {}
    for sureness in Sureness:
        draft, model = new_draft()
        shown[sureness] = answer(draft, model, "Please tell me any", sureness=sureness)
    assert shown[Sureness.EAGER] == shown[Sureness.BALANCED] != ""
    assert len(shown[Sureness.CALM]) < len(shown[Sureness.BALANCED])


def test_an_answer_that_was_worked_out_for_one_sureness_or_length_is_not_given_for_another() -> None:
    draft, model = new_draft()
    assert answer(draft, model, "Please tell me any qu") == "estions you have"
    run_ahead(draft, model)
    assert "e" in foresee(draft, "Please tell me any qu", "estions you have")
    assert answer(draft, model, "Please tell me any que", max_words=1) == "stions"


def test_further_letters_of_a_word_need_no_run() -> None:
    draft, model = new_draft()
    answer(draft, model, "Please tell me any ")
    answer(draft, model, "Please tell me any q")
    runs = len(model.runs)
    for typed in ("qu", "que", "ques", "quest"):
        assert answer(draft, model, f"Please tell me any {typed}") == "questions you have".removeprefix(typed)
    assert len(model.runs) == runs


def test_a_suggestion_that_is_typed_is_not_computed_again() -> None:
    draft, model = new_draft()
    answer(draft, model, "Please tell me any que")
    tokens = sum(model.runs)
    answer(draft, model, "Please tell me any questions you ")
    assert sum(model.runs) - tokens <= 1


def test_a_deletion_goes_back_to_nodes_that_are_still_there() -> None:
    draft, model = new_draft()
    first = answer(draft, model, "Please tell me any que")
    answer(draft, model, "Please tell me any questions the")
    runs = len(model.runs)
    assert answer(draft, model, "Please tell me any que") == first
    assert len(model.runs) == runs


def test_a_long_text_is_read_in_parts_between_which_a_newer_keystroke_can_come() -> None:
    draft, model = new_draft(TreeLimits(tokens_a_run=8))
    answer(draft, model, "Please tell me the " * 12 + "any que")
    assert max(model.runs) <= 8


def test_the_number_of_runs_for_one_keystroke_has_a_limit() -> None:
    draft, model = new_draft(TreeLimits(runs_a_keystroke=2))
    answer(draft, model, "Please tell me any que")
    assert len(model.runs) == 2


@pytest.mark.parametrize("before", ["", "   ", "\n"])
def test_an_empty_text_has_no_context(before: str) -> None:
    assert answer(*new_draft(), before) is Reason.NO_CONTEXT


def test_a_text_in_another_script_is_unsupported() -> None:
    assert answer(*new_draft(), "Please 请") is Reason.UNSUPPORTED_TEXT


def test_a_text_in_a_language_that_the_model_does_not_write_is_unsupported_and_needs_no_run() -> None:
    draft, model = new_draft(shares_of=lambda text: Shares("Bitte" not in text, 1.0))
    german = "Bitte sag mir etwas ohne Please tell me any"
    assert answer(draft, model, german) is Reason.UNSUPPORTED_TEXT
    assert model.runs == []
    assert answer(draft, model, "Please tell me any que") == "stions you have"
    assert answer(draft, model, german) is Reason.UNSUPPORTED_TEXT


def test_the_word_that_is_being_typed_does_not_count_for_the_language() -> None:
    asked: list[str] = []

    def shares_of(text: str) -> Shares:
        asked.append(text)
        return Shares(1.0, 1.0)

    draft, model = new_draft(shares_of=shares_of)
    for end in ("", " ", " q", " qu", " que"):
        answer(draft, model, f"Please tell me about your any{end}")
    assert asked == ["Please tell me about your", "Please tell me about your any"]


def test_no_answer_is_foreseen_in_a_language_that_the_model_does_not_write() -> None:
    foreseen = {}
    for ends_at in ("any", "never"):
        draft, model = new_draft(
            shares_of=lambda text, ends_at=ends_at: Shares(not text.endswith(ends_at), 1.0)
        )
        before = "Please tell me about your any"
        assert answer(draft, model, before) == " questions you have"
        run_ahead(draft, model)
        assert " " in foresee(draft, before)
        foreseen[ends_at] = {stem for _, stem, *_ in draft._foreseen}
    assert " " in foreseen["never"]
    assert " " not in foreseen["any"]


def test_memory_stays_within_the_limits() -> None:
    limits = TreeLimits(context_tokens=32, arena_tokens=96)
    draft, model = new_draft(limits)
    for end in range(1, 40):
        answer(draft, model, ("Please tell me any question you have. " * 10)[: 9 * end])
    assert draft.arena.touched <= limits.arena_tokens


def test_give_up_frees_the_distributions_without_the_garbage_collector() -> None:
    gc.disable()
    try:
        draft, model = new_draft()
        answer(draft, model, "Please tell me any q")
        there = [weakref.ref(one.log_probs) for one in _distributions(draft)]
        assert there
        draft.give_up()
        del draft
        assert all(one() is None for one in there)
    finally:
        gc.enable()


def _distributions(draft: Draft) -> list[Distribution]:
    return [node.distribution for node in draft._trie._with_distribution if node.distribution is not None]


def test_freeing_slots_in_the_middle_of_a_long_text_loses_none_of_it() -> None:
    draft, model = new_draft(TreeLimits(context_tokens=128, arena_tokens=300, tokens_a_run=8))
    for _ in range(8):
        answer(draft, model, "any " * 60 + "Please tell me any ")
        answer(draft, model, "you " * 60 + "Please tell me any ")
        answer(draft, model, "you " * 60 + "Please tell me any q")
        runs = len(model.runs)
        answer(draft, model, "you " * 60 + "Please tell me any qu")
        assert len(model.runs) == runs


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.sampled_from(["Please", " tell", " me", " any", " q", "ue", " you", "", " the"]), max_size=30
    ),
    st.data(),
)
def test_the_result_does_not_depend_on_the_keystrokes_before(pieces: list[str], data: st.DataObject) -> None:
    """After typing, deleting and pasting, with few slots, a draft finds what a new one finds."""
    walked = new_draft(TreeLimits(context_tokens=64, arena_tokens=160, tokens_a_run=8))
    text = ""
    for piece in pieces:
        text = text[: data.draw(st.integers(len(text) // 2, len(text)))] + piece
        found = answer(*walked, text)
        assert found == answer(*new_draft(TreeLimits(context_tokens=64, arena_tokens=160)), text)
        if not isinstance(found, Reason):
            letters = foresee(walked[0], text)
            for _ in range(data.draw(st.integers(0, 3))):
                run_ahead(*walked)
            text += data.draw(st.sampled_from(["", *letters]))


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[Search]:
    """All searches that are made."""
    made: list[Search] = []
    explore = Search.explore

    def counted(search: Search) -> Findings:
        made.append(search)
        return explore(search)

    monkeypatch.setattr(Search, "explore", counted)
    return made


def test_a_foreseen_letter_is_answered_without_a_search(searches: list[Search]) -> None:
    draft, model = new_draft()
    shown = answer(draft, model, "Please tell me any q")
    assert isinstance(shown, str)
    assert foresee(draft, "Please tell me any q", shown)[0] == "u"
    del searches[:]
    assert answer(draft, model, "Please tell me any qu", on_screen=shown[1:]) == shown[1:]
    assert not searches


def test_a_foreseen_letter_is_recognised_if_the_text_is_cut_at_its_left(searches: list[Search]) -> None:
    """As clients send a long text: with each key its first letter is cut off."""
    draft, model = new_draft(TreeLimits(context_tokens=24))
    before = "Please tell me the " * 12 + "any q"
    answer(draft, model, before)
    assert foresee(draft, before)[0] == "u"
    del searches[:]
    answer(draft, model, before[1:] + "u")
    assert not searches


def test_foreseen_answers_are_dropped_when_slots_are_freed(searches: list[Search]) -> None:
    """They may use nodes that are dropped."""
    before = "Please tell me "
    outcomes = set()
    for tokens in range(10, 16):
        draft, model = new_draft(TreeLimits(context_tokens=24, arena_tokens=tokens))
        answer(draft, model, "Please any the ")
        answer(draft, model, before)
        foresee(draft, before)
        times_cleared = draft._trie.times_cleared
        run_ahead(draft, model)
        made_room = draft._trie.times_cleared > times_cleared
        del searches[:]
        answer(draft, model, f"{before}q")
        assert bool(searches) == made_room
        outcomes.add(made_room)
    assert outcomes == {True, False}


def test_an_answer_foreseen_for_another_screen_or_text_after_the_caret_is_not_used(
    searches: list[Search],
) -> None:
    draft, model = new_draft()
    for place in ({"on_screen": "estions"}, {"after": "tomorrow"}):
        answer(draft, model, "Please tell me any q")
        foresee(draft, "Please tell me any q")
        del searches[:]
        answer(draft, model, "Please tell me any qu", **place)
        assert searches


def test_an_answer_that_the_model_could_change_is_not_foreseen(searches: list[Search]) -> None:
    draft, model = new_draft()
    answer(draft, model, "Please tell me any questions you")
    draft.foresee(Keystroke(2, "Please tell me any questions you have the"))
    del searches[:]
    answer(draft, model, "Please tell me any questions you have the")
    assert searches


@settings(deadline=None, max_examples=100)
@given(st.text(st.characters(exclude_categories=()), max_size=60), st.text(max_size=20))
def test_any_text_gets_an_answer(before: str, after: str) -> None:
    found = answer(*new_draft(), before, after)
    assert isinstance(found, str | Reason)
    if isinstance(found, str):
        found.encode()


def test_a_distribution_sums_to_one_over_words_and_boundaries() -> None:
    logits = np.log(np.random.default_rng(0).dirichlet(np.ones(VOCABULARY.size))).astype(np.float32)
    distribution = Distribution.of(logits, VOCABULARY.ranks)
    in_word = np.exp(distribution.log_probs[VOCABULARY.ranks.word_start > 0]).sum()
    assert in_word + np.exp(distribution.log_boundary) == pytest.approx(1.0, abs=1e-5)
    assert (np.diff(distribution.top.log_probs) <= 0).all()


def test_a_model_with_a_short_context_reads_no_more_than_its_context() -> None:
    limits = TreeLimits.within(10**8, slot_bytes=100, vocab_size=1000, begin_tokens=4, context_length=128)
    assert limits.arena_tokens == 128  # rotary positions exist for no more slots
    draft, model = new_draft(limits)
    for text in ("Please tell me any " * 60, "any" * 400, "Please tell me any " * 61 + "q" * 40):
        answer(draft, model, text)
    assert model.furthest < 128


def test_a_model_with_a_long_context_keeps_the_usual_limits() -> None:
    limits = TreeLimits.within(10**8, slot_bytes=100, vocab_size=1000, begin_tokens=4, context_length=8192)
    assert limits == TreeLimits()


def test_no_run_is_made_ahead_that_is_expected_to_serve_too_few_keystrokes() -> None:
    for gain, worth in ((0.0, True), (0.01, True), (2.0, False)):
        draft, model = new_draft(gain=gain)
        answer(draft, model, "Please tell me any ")
        assert draft.search_ahead() is worth


def test_the_first_answer_that_uses_a_run_is_told_what_asked_for_it() -> None:
    draft, model = new_draft()
    uses: list[tuple[RunPurpose, bool]] = []

    def type_on(before: str) -> None:
        draft.place(Keystroke(1, before))
        while not (result := draft.search()).done:
            uses.extend((use.purpose, use.first_of_run) for use in result.first_uses)
            run = draft.next_run()
            logits = model.run(draft.arena, run.chunk)
            found = [Distribution.of(row, VOCABULARY.ranks) for row in logits]
            draft.record(run, draft.arena.length - len(run.nodes), found)
        uses.extend((use.purpose, use.first_of_run) for use in result.first_uses)

    type_on("Please tell me ")
    assert {purpose for purpose, _ in uses} == {RunPurpose.KEYSTROKE}
    run_ahead(draft, model)
    del uses[:]
    type_on("Please tell me t")
    assert (RunPurpose.AHEAD, True) in uses
    told = list(uses)
    type_on("Please tell me t")
    assert uses == told  # a second use is not told


def test_a_run_after_the_final_answer_is_late() -> None:
    draft, _ = new_draft()
    draft.place(Keystroke(1, "Please tell me any q"))
    assert not draft.search().done
    assert draft.next_run(waited_for=False).purpose is RunPurpose.LATE
