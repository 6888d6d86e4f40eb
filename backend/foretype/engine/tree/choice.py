"""What to show is a decision: from the findings to one text, or to nothing and its reason. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foretype.engine.keystroke import Continuation
from foretype.engine.tree.search import Word


@dataclass(frozen=True, slots=True)
class Policy:
    """How sure one must be. Probabilities are those that the typist types the whole text.

    show: the least for a new text.
    draw_out: the least for showing more than a word of it.
    keep: the least for one that is on the screen already; a text that comes and goes is worse than either.
    clearly_better: by which factor another must be likelier to take the place of what is on the screen.
    price: how many saved keys one text shown in vain costs (`_worth_showing`).
    ahead: the least for a next letter whose answer is worked out before it is typed.
    least_chars: a shorter text saves nothing, since taking it costs a key too.
    """

    show: float = 0.2
    draw_out: float = 0.3
    keep: float = 0.1
    clearly_better: float = 1.5
    price: float = 0.56
    ahead: float = 0.02
    least_chars: int = 2


@dataclass(frozen=True, slots=True)
class Place:
    """What stands around the caret, as far as the choice must know."""

    after: str = ""
    max_chars: int | None = None
    on_screen: str = ""  # what is left of the text on the screen, where the last key agreed with it


Agreeing = Callable[[bytes], float]
"""The probability, 0 to 1, that the typist's next bytes are these."""


def choose(
    words: Sequence[Word], policy: Policy, place: Place, agreeing: Agreeing, alternatives: int = 0
) -> list[Continuation]:
    """What to show and, behind it, other ways to go on that differ in their first word; empty where nothing
    is worth a glance.
    """
    possible = [found for word in words if (found := _fitting(word, policy, place)) is not None]
    shown = _on_screen(possible, policy, place, agreeing) or _best(possible, policy, agreeing)
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
    """The likeliest word, if it is worth showing, drawn out while all of it stays likely."""
    if not possible or not _worth_showing(possible[0], policy, agreeing):
        return None
    best = possible[0]
    for longer in possible[1:]:
        if longer.confidence >= policy.draw_out and longer.text.startswith(best.text):
            best = longer
    return best


def _worth_showing(one: Continuation, policy: Policy, agreeing: Agreeing) -> bool:
    """Whether to show a word now is better than to wait, for any number of keys.

    Waiting for k keys forgoes k saved ones if the word is right. It spares a text shown in vain if those keys
    tell that it is wrong; if they don't, the wrong text is shown then all the same. So a word that shares its
    next letters with its rivals is shown sooner than one that the next letter decides
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
    possible: Sequence[Continuation], policy: Policy, place: Place, agreeing: Agreeing
) -> Continuation | None:
    """The text on the screen, if it is still likely enough and none that contradicts it is clearly better."""
    if not place.on_screen:
        return None
    still_there = (one for one in possible if one.text == place.on_screen and one.confidence >= policy.keep)
    kept = next(still_there, None)
    if kept is None:
        return None
    for other in possible:
        agrees = other.text.startswith(kept.text) or kept.text.startswith(other.text)
        if not agrees and other.confidence > policy.clearly_better * kept.confidence:
            return None
    longer = _best(possible, policy, agreeing)
    return longer if longer is not None and longer.text.startswith(kept.text) else kept


def _fitting(word: Word, policy: Policy, place: Place) -> Continuation | None:
    try:
        text = word.text.decode()
    except UnicodeDecodeError:
        return None  # it would end inside a character
    text = without_after(text, place.after)
    if not text.strip() or (len(text) < policy.least_chars and text != place.on_screen):
        return None
    if place.max_chars is not None and len(text) > place.max_chars:
        return None
    return Continuation(text, word.probability)


def without_after(text: str, after: str) -> str:
    """`text` without the end that `after` already says; empty where the caret stands inside a word.

    "is sched|uled for" gets nothing: whatever came would run into what is there.
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
    """The first word with what stands before it."""
    end = 0
    while end < len(text) and not _is_word_character(text[end]):
        end += 1
    while end < len(text) and _is_word_character(text[end]):
        end += 1
    return text[:end]


def _is_word_character(character: str) -> bool:
    return character.isalnum() or character in "'’_"
