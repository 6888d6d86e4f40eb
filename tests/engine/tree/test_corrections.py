"""A half word that is a slip gets the word that was meant, at no cost for words that are typed right."""

from __future__ import annotations

from typing import Any

import pytest

from foretype.engine.keystroke import Continuation, Keystroke, Sureness
from foretype.engine.own.counts import Table, Tally
from foretype.engine.tree.choice import Policy
from foretype.engine.tree.draft import NOWHERE, Draft, TreeLimits, _correction
from foretype.engine.tree.search import Findings, Word
from foretype.engine.tree.slips import Meant
from foretype.runtime.arena import lone_arena
from foretype.runtime.distribution import Distribution
from foretype.runtime.host_pool import HostPool
from foretype.words.pieces import phrase_of, runs_of
from foretype.words.store import Changes, State
from tests.scripted_model import BEGIN, GEOMETRY, ScriptedModel, byte_level_vocabulary

VOCABULARY = byte_level_vocabulary(" I", " will", " receive", " received", " recipe", " it", " soon")
SCRIPT = {
    " will": {" receive": 0.97, " received": 0.01},
    " receive": {" it": 0.98},
    " it": {" soon": 0.98},
}
TEXT = "So I will"


class Typing:
    def __init__(self, table: Table | None = None) -> None:
        self.model = ScriptedModel(VOCABULARY, SCRIPT)
        limits = TreeLimits()
        arena = lone_arena(HostPool(GEOMETRY, 1, limits.arena_tokens))
        self.draft = Draft(arena, [BEGIN], VOCABULARY, Policy(gain=0.0), limits, lambda: table)

    def answer(self, before: str, after: str = "", **wanted: Any) -> Continuation | None:
        assert self.draft.place(Keystroke(1, before, after, **wanted)) is None
        while not (result := self.draft.search()).done:
            run, first_slot = self.draft.next_run(), self.draft.arena.length
            logits = self.model.run(self.draft.arena, run.chunk)
            self.draft.record(run, first_slot, [Distribution.of(row, VOCABULARY.ranks) for row in logits])
        return result.chosen[0] if result.chosen else None


@pytest.mark.parametrize("typed", ["recie", "reciev", "recieve", "rrec", "rceei", "teceiv"])
def test_the_word_that_was_meant_replaces_what_is_typed(typed: str) -> None:
    found = Typing().answer(f"{TEXT} {typed}", corrections=True)
    assert found is not None
    assert (found.text, found.replaces) == ("receive", len(typed))
    assert found.confidence > Policy().correct


def test_a_client_that_cannot_show_a_correction_gets_none() -> None:
    found = Typing().answer(f"{TEXT} recie")
    assert found is None or found.replaces == 0


@pytest.mark.parametrize("wanted", [{"alternatives": 3}, {"max_chars": 6}])
def test_there_is_no_correction_if_the_client_wants_something_else(wanted: dict[str, Any]) -> None:
    found = Typing().answer(f"{TEXT} recie", corrections=True, **wanted)
    assert found is None or found.replaces == 0


def test_a_correction_may_stand_before_other_text_but_not_inside_a_word() -> None:
    assert Typing().answer(f"{TEXT} recie", " tomorrow", corrections=True) is not None
    assert Typing().answer(f"{TEXT} recie", "ve", corrections=True) is None


def test_a_server_with_little_time_corrects_nothing() -> None:
    typing = Typing()
    typing.answer(f"{TEXT} recie", corrections=True)
    assert typing.draft.place(Keystroke(2, f"{TEXT} recie", corrections=True), brief=True) is None
    assert not [one for one in typing.draft.search().chosen if one.replaces]


def test_a_word_that_is_cut_inside_a_character_is_no_correction() -> None:
    meant = Meant(b" recei", 1.0, 0.0)
    whole, cut = (Findings([Word(text, 1.0)]) for text in (b"ve\xc3\xa9", b"ve\xc3"))
    assert _correction(NOWHERE, meant, 1.0, whole)[0].text == "receiveé"
    assert _correction(NOWHERE, meant, 1.0, cut) == []


def test_no_runs_are_made_ahead_of_what_would_continue_a_slip() -> None:
    typing = Typing()
    assert typing.answer(f"{TEXT} recie") is None
    assert typing.draft.search_ahead()
    assert typing.answer(f"{TEXT} recie", corrections=True) is not None
    assert not typing.draft.search_ahead()
    assert typing.draft.missing_tokens == 0
    assert typing.draft.likely_letters() == []


def test_a_right_word_needs_no_run_more_and_has_the_same_answer() -> None:
    """All runs that a text with a right and a rare word needs, key by key."""
    text = f"{TEXT} receive it soon recipe"
    runs, answers = [], []
    for corrections in (False, True):
        typing = Typing()
        keys = range(len(TEXT), len(text) + 1)
        answers.append([typing.answer(text[:end], corrections=corrections) for end in keys])
        runs.append(list(typing.model.runs))
    assert answers[0] == answers[1]
    assert runs[0] == runs[1]


def test_a_slip_costs_no_run_more_than_the_search_for_what_continues_it() -> None:
    runs = []
    for corrections in (False, True):
        typing = Typing()
        for end in range(len(TEXT), len(TEXT) + 7):
            typing.answer(f"{TEXT} recie"[:end], corrections=corrections)
        runs.append(len(typing.model.runs))
    assert runs[1] <= runs[0]


def test_an_answer_that_was_foreseen_without_corrections_is_not_given_with_them() -> None:
    typing = Typing()
    typing.answer(f"{TEXT} recie")  # afterwards no distribution is missing, so the answer can be kept
    typing.answer(f"{TEXT} reci")
    typing.draft.foresee(Keystroke(2, f"{TEXT} recie"))
    assert len(typing.draft._foreseen) == 1
    found = typing.answer(f"{TEXT} recie", corrections=True)
    assert found is not None
    assert found.replaces == 5


def test_the_calm_need_more_certainty() -> None:
    certain = {one: Policy().at(one).correct for one in Sureness}
    assert certain[Sureness.EAGER] < certain[Sureness.BALANCED] < certain[Sureness.CALM] < 1
    assert all(Policy().at(one).correct > Policy().at(one).show for one in Sureness)


def own(text: str) -> Table | None:
    tally = Tally(VOCABULARY)
    pieces = phrase_of(text) or ()
    runs = [(run, 3) for run in runs_of(pieces, [True] * len(pieces))]
    tally.take(Changes(State(), is_whole=True, runs=runs, added=[]))
    return tally.table()


def test_a_word_of_the_user_is_never_corrected() -> None:
    table = own("my friend Recieva and recieving")
    found = Typing(table).answer(f"{TEXT} recie", corrections=True)
    assert found is None or found.replaces == 0
    other = Typing(own("my friend Anna")).answer(f"{TEXT} recie", corrections=True)
    assert other is not None
    assert other.replaces == 5


def test_a_table_knows_the_beginnings_of_its_words() -> None:
    table = own("my friend Anna recieving")
    assert table is not None
    assert table.has_beginning(b" recie", VOCABULARY)
    assert table.has_beginning(b" An", VOCABULARY)
    assert not table.has_beginning(b" recei", VOCABULARY)
    assert not table.has_beginning(b" Bn", VOCABULARY)
