"""Chooses what to show from the words that the search found: one text, or nothing. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from foretype.engine.keystroke import Continuation, Sureness
from foretype.engine.tree.search import Word


@dataclass(frozen=True, slots=True)
class Policy:
    """The lowest probabilities of a text that is shown: that the user types all of it next.

    show: the lowest probability for a new text.
    follow: the lowest for the letters of a word before the model computes whether the word ends there, as a
    multiple of `show`. It is higher, because a word that ends there in some cases only is less likely.
    draw_out: the lowest for a text of more than one word.
    follow_out: the lowest for a word before the model computes what comes after it, as a multiple of
    `draw_out`: the words after a less likely word are rarely likely enough to be shown.
    keep: the lowest for a text that is already on the screen. It is lower than `show`, because a text that
    comes and goes disturbs more than one that stays.
    clearly_better: how many times likelier another text must be to replace the one on the screen.
    price: the cost of a text that is shown and not accepted, in saved keys (`_worth_showing`).
    ahead: the lowest for a next letter whose answer is worked out before it is typed.
    gain, frugal_gain: the lowest expected number of next keystrokes that a run ahead serves, per step that it
    costs; the second if the server saves energy.
    correct: the lowest for a word in place of the one that is typed. It is higher, because such a word
    contradicts the user.
    least_chars: a shorter text saves nothing, because taking it costs a key too.
    """

    show: float = 0.2
    follow: float = 1.25
    draw_out: float = 0.3
    follow_out: float = 2.5
    keep: float = 0.1
    clearly_better: float = 1.5
    price: float = 0.45
    ahead: float = 0.02
    gain: float = 0.094
    frugal_gain: float = 0.3
    correct: float = 0.6
    least_chars: int = 2

    def at(self, sureness: Sureness) -> Policy:
        """This policy for a user who wants more suggestions, or only those that are very likely."""
        change = _CHANGES[sureness]
        show = min(1.0, self.show * change.show)
        return replace(
            self,
            show=show,
            draw_out=max(show, min(1.0, self.draw_out * change.draw_out)),
            keep=min(1.0, self.keep * change.show),
            price=self.price * change.price,
            correct=min(1.0, self.correct * change.correct),
        )


class _Change(NamedTuple):
    """Factors by which a policy differs from the balanced one."""

    show: float
    draw_out: float
    price: float
    correct: float


# Measured in docs/decisions/0026-how-much.md.
_CHANGES = {
    Sureness.EAGER: _Change(show=0.6, draw_out=0.7, price=0.5, correct=0.8),
    Sureness.BALANCED: _Change(show=1.0, draw_out=1.0, price=1.0, correct=1.0),
    Sureness.CALM: _Change(show=2.0, draw_out=1.7, price=2.5, correct=1.4),
}


@dataclass(frozen=True, slots=True)
class CaretContext:
    """The facts besides the words that the choice depends on."""

    after: str = ""  # the text after the caret
    max_chars: int | None = None  # of a text, if the client sets a limit
    on_screen: str = ""  # the rest of the text on the screen, if the keys since then agreed with it


Agreeing = Callable[[bytes], float]
"""The probability, 0 to 1, that the user types these bytes next."""


def choose_continuations(
    words: Sequence[Word], policy: Policy, caret: CaretContext, agreeing: Agreeing, alternatives: int = 0
) -> list[Continuation]:
    """The text to show, then at most `alternatives` others, all of which differ in their first word. Empty if
    no text is worth showing. `words`: likeliest first.
    """
    possible = [found for word in words if (found := _fitting(word, policy, caret)) is not None]
    shown = _on_screen(possible, policy, caret, agreeing) or _best(possible, policy, agreeing)
    if shown is None:
        return []
    chosen = [shown]
    for other in possible:
        if len(chosen) > alternatives:
            break
        if all(not _same_start(other.text, one.text) for one in chosen):
            chosen.append(other)
    return chosen


def _best(possible: Sequence[Continuation], policy: Policy, agreeing: Agreeing) -> Continuation | None:
    """The likeliest word, if it is worth showing, with as many words after it as stay likely."""
    if not possible or not _worth_showing(possible[0], policy, agreeing):
        return None
    best = possible[0]
    for longer in possible[1:]:
        if longer.confidence >= policy.draw_out and longer.text.startswith(best.text):
            best = longer
    return best


def _worth_showing(one: Continuation, policy: Policy, agreeing: Agreeing) -> bool:
    """Whether showing the word now is better than waiting for any number of further keys.

    If the word is right, waiting for k keys loses k saved keys. If it is wrong and those keys show that,
    waiting avoids a wrong suggestion; if they do not show it, the wrong text is shown then all the same. So a
    word that shares its next letters with its rivals is shown sooner than one that the next letter decides
    (docs/decisions/0007-what-to-show.md).
    """
    word = first_word(one.text).encode()
    right = one.confidence
    if right < policy.show:
        return False
    for keys in range(1, len(word)):
        still_agreeing = max(right, agreeing(word[:keys])) if keys < len(word) - 1 else right
        if right * keys <= policy.price * (1.0 - still_agreeing):
            return False
    return True


def _on_screen(
    possible: Sequence[Continuation], policy: Policy, caret: CaretContext, agreeing: Agreeing
) -> Continuation | None:
    """The text on the screen, if it is still likely and no text that contradicts it is clearly better."""
    if not caret.on_screen:
        return None
    likely = (one for one in possible if one.text == caret.on_screen and one.confidence >= policy.keep)
    kept = next(likely, None)
    if kept is None:
        return None
    for other in possible:
        agrees = other.text.startswith(kept.text) or kept.text.startswith(other.text)
        if not agrees and other.confidence > policy.clearly_better * kept.confidence:
            return None
    longer = _best(possible, policy, agreeing)
    return longer if longer is not None and longer.text.startswith(kept.text) else kept


def _fitting(word: Word, policy: Policy, caret: CaretContext) -> Continuation | None:
    try:
        text = word.text.decode()
    except UnicodeDecodeError:
        return None  # it ends inside a character
    text = without_after(text, caret.after)
    if not text.strip() or (len(text) < policy.least_chars and text != caret.on_screen):
        return None
    if caret.max_chars is not None and len(text) > caret.max_chars:
        return None
    return Continuation(text, word.probability)


def without_after(text: str, after: str) -> str:
    """`text` without its end, if that end stands after the caret already. Empty if the caret stands inside a
    word: in "is sched|uled for" any text would run into the word's end.
    """
    if not after:
        return text
    if after[0] in "\r\n":
        lines = after.split(maxsplit=0)
        return "" if lines and _said_by(text, lines[0], lines[0]) else text
    if _is_word_character(after[0]):
        return ""
    rest = after.lstrip(" ")
    for start in range(len(text)):
        at_word = start == 0 or not _is_word_character(text[start - 1]) or not _is_word_character(text[start])
        if at_word and _said_by(text[start:], after, rest):
            return text[:start]
    return text


def _said_by(end: str, after: str, rest: str) -> bool:
    spoken = end.lstrip(" ")
    if not spoken:
        return False
    return any(there.startswith(spoken) and not _runs_on(there, len(spoken)) for there in (after, rest))


def _runs_on(text: str, end: int) -> bool:
    return end < len(text) and _is_word_character(text[end]) and _is_word_character(text[end - 1])


def _same_start(one: str, other: str) -> bool:
    return first_word(one) == first_word(other)


def first_word(text: str) -> str:
    """The first word, with the space and punctuation before it."""
    end = 0
    while end < len(text) and not _is_word_character(text[end]):
        end += 1
    while end < len(text) and _is_word_character(text[end]):
        end += 1
    return text[:end]


def _is_word_character(character: str) -> bool:
    return character.isalnum() or character in "'’_"
