"""Errors of the file of own words."""

from __future__ import annotations


class WordsFileError(Exception):
    """The file of own words cannot be used now. The message has the path and says what to do; it never holds
    a word. cause: the name of the error, for a log, which gets no paths.
    """

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


class BadImportError(Exception):
    """What is imported is not an export of own words. The message never holds any of it."""
