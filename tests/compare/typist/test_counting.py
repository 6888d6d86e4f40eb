"""The typist's counts equal those of the experiment behind the budget (31 % saved, 55 % accepted)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foretype.compare.typist.keys import TakeKey, TypeKey, Typist
from foretype.compare.typist.screen import Screen

Counts = tuple[int, int, int]  # keys, texts shown, texts taken


def experiment(text: str, suggested: list[str]) -> Counts:
    """The rule of the experiment: one word at each position. The rest of the word on the screen is not
    counted again.
    """
    at = keys = shown = taken = 0
    on_screen = ""
    while at < len(text):
        word = suggested[at]
        following = text[at + len(word) : at + len(word) + 1]
        if word and word != on_screen:
            shown += 1
        if word and text.startswith(word, at) and not following.isalnum():
            at, taken, on_screen = at + len(word), taken + 1, ""
        else:
            on_screen = word[1:] if word[:1] == text[at] else ""
            at += 1
        keys += 1
    return keys, shown, taken


def replayed(text: str, suggested: list[str]) -> Counts:
    ann, screen = Typist(text), Screen()
    while not ann.done:
        screen.answer(suggested[len(ann.typed)], 0.0)
        match ann.press(screen.visible(0.0)):
            case TypeKey(char):
                screen.typed(char)
            case TakeKey(word):
                screen.took(word)
    assert screen.tally.offers == screen.tally.shown
    return ann.keys, screen.tally.shown, screen.tally.taken


words = st.text("ab", min_size=1, max_size=4)


@st.composite
def typed_with_suggestions(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text and a word, or nothing, suggested at each position; letters are few, so many are right."""
    text = " ".join(draw(st.lists(words, min_size=1, max_size=6)))
    one = st.one_of(st.just(""), words, words.map(lambda word: " " + word))
    right = [text[at:].split(" ")[0] or " " + text[at + 1 :].split(" ")[0] for at in range(len(text))]
    return text, [draw(st.one_of(one, st.just(word))) for word in right]


@given(typed_with_suggestions())
def test_one_word_at_a_time_is_counted_alike(typed: tuple[str, list[str]]) -> None:
    assert replayed(*typed) == experiment(*typed)
