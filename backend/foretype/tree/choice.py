"""What to show is a decision: from the findings to one text, or to nothing and its reason. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foretype.keystroke import Continuation
from foretype.tokens import is_word_byte
from foretype.tree.search import Word


@dataclass(frozen=True, slots=True)
class Policy:
    """How sure one must be. Probabilities are those that the typist types the whole text.

    show: for a new text. keep: for one that is on the screen already; a text that comes and goes is worse
    than either.
    clearly_better: by which factor another must be likelier to take the place of what is on the screen.
    least_chars: a shorter text saves nothing, since taking it costs a key too.
    """

    show: float = 0.3
    keep: float = 0.2
    clearly_better: float = 1.5
    least_chars: int = 2


@dataclass(frozen=True, slots=True)
class Place:
    """What stands around the caret, as far as the choice must know."""

    after: str = ""
    max_chars: int | None = None
    on_screen: str = ""  # what is left of the text on the screen, where the last key agreed with it


def choose(words: Sequence[Word], policy: Policy, place: Place, alternatives: int = 0) -> list[Continuation]:
    """What to show and, behind it, other ways to go on that differ in their first word; empty where nothing
    is worth a glance.
    """
    possible = [found for word in words if (found := _fitting(word, policy, place)) is not None]
    shown = _on_screen(possible, policy, place) or _best(possible, policy)
    if shown is None:
        return []
    chosen = [shown]
    for other in possible:
        if len(chosen) > alternatives:
            break
        if all(not _same_start(other.text, one.text) for one in chosen):
            chosen.append(other)
    return chosen


def _best(possible: Sequence[Continuation], policy: Policy) -> Continuation | None:
    """The likeliest text, drawn out as far as it stays likely enough to be shown by itself."""
    sure = [one for one in possible if one.confidence >= policy.show]
    if not sure:
        return None
    best = sure[0]
    for longer in sure[1:]:
        if longer.text.startswith(best.text):
            best = longer
    return best


def _on_screen(possible: Sequence[Continuation], policy: Policy, place: Place) -> Continuation | None:
    """The text on the screen, if it is still likely enough and none that contradicts it is clearly better."""
    if not place.on_screen:
        return None
    kept = next(
        (one for one in possible if one.text == place.on_screen and one.confidence >= policy.keep), None
    )
    if kept is None:
        return None
    for other in possible:
        agrees = other.text.startswith(kept.text) or kept.text.startswith(other.text)
        if not agrees and other.confidence > policy.clearly_better * kept.confidence:
            return None
    longer = _best(possible, policy)
    return longer if longer is not None and longer.text.startswith(kept.text) else kept


def _fitting(word: Word, policy: Policy, place: Place) -> Continuation | None:
    try:
        text = word.text.decode()
    except UnicodeDecodeError:
        return None  # it would end inside a character
    text = without_after(text, place.after)
    if len(text) < policy.least_chars or not text.strip():
        return None
    if place.max_chars is not None and len(text) > place.max_chars:
        return None
    return Continuation(text, word.probability)


def without_after(text: str, after: str) -> str:
    """`text` without the end that `after` already says; empty where the caret stands inside a word.

    "is sched|uled for" gets nothing: whatever came would run into what is there.
    """
    if not after or after[0] in "\r\n":
        return text
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
    return all(is_word_byte(byte) for byte in character.encode())
