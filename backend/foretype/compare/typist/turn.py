"""One key: the typist decides, and the screen changes."""

from __future__ import annotations

from foretype.compare.typist.keys import CorrectKey, EraseKey, TakeKey, TypeKey, Typist
from foretype.compare.typist.screen import Screen


def press(typist: Typist, screen: Screen, *, now: float = 0.0, glance_s: float = 0.0) -> str:
    """The word or the correction that was accepted, or "". The typist does not see what is on the screen for
    less than `glance_s`.
    """
    match typist.press(screen.visible(now, glance_s), screen.visible_correction(now, glance_s)):
        case TypeKey(char):
            screen.typed(char)
        case EraseKey():
            screen.erased()
        case CorrectKey(correction):
            screen.corrected()
            return correction.word
        case TakeKey(word):
            screen.took(word)
            return word
    return ""
