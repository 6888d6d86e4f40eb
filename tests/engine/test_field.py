"""A field keeps its budget, answers once, drops overtaken keystrokes. Tests move time and model by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry

from foretype.engine.contract import Failure, FailureCode, Owner
from foretype.engine.deadline import Deadline
from foretype.engine.field import OVERLOADED, Field
from foretype.engine.keystroke import Context, Keystroke, Reason, Source, Suggestion
from foretype.engine.pressure import Pressure
from foretype.engine.scheduler import Client
from foretype.engine.surroundings import Surroundings
from foretype.engine.tree.choice import Policy
from foretype.engine.tree.draft import Draft, SearchResult, TreeLimits
from foretype.engine.tree.search import Search
from foretype.models.field_kind import FieldKind
from foretype.runtime.arena import lone_arena
from foretype.runtime.distribution import Distribution
from foretype.runtime.host_pool import HostPool
from foretype.support.metrics import Stages
from tests.fake_time import FakeTimers
from tests.scripted_model import BEGIN, GEOMETRY, ScriptedModel, byte_level_vocabulary

VOCABULARY = byte_level_vocabulary(" any", " questions", " query", " you", "Please")
ANY_RUN = Policy(gain=0.0)  # runs ahead are made however few keystrokes they are expected to serve
SCRIPT = {
    " any": {" questions": 0.6, " query": 0.3},
    " questions": {".": 0.7, " you": 0.2},
    " you": {".": 0.9},
}
BUDGET_MS = 300.0
ME = Owner.alone("me")


@dataclass
class HandScheduler:
    """Collects the fields that want the model; `step` runs it for one of them."""

    model: ScriptedModel
    pressure: Pressure
    waiting: dict[Client, Deadline] = field(default_factory=dict)
    busy: bool = False  # with other keystrokes of the owner

    def want(self, client: Client, deadline: Deadline) -> None:
        self.waiting[client] = deadline

    def others_wait(self, client: Client) -> bool:
        return self.busy

    def forget(self, client: Client) -> None:
        self.waiting.pop(client, None)

    def begin(self) -> Callable[[], None] | None:
        """Start a run, and return a function that ends it."""
        client = next(iter(self.waiting))
        del self.waiting[client]
        if client.prepare_run() is None:
            return None
        arena, run = client.next_run()
        first_slot = arena.length
        logits = self.model.run(arena, run.chunk)
        found = [Distribution.of(row, VOCABULARY.ranks) for row in logits]
        return lambda: client.record(run, first_slot, found)

    def step(self) -> None:
        end = self.begin()
        if end is not None:
            end()

    def finish(self) -> None:
        while self.waiting:
            self.step()


@dataclass
class Answers:
    said: list[tuple[int, Suggestion | Failure, bool, float]] = field(default_factory=list)

    def __call__(self, seq: int, outcome: Suggestion | Failure, *, final: bool, elapsed_ms: float) -> None:
        self.said.append((seq, outcome, final, elapsed_ms))

    @property
    def finals(self) -> list[tuple[int, Suggestion | Failure]]:
        return [(seq, outcome) for seq, outcome, final, _ in self.said if final]


@dataclass
class Desk:
    timers: FakeTimers
    scheduler: HandScheduler
    answers: Answers
    field: Field

    def type(self, seq: int, before: str) -> None:
        self.field.keystroke(Keystroke(seq, before))


def surroundings_of(keystroke: Keystroke) -> Surroundings:
    answered = keystroke.context.answered if keystroke.context else None
    return Surroundings(FieldKind.EMAIL, keystroke.subject or "", answered or "")


def new_desk(
    runs_ahead: int = 0, script: Mapping[str, Mapping[str, float]] = SCRIPT, *, frugal: bool = False
) -> Desk:
    model = ScriptedModel(VOCABULARY, script)
    timers, answers, stages = FakeTimers(), Answers(), Stages(CollectorRegistry())
    scheduler = HandScheduler(model, Pressure(timers))

    def new_draft(surroundings: Surroundings) -> Draft:
        limits = TreeLimits()
        begin = [BEGIN, *VOCABULARY.encode(surroundings.answered)]
        return Draft(
            lone_arena(HostPool(GEOMETRY, 1, limits.arena_tokens)), begin, VOCABULARY, ANY_RUN, limits
        )

    field = Field(
        ME,
        surroundings_of,
        new_draft,
        scheduler,  # type: ignore[arg-type]
        answers,
        timers,
        stages,
        BUDGET_MS,
        runs_ahead,
        lambda: frugal,
    )
    return Desk(timers, scheduler, answers, field)


@pytest.fixture
def desk() -> Desk:
    return new_desk()


def test_a_keystroke_is_answered_when_the_search_is_done(desk: Desk) -> None:
    desk.type(1, "Please any que")
    desk.scheduler.finish()
    [(seq, outcome)] = desk.answers.finals
    assert seq == 1
    assert isinstance(outcome, Suggestion)
    assert (outcome.text, outcome.source) == ("stions", Source.MODEL)


def test_the_first_word_is_shown_before_the_search_is_done(desk: Desk) -> None:
    desk.type(1, "Please any que")
    desk.scheduler.finish()
    first = desk.answers.said[0]
    assert first[2] is False
    assert isinstance(first[1], Suggestion)
    assert first[1].text == "stions"


def test_a_letter_that_was_foreseen_is_answered_at_once_and_from_the_tree(desk: Desk) -> None:
    desk.type(1, "Please any que")
    desk.scheduler.finish()
    desk.type(2, "Please any ques")
    seq, outcome = desk.answers.finals[-1]
    assert seq == 2
    assert isinstance(outcome, Suggestion)
    assert (outcome.text, outcome.source) == ("tions", Source.TREE)
    assert not desk.scheduler.waiting


def test_at_the_budget_the_best_so_far_is_the_answer(desk: Desk) -> None:
    desk.type(1, "Please any que")
    while not desk.answers.said:
        desk.scheduler.step()
    desk.timers.advance(BUDGET_MS)
    outcome = desk.answers.finals[-1][1]
    assert isinstance(outcome, Suggestion)
    assert (outcome.text, outcome.source) == ("stions", Source.BUDGET)


def test_a_model_that_hangs_costs_the_suggestion_but_not_the_answer(desk: Desk) -> None:
    desk.type(1, "Please any que")
    desk.scheduler.begin()  # and never ends
    desk.timers.advance(BUDGET_MS - 1)
    assert desk.answers.finals == []
    desk.timers.advance(1)
    assert desk.answers.finals == [(1, Suggestion.nothing(Reason.BUDGET, Source.BUDGET))]
    assert desk.answers.said[-1][3] == pytest.approx(BUDGET_MS)


def test_a_run_that_ends_after_the_budget_feeds_the_tree_and_answers_nothing(desk: Desk) -> None:
    desk.type(1, "Please any que")
    end = desk.scheduler.begin()
    desk.timers.advance(BUDGET_MS)
    assert end is not None
    end()
    desk.scheduler.finish()
    assert len(desk.answers.finals) == 1
    desk.type(2, "Please any ques")
    assert isinstance(desk.answers.finals[-1][1], Suggestion)
    assert desk.answers.finals[-1][1].source is Source.TREE


def test_after_the_budget_the_field_waits_behind_all_keystrokes(desk: Desk) -> None:
    desk.type(1, "Please any que")
    desk.timers.advance(BUDGET_MS)
    assert desk.scheduler.waiting == {desk.field: Deadline.whenever()}


def test_an_overtaken_keystroke_is_not_answered(desk: Desk) -> None:
    desk.type(1, "Please any q")
    end = desk.scheduler.begin()
    desk.type(2, "Please any qu")
    assert end is not None
    end()
    desk.scheduler.finish()
    assert [seq for seq, _ in desk.answers.finals] == [2]
    assert all(seq == 2 for seq, *_ in desk.answers.said)
    desk.timers.advance(10 * BUDGET_MS)
    assert len(desk.answers.finals) == 1


def test_a_closed_field_gives_no_answer(desk: Desk) -> None:
    desk.type(1, "Please any que")
    end = desk.scheduler.begin()
    desk.field.close()
    assert end is not None
    end()
    desk.timers.advance(BUDGET_MS)
    assert desk.answers.said == []


def test_after_esc_nothing_is_suggested_until_the_next_word(desk: Desk) -> None:
    desk.type(1, "Please any que")
    desk.scheduler.finish()
    desk.field.dismissed(1)
    desk.type(2, "Please any ques")
    assert desk.answers.finals[-1] == (2, Suggestion.nothing(Reason.DISMISSED))
    desk.type(3, "Please any questions you any que")
    desk.scheduler.finish()
    outcome = desk.answers.finals[-1][1]
    assert isinstance(outcome, Suggestion)
    assert outcome.text == "stions"


def test_esc_counts_for_the_suggestion_of_an_older_keystroke(desk: Desk) -> None:
    desk.type(1, "Please any que")
    desk.scheduler.finish()
    desk.type(2, "Please any ques")
    desk.field.dismissed(1)
    desk.type(3, "Please any quest")
    assert desk.answers.finals[-1] == (3, Suggestion.nothing(Reason.DISMISSED))


def test_esc_for_a_word_that_has_ended_is_ignored(desk: Desk) -> None:
    desk.type(1, "Please any que")
    desk.scheduler.finish()
    desk.type(2, "Please any questions any que")
    desk.field.dismissed(1)
    desk.scheduler.finish()
    outcome = desk.answers.finals[-1][1]
    assert isinstance(outcome, Suggestion)
    assert outcome.text == "stions"


def test_esc_counts_at_the_next_word_if_the_suggestion_reaches_into_it() -> None:
    script = {" any": {" questions": 0.95}, " questions": {" you": 0.95}, " you": {".": 0.95}}
    desk = new_desk(script=script)
    desk.type(1, "Please any que")
    desk.scheduler.finish()
    shown = desk.answers.finals[-1][1]
    assert isinstance(shown, Suggestion)
    assert shown.text == "stions you"
    desk.type(2, "Please any questions ")
    desk.field.dismissed(1)
    desk.type(3, "Please any questions y")
    assert desk.answers.finals[-1] == (3, Suggestion.nothing(Reason.DISMISSED))


def test_an_empty_answer_at_the_budget_leaves_what_is_on_the_screen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.type(1, "Please any que")
    desk.scheduler.finish()
    desk.field.shrink()
    desk.type(2, "Please any ques")
    desk.scheduler.begin()  # and never ends
    desk.timers.advance(BUDGET_MS)
    assert desk.answers.finals[-1] == (2, Suggestion.nothing(Reason.BUDGET, Source.BUDGET))
    on_screen: list[str] = []
    monkeypatch.setattr(Draft, "place", lambda draft, keystroke, left, brief: on_screen.append(left))
    monkeypatch.setattr(Draft, "search", lambda draft: SearchResult([], done=True))
    desk.type(3, "Please any quest")
    assert on_screen == ["ions"]


def test_esc_holds_in_a_text_that_is_cut_at_its_left(desk: Desk) -> None:
    text = "Please any questions. " * 10 + "Please any que"
    desk.type(1, text[-150:])
    desk.scheduler.finish()
    desk.field.dismissed(1)
    desk.type(2, (text + "s")[-150:])
    assert desk.answers.finals[-1] == (2, Suggestion.nothing(Reason.DISMISSED))


def test_esc_ends_a_keystroke_that_is_not_answered_yet(desk: Desk) -> None:
    desk.type(1, "Please any que")
    while not desk.answers.said:
        desk.scheduler.step()
    desk.field.dismissed(1)
    desk.scheduler.finish()
    assert desk.answers.finals == [(1, Suggestion.nothing(Reason.DISMISSED))]


def test_a_failed_run_is_an_error_for_its_keystroke_and_the_next_one_is_answered(desk: Desk) -> None:
    desk.type(1, "Please any que")
    desk.field.failed(RuntimeError("Please any que"))
    [(seq, outcome)] = desk.answers.finals
    assert seq == 1
    assert isinstance(outcome, Failure)
    assert outcome.code is FailureCode.INTERNAL
    assert "que" not in outcome.message.replace("request", "")
    desk.scheduler.waiting.clear()
    desk.type(2, "Please any ques")
    desk.scheduler.finish()
    assert isinstance(desk.answers.finals[-1][1], Suggestion)


def test_a_tree_can_be_freed_and_grows_again(desk: Desk) -> None:
    desk.type(1, "Please any que")
    assert not desk.field.shrink(), "a keystroke is being answered"
    desk.scheduler.finish()
    assert desk.field.held_bytes > 0
    assert desk.field.shrink()
    assert desk.field.held_bytes == 0
    desk.type(2, "Please any ques")
    desk.scheduler.finish()
    outcome = desk.answers.finals[-1][1]
    assert isinstance(outcome, Suggestion)
    assert outcome.text == "tions"


# -- ahead of the typist --


def test_what_may_come_next_is_worked_out_while_no_client_waits() -> None:
    """When the word is complete, the suggestion after it is in the tree already."""
    desk = new_desk(runs_ahead=4)
    desk.type(1, "Please any que")
    desk.scheduler.finish()
    desk.type(2, "Please any questions")
    outcome = desk.answers.finals[-1][1]
    assert isinstance(outcome, Suggestion)
    assert outcome.source is Source.TREE


@pytest.fixture
def foreseen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts for which answers were worked out ahead."""
    befores: list[str] = []
    monkeypatch.setattr(
        Draft, "foresee", lambda draft, keystroke, on_screen: befores.append(keystroke.before)
    )
    return befores


def test_the_word_on_the_screen_and_the_likeliest_letters_are_answered_before_the_key(
    foreseen: list[str],
) -> None:
    desk = new_desk(runs_ahead=4)
    desk.type(1, "Please any que")
    desk.scheduler.finish()
    assert not foreseen, "the answer leaves first"
    while desk.timers.pending:
        desk.timers.advance(0)
    assert foreseen == ["Please any questions", "Please any ques", "Please any quer"]


def test_a_word_that_was_taken_is_answered_without_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = new_desk(runs_ahead=4)
    desk.type(1, "Please any que")
    desk.scheduler.finish()
    while desk.timers.pending:
        desk.timers.advance(0)
    monkeypatch.setattr(Search, "explore", None)
    desk.type(2, "Please any questions")
    assert [seq for seq, _ in desk.answers.finals] == [1, 2]


def begin_ahead(desk: Desk, before: str) -> Callable[[], None]:
    """Type `before`, have it answered and start a run ahead. Returns a function that ends the run."""
    desk.type(1, before)
    while not desk.answers.finals:
        desk.scheduler.step()
    end = desk.scheduler.begin()
    assert end is not None
    return end


def test_answers_are_worked_out_ahead_while_the_model_runs(foreseen: list[str]) -> None:
    desk = new_desk(runs_ahead=4)
    end = begin_ahead(desk, "Please tell me ")
    while desk.timers.pending:
        desk.timers.advance(0)
    assert "Please tell me q" in foreseen
    end()


def test_answers_ahead_end_with_a_key_a_closed_field_a_freed_tree_or_an_error() -> None:
    def type_on(desk: Desk) -> None:
        desk.type(2, "Please any ")
        desk.timers.advance(BUDGET_MS)

    ends = (
        type_on,
        lambda desk: desk.field.close(),
        lambda desk: desk.field.shrink(),
        lambda desk: desk.field.failed(RuntimeError()),
    )
    for end in ends:
        desk = new_desk(runs_ahead=4)
        desk.type(1, "Please any que")
        desk.scheduler.finish()
        assert desk.timers.pending == 1
        end(desk)
        assert desk.timers.pending == 0


def test_no_letters_are_answered_ahead_if_the_model_is_busy() -> None:
    desk = new_desk(runs_ahead=4)
    desk.timers.now += 0.6
    desk.scheduler.pressure.worked(desk.timers.now - 0.6)
    desk.type(1, "Please any que")
    desk.scheduler.finish()
    assert desk.timers.pending == 0


def test_the_run_ahead_of_an_older_keystroke_does_not_count_for_the_newer_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = new_desk(runs_ahead=1)
    end = begin_ahead(desk, "Please tell me ")
    desk.type(2, "Please tell me q")
    assert desk.answers.finals[-1][0] == 2
    end()
    searches: list[Draft] = []
    monkeypatch.setattr(Draft, "search_ahead", lambda draft, frugal: searches.append(draft))
    desk.scheduler.finish()
    assert searches


def test_running_ahead_has_a_limit_and_an_end() -> None:
    few, many = new_desk(runs_ahead=1), new_desk(runs_ahead=100)
    for desk in (few, many):
        desk.type(1, "Please tell me ")
        desk.scheduler.finish()
    none = new_desk()
    none.type(1, "Please tell me ")
    none.scheduler.finish()
    assert len(few.scheduler.model.runs) == len(none.scheduler.model.runs) + 1
    assert len(many.scheduler.model.runs) < 100


def test_a_frugal_server_makes_fewer_runs_ahead_and_prepares_no_answers(foreseen: list[str]) -> None:
    usual, frugal = new_desk(runs_ahead=4), new_desk(runs_ahead=4, frugal=True)
    for desk in (usual, frugal):
        desk.type(1, "Please tell me ")
        desk.scheduler.finish()
    assert len(frugal.scheduler.model.runs) < len(usual.scheduler.model.runs)
    assert usual.timers.pending == 1
    assert frugal.timers.pending == 0
    assert [outcome for _, outcome in frugal.answers.finals] == [
        outcome for _, outcome in usual.answers.finals
    ]


def test_runs_ahead_wait_behind_all_keystrokes() -> None:
    desk = new_desk(runs_ahead=4)
    desk.type(1, "Please any que")
    while not desk.answers.finals:
        desk.scheduler.step()
    assert desk.scheduler.waiting == {desk.field: Deadline.whenever()}


def test_what_is_shown_does_not_depend_on_running_ahead() -> None:
    said = []
    for runs_ahead in (0, 4):
        desk = new_desk(runs_ahead)
        texts = ("Please any", "Please any q", "Please any ques", "Please any questions y")
        for seq, before in enumerate(texts, start=1):
            desk.type(seq, before)
            desk.scheduler.finish()
        finals = [outcome for _, outcome in desk.answers.finals if isinstance(outcome, Suggestion)]
        said.append([outcome.text for outcome in finals])
    assert said[0] == said[1]


def test_a_closed_field_runs_nothing_ahead() -> None:
    desk = new_desk(runs_ahead=4)
    desk.type(1, "Please any que")
    while not desk.answers.finals:
        desk.scheduler.step()
    desk.field.close()
    assert not desk.scheduler.waiting


def test_a_keystroke_that_the_model_had_no_time_for_gets_an_error_and_the_next_one_goes_first(
    desk: Desk,
) -> None:
    desk.type(1, "Please any qu")
    desk.timers.advance(BUDGET_MS)
    assert [outcome.code for _, outcome in desk.answers.finals if isinstance(outcome, Failure)] == [
        FailureCode.OVERLOADED
    ]
    desk.type(2, "Please any que")
    assert desk.scheduler.waiting[desk.field] == Deadline(desk.timers.now)
    desk.scheduler.finish()
    desk.type(3, "Please any quer")
    desk.type(4, "Please any query you")
    assert desk.scheduler.waiting[desk.field] == Deadline.after(BUDGET_MS, desk.timers)


def test_if_the_model_is_busy_suggestions_are_one_word_and_need_fewer_runs() -> None:
    drawn_out = {" any": {" questions": 0.9}, " questions": {" you": 0.9}, " you": {".": 0.9}}

    def typed(busy_s: float) -> tuple[int, str]:
        """Runs made, and the text shown, after the model has been busy for `busy_s`."""
        desk = new_desk(script=drawn_out)
        desk.timers.now += busy_s
        desk.scheduler.pressure.worked(desk.timers.now - busy_s)
        desk.type(1, "Please any")
        desk.scheduler.finish()
        ((_, outcome),) = desk.answers.finals
        assert isinstance(outcome, Suggestion)
        return len(desk.scheduler.model.runs), outcome.text

    usual, busy, too_busy = (typed(seconds) for seconds in (0.0, 1.0, 5.0))
    assert usual == busy
    assert usual[1] == " questions you"
    assert too_busy[1] == " questions"
    assert too_busy[0] < usual[0]


def test_a_field_for_which_there_is_no_memory_gets_an_error() -> None:
    desk = new_desk()
    desk.field = Field(
        ME,
        lambda keystroke: Surroundings(FieldKind.EMAIL),
        lambda surroundings: None,
        desk.scheduler,
        desk.answers,
        desk.timers,
        Stages(CollectorRegistry()),
        BUDGET_MS,  # type: ignore[arg-type]
    )
    desk.type(1, "Please any")
    ((_, outcome),) = desk.answers.finals
    assert isinstance(outcome, Failure)
    assert outcome.code is FailureCode.OVERLOADED
    assert desk.timers.pending == 0


# -- keystrokes of an owner that waits already --


def test_a_keystroke_is_placed_when_the_model_is_free_if_others_of_its_owner_wait(desk: Desk) -> None:
    desk.scheduler.busy = True
    desk.type(1, "Please any que")
    assert desk.field.lacking is None
    assert desk.field.held_bytes == 0
    desk.scheduler.finish()
    [(seq, outcome)] = desk.answers.finals
    assert (seq, outcome.text) == (1, "stions")  # type: ignore[union-attr]


def test_a_keystroke_that_was_never_placed_is_overloaded_and_asks_for_nothing_more(desk: Desk) -> None:
    desk.scheduler.busy = True
    desk.type(1, "Please any que")
    desk.timers.advance(BUDGET_MS)
    assert [outcome for _, outcome in desk.answers.finals] == [OVERLOADED]
    assert not desk.scheduler.waiting
    desk.type(2, "Please any ques")
    desk.scheduler.finish()
    assert desk.answers.finals[-1][0] == 2


def test_the_run_of_an_older_keystroke_does_not_answer_one_that_is_not_placed(desk: Desk) -> None:
    desk.type(1, "Please any que")
    end = desk.scheduler.begin()
    assert end is not None
    desk.scheduler.busy = True
    desk.type(2, "any any quest")
    end()
    assert desk.answers.said == []
    desk.scheduler.finish()
    [(seq, outcome)] = desk.answers.finals
    assert (seq, outcome.text) == (2, "ions")  # type: ignore[union-attr]


def test_a_field_with_a_keystroke_that_is_not_placed_can_be_closed_and_can_fail() -> None:
    for leave in (Field.close, lambda field: field.failed(MemoryError())):
        desk = new_desk()
        desk.scheduler.busy = True
        desk.type(1, "Please any que")
        leave(desk.field)
        said = len(desk.answers.said)
        desk.scheduler.finish()
        desk.timers.advance(2 * BUDGET_MS)
        assert len(desk.answers.said) == said


def test_a_changed_subject_grows_a_new_tree_and_the_run_for_the_old_one_adds_nothing_to_it(
    desk: Desk,
) -> None:
    desk.field.keystroke(Keystroke(1, "Please any que", subject="One"))
    end = desk.scheduler.begin()
    assert end is not None
    desk.field.keystroke(Keystroke(2, "Please any ques", subject="Two"))
    end()
    assert not desk.answers.finals
    desk.scheduler.finish()
    ((seq, outcome),) = desk.answers.finals
    assert isinstance(outcome, Suggestion)
    assert (seq, outcome.text, outcome.source) == (2, "tions", Source.MODEL)


@pytest.mark.parametrize("context", [Context("One"), Context("Two"), None])
def test_a_changed_mail_that_is_answered_grows_a_new_tree(desk: Desk, context: Context | None) -> None:
    desk.field.keystroke(Keystroke(1, "Please any que", context=Context("One")))
    desk.scheduler.finish()
    desk.field.keystroke(Keystroke(2, "Please any ques", context=context))
    desk.scheduler.finish()
    outcome = desk.answers.finals[-1][1]
    assert isinstance(outcome, Suggestion)
    assert outcome.text == "tions"
    assert outcome.source is (Source.TREE if context == Context("One") else Source.MODEL)


def test_what_stands_around_is_read_while_the_field_is_empty() -> None:
    desk = new_desk(runs_ahead=1)
    answered = Context("x" * 60)
    desk.field.keystroke(Keystroke(1, "", context=answered))
    ((_, outcome),) = desk.answers.finals
    assert isinstance(outcome, Suggestion)
    assert outcome.reason is Reason.NO_CONTEXT  # at once
    desk.scheduler.finish()
    assert sum(desk.scheduler.model.runs) == 61
    desk.field.keystroke(Keystroke(2, "Please any", context=answered))
    desk.scheduler.step()
    assert sum(desk.scheduler.model.runs) == 61 + len(VOCABULARY.encode("Please"))


def test_a_frugal_server_reads_nothing_for_an_empty_field() -> None:
    desk = new_desk(runs_ahead=1, frugal=True)
    desk.field.keystroke(Keystroke(1, "", context=Context("x" * 60)))
    desk.scheduler.finish()
    assert desk.scheduler.model.runs == []


def test_a_keystroke_need_not_wait_until_all_that_stands_around_is_read() -> None:
    desk = new_desk(runs_ahead=1)
    answered = Context("x" * 60)
    desk.field.keystroke(Keystroke(1, " ", context=answered))
    desk.scheduler.step()
    assert sum(desk.scheduler.model.runs) == TreeLimits().tokens_a_run
    desk.field.keystroke(Keystroke(2, "Please any que", context=answered))
    desk.scheduler.finish()
    outcome = desk.answers.finals[-1][1]
    assert isinstance(outcome, Suggestion)
    assert outcome.text == "stions"


def test_nothing_is_read_ahead_if_the_server_makes_no_runs_ahead(desk: Desk) -> None:
    desk.field.keystroke(Keystroke(1, "", context=Context("x" * 60)))
    assert not desk.scheduler.waiting


def test_the_same_subject_keeps_the_tree(desk: Desk) -> None:
    desk.field.keystroke(Keystroke(1, "Please any que", subject="One"))
    desk.scheduler.finish()
    desk.field.keystroke(Keystroke(2, "Please any ques", subject="One"))
    outcome = desk.answers.finals[-1][1]
    assert isinstance(outcome, Suggestion)
    assert outcome.source is Source.TREE


def test_a_dismissed_correction_is_not_offered_again_in_this_field() -> None:
    desk = new_desk()

    def answer_to(seq: int, before: str) -> Suggestion:
        desk.field.keystroke(Keystroke(seq, before, corrections=True))
        desk.scheduler.finish()
        answered, outcome = desk.answers.finals[-1]
        assert answered == seq
        assert isinstance(outcome, Suggestion)
        return outcome

    offered = answer_to(1, "Please any quetsio")
    assert (offered.text, offered.replaces) == ("questions", 7)
    assert answer_to(2, "Please any quetsion").replaces == 8
    desk.field.dismissed(2)
    assert answer_to(3, "Please any quetsions").reason is Reason.DISMISSED
    assert answer_to(4, "any quetsio").replaces == 7  # a shorter beginning may become another word
    assert answer_to(5, "any quetsion").replaces == 0
    assert answer_to(6, "any qiestion").replaces == 8
