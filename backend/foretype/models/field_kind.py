"""Kinds of field: a recipe may begin the text of each kind in its own way."""

from __future__ import annotations

from enum import StrEnum


class FieldKind(StrEnum):
    """The kind of a field, as the client states it."""

    EMAIL = "email"
    SEARCH = "search"
    TEXT = "text"
