"""The last suggestion of a field, and the word for which the user has dismissed suggestions."""

from __future__ import annotations

from foretype.engine.tree.split import LONGEST_STEM, scalar_values, stem_start

TAIL = 64  # characters by which a text is recognised: clients send a long text cut at its left

MOST_KEPT = 100  # words


class OnScreen:
    """Pure state without a clock. Call `typed` at each keystroke, then `show` for each of its suggestions."""

    __slots__ = (
        "_before",
        "_corrected",
        "_kept",
        "_quiet_at",
        "_shown_at",
        "_shown_before",
        "_word_start",
        "text",
    )

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Drop all that was typed and shown."""
        self.text = ""  # the suggestion shown last, as it was shown; empty if nothing is
        self._shown_before = ""  # the end of the text that it continues
        self._before = ""  # the text before the caret at the latest keystroke
        self._word_start = ""  # names the place where the word at the caret begins
        self._shown_at: str | None = None  # the start of the word at which a suggestion was shown last
        self._corrected = ""  # the word in whose place the latest answer is; empty if it continues the text
        self._kept: set[str] = set()  # such words that the typist wants to keep
        self._quiet_at: str | None = None  # the start of the word at which the typist dismissed one

    def typed(self, before: str) -> None:
        """`before` now stands before the caret. At another word than the dismissed one, quiet ends."""
        self._before = before
        self._word_start = _word_start(before)
        if self._quiet_at != self._word_start:
            self._quiet_at = None

    @property
    def is_quiet(self) -> bool:
        """Whether the typist has dismissed a suggestion at this word."""
        return self._quiet_at is not None

    @property
    def keeps_word(self) -> bool:
        """Whether the typist has dismissed a correction of the word that begins at the caret."""
        return any(self._word.startswith(kept) for kept in self._kept)

    def show(self, text: str, *, replaces: int = 0) -> None:
        """The latest keystroke's answer is `text`, or nothing if it is empty. `replaces`: characters in whose
        place it stands.
        """
        self.text = "" if replaces else text
        self._corrected = self._word if replaces else ""
        self._shown_before = self._before[-TAIL:]
        if text:
            self._shown_at = self._word_start

    def dismiss(self) -> bool:
        """Clear the screen, and be quiet until the next word begins. False, with no change, if nothing that
        was shown concerns this word.
        """
        # A suggestion of several words may still be visible at a word that began after it was shown.
        if self._shown_at != self._word_start and not self.rest_after(self._before):
            return False
        self._quiet_at = self._word_start
        if self._corrected and self._word.startswith(self._corrected) and len(self._kept) < MOST_KEPT:
            self._kept.add(self._corrected)
        self.text = self._shown_before = ""
        return True

    @property
    def _word(self) -> str:
        """The word at the caret, as far as it is typed."""
        return self._before[stem_start(self._before) :].removeprefix(" ")

    def rest_after(self, before: str) -> str:
        """The part of the suggestion that is still to be typed if `before` stands before the caret; empty if
        a key did not agree with the suggestion.
        """
        tail, text = self._shown_before, self.text
        for typed in range(len(text)):
            if before.endswith((tail + text[:typed])[-TAIL:]):
                return text[typed:]
        return ""


def _word_start(before: str) -> str:
    """Names the place where the word at the caret begins, the same if the text is cut at its left."""
    end = scalar_values(before[-(TAIL + LONGEST_STEM) :])  # the result depends on no more
    return end[: stem_start(end)][-TAIL:]
