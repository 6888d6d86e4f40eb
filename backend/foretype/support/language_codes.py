"""The check of the setting `languages`."""

from __future__ import annotations

import re

ANY = "any"
"""In place of codes: all languages of the supported scripts."""
CODE = r"^[a-z]{2,3}$"
NO_CODE = "a language is a code of ISO 639-1, for example en; correct the entry that is different"
NOT_ALONE = "any stands for all languages: name it alone"


def check_languages(languages: tuple[str, ...]) -> tuple[str, ...]:
    """The same languages. Raises ValueError if an entry is no code, or if `ANY` is one of several."""
    if not all(re.match(CODE, language) for language in languages):
        raise ValueError(NO_CODE)
    if ANY in languages and len(languages) > 1:
        raise ValueError(NOT_ALONE)
    return languages
