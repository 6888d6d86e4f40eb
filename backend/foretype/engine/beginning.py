"""The tokens that a text starts with: what stands before the user's own text (docs/decisions/0006)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from foretype.engine.tree.split import is_latin

SUBJECT_CHARS = 200
SUBJECT_TOKENS = 32
"""Nearly all subjects are shorter. A longer one is cut: its tokens are read before the first answer."""
SUBJECT_PLACE = "Subject:"

Encode = Callable[[str], list[int]]


@dataclass(frozen=True, slots=True)
class Beginning:
    """The begin tokens and the prompt of one kind of field.

    plain: token ids without a subject.
    before_subject, after_subject: token ids around the subject, empty if the prompt has no place for one.
    """

    plain: list[int]
    before_subject: list[int] = field(default_factory=list)
    after_subject: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, begin_ids: list[int], prompt: str, encode: Encode, most_tokens: int) -> Beginning:
        """The begin tokens, then the prompt, unless the prompt would take more than `most_tokens` tokens of
        the model's context, which the user's own text needs.

        A subject is put behind the prompt's last line if that is an empty `Subject:`.
        """
        prompt_ids = encode(prompt)
        if len(prompt_ids) > most_tokens:
            return cls(begin_ids)
        plain = [*begin_ids, *prompt_ids]
        head = prompt.rstrip("\n")
        if not head.endswith(SUBJECT_PLACE):
            return cls(plain)
        return cls(plain, [*begin_ids, *encode(head)], encode(prompt[len(head) :]))

    @property
    def most_tokens(self) -> int:
        """The number of tokens with the longest subject."""
        around = len(self.before_subject) + len(self.after_subject)
        return max(len(self.plain), around + SUBJECT_TOKENS) if self.before_subject else len(self.plain)

    def takes(self, subject: str | None) -> str:
        """The part of `subject` that changes what the model reads; empty if nothing of it does."""
        return subject_line(subject) if subject and self.before_subject else ""

    def ids(self, subject: str, encode: Encode) -> list[int]:
        """The token ids before the user's text. `subject`: from `takes`."""
        if not subject:
            return self.plain
        return [*self.before_subject, *encode(f" {subject}")[:SUBJECT_TOKENS], *self.after_subject]


def subject_line(subject: str) -> str:
    """`subject` as one line of printable characters. Empty if a letter is of a script that the models cannot
    write: after it, what they suggest would be nonsense.
    """
    if subject.isascii() and subject.isprintable():
        return " ".join(subject[:SUBJECT_CHARS].split())
    shown = "".join(one if one.isprintable() else " " for one in subject[:SUBJECT_CHARS])
    line = " ".join(shown.split())
    return line if all(is_latin(one) for one in line if one.isalpha()) else ""
