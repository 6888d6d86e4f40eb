"""The form of an export of own words, and the check of what is imported. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foretype.words.errors import BadImportError
from foretype.words.pieces import CONTEXT, LONGEST_PHRASE, START, Run

FORMAT, VERSION = "foretype-words", 1
MOST_SEEN = 1_000_000
LATEST_DAY = 4_000_000


def checked(exported: Mapping[str, Any]) -> tuple[list[str], list[tuple[Run, int, int]]]:
    """Raises `BadImportError`."""
    if exported.get("format") != FORMAT or exported.get("version") != VERSION:
        raise BadImportError(f"An import needs 'format' {FORMAT} and 'version' {VERSION}.")
    added, runs = exported.get("added", []), exported.get("runs", [])
    if not isinstance(added, list) or not all(isinstance(text, str) for text in added):
        raise BadImportError("'added' must be a list of texts.")
    if not isinstance(runs, list):
        raise BadImportError("'runs' must be a list.")
    return added, [_checked_run(one) for one in runs]


def _checked_run(one: object) -> tuple[Run, int, int]:
    if isinstance(one, dict):
        before, piece, seen, last = (one.get(name) for name in ("before", "piece", "seen", "last_day"))
        if (
            isinstance(before, list)
            and len(before) <= max(CONTEXT, LONGEST_PHRASE)
            and all(isinstance(text, str) and _is_piece(text, START) for text in before)
            and isinstance(piece, str)
            and _is_piece(piece)
            and type(seen) is int
            and 1 <= seen <= MOST_SEEN
            and type(last) is int
            and 0 <= last <= LATEST_DAY
        ):
            return Run(tuple(before[-CONTEXT:]), piece), seen, last
    raise BadImportError("An entry of 'runs' is not as the export writes it.")


def _is_piece(text: str, also: str = "\n") -> bool:
    if text in ("\n", also):
        return True
    return 0 < len(text) <= 64 and text.isprintable() and text != " " and " " not in text[1:]
