"""The texts around a field, and the parts of them that the model reads before the field's own text
(docs/decisions/0035-the-subject.md, 0041-what-stands-around.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from foretype.engine.tree.split import is_latin
from foretype.models.field_kind import FieldKind

LINE_CHARS = 200
ANSWERED_CHARS = 1000
"""Of what a client sends, no more characters are looked at. The tokens are counted in `Beginning`."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The things around a field's text that change what the model reads. Empty if there is none.

    subject, label: one line. answered: the mail that is answered, with its line breaks.
    """

    kind: FieldKind
    subject: str = ""
    answered: str = ""
    label: str = ""


def line_of(text: str | None) -> str:
    """`text` as one line of printable characters. Empty if a letter is of a script that the models cannot
    write: after it, what they suggest would be nonsense.
    """
    if not text:
        return ""
    beginning = text[:LINE_CHARS]
    return _line(beginning) if _is_readable(beginning) else ""


def paragraphs_of(text: str | None) -> str:
    """The beginning of `text`, without the lines that have a letter of another script."""
    if not text:
        return ""
    lines = [_line(one) if _is_readable(one) else "" for one in text[:ANSWERED_CHARS].splitlines()]
    paragraphs = "\n".join(lines).strip()
    while "\n\n\n" in paragraphs:
        paragraphs = paragraphs.replace("\n\n\n", "\n\n")
    return paragraphs


def _line(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        text = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(text.split())


def _is_readable(text: str) -> bool:
    return text.isascii() or all(is_latin(one) for one in text if one.isalpha())
