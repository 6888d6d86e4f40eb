"""Kinds of field: a recipe may begin the text of each kind in its own way."""

from __future__ import annotations

from enum import StrEnum


class FieldKind(StrEnum):
    """What sort of field is typed in, as the client says."""

    EMAIL = "email"
    SEARCH = "search"
    TEXT = "text"
