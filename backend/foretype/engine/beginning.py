"""The tokens that a text starts with: what stands before the user's own text (docs/decisions/0006)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from foretype.engine.keystroke import Context
from foretype.engine.surroundings import Surroundings, line_of, paragraphs_of
from foretype.models.field_kind import FieldKind

SUBJECT_TOKENS = 32
"""Nearly all subjects are shorter. A longer one is cut: its tokens are read before the first answer."""
ANSWERED_TOKENS = 128
"""Of the mail that is answered, for the same reason."""
SUBJECT_PLACE = "Subject:"
REPLY = " Re: "
LABEL_TOKENS = 16
LABEL_ENDS = " :*"
"""Characters that pages write behind a label."""
AFTER_LABEL = ":\n"

Encode = Callable[[str], list[int]]


@dataclass(frozen=True, slots=True)
class Beginning:
    """The begin tokens and the prompt of one kind of field.

    plain: token ids without anything that stands around.
    before_subject, after_subject: token ids around the subject, empty if the prompt has no place for one.
    next_head: token ids between a mail and the subject of its answer: the head that the prompt ends with.
    answered_tokens: how many of the mail that is answered are read.
    label_tokens: how many of the field's label are read.
    """

    plain: list[int]
    before_subject: list[int] = field(default_factory=list)
    after_subject: list[int] = field(default_factory=list)
    next_head: list[int] = field(default_factory=list)
    answered_tokens: int = 0
    label_tokens: int = 0

    @classmethod
    def of(cls, begin_ids: list[int], prompt: str, encode: Encode, most_tokens: int) -> Beginning:
        """The begin tokens, then the prompt, unless the prompt would take more than `most_tokens` tokens of
        the model's context, which the user's own text needs.

        A subject is put behind the prompt's last line if that is an empty `Subject:`. A mail that is answered
        is put under that head, with the same head again behind it. A label is put on a line of its own where
        there is no prompt.
        """
        if not prompt:
            return cls(begin_ids, label_tokens=LABEL_TOKENS if most_tokens >= LABEL_TOKENS else 0)
        prompt_ids = encode(prompt)
        if len(prompt_ids) > most_tokens:
            return cls(begin_ids)
        plain = [*begin_ids, *prompt_ids]
        head = prompt.rstrip("\n")
        if not head.endswith(SUBJECT_PLACE):
            return cls(plain)
        before, after = [*begin_ids, *encode(head)], encode(prompt[len(head) :])
        next_head = encode("\n\n" + head.rpartition("\n\n")[2])
        room = most_tokens - len(before) - len(next_head) - 2 * (SUBJECT_TOKENS + len(after))
        return cls(plain, before, after, next_head, max(0, min(ANSWERED_TOKENS, room)))

    @property
    def most_tokens(self) -> int:
        """The number of tokens with the longest of all that may stand around."""
        if not self.before_subject:
            return len(self.plain) + self.label_tokens
        with_subject = len(self.before_subject) + SUBJECT_TOKENS + len(self.after_subject)
        between = (
            len(self.after_subject) + len(self.next_head) + SUBJECT_TOKENS if self.answered_tokens else 0
        )
        return max(len(self.plain), with_subject + self.answered_tokens + between)

    def surroundings(self, kind: FieldKind, subject: str | None, context: Context | None) -> Surroundings:
        """The parts of these that change what the model reads; empty if none does."""
        if not self.before_subject:
            has_label = context is not None and self.label_tokens and kind is FieldKind.TEXT
            label = context.label if context is not None and has_label else None
            return Surroundings(kind, label=line_of(label).rstrip(LABEL_ENDS))
        answered = context.answered if context is not None and self.answered_tokens else None
        return Surroundings(kind, line_of(subject), paragraphs_of(answered))

    def ids(self, around: Surroundings, encode: Encode) -> list[int]:
        """The token ids before the user's text. `around`: from `surroundings`."""
        if around.label:
            end = encode(AFTER_LABEL)
            return [*self.plain, *encode(around.label)[: self.label_tokens - len(end)], *end]
        if not around.subject and not around.answered:
            return self.plain
        subject = _subject(around.subject, " ", encode)
        if not around.answered:
            return [*self.before_subject, *subject, *self.after_subject]
        return [
            *self.before_subject,
            *subject,
            *self.after_subject,
            *encode(around.answered)[: self.answered_tokens],
            *self.next_head,
            *_subject(around.subject, REPLY, encode),
            *self.after_subject,
        ]


def _subject(subject: str, before: str, encode: Encode) -> list[int]:
    return encode(before + subject)[:SUBJECT_TOKENS] if subject else []
