"""The languages of a prepared model: from its recipe, from its manifest, or from the setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foretype.engine import start
from foretype.engine.detector import Detector
from foretype.engine.tree.language import Language, any_language
from foretype.models.errors import UnknownLanguageError
from foretype.models.languages import languages_of
from foretype.models.manifest import Figures, Geometry, Manifest, SourceEntry

GERMAN = "Vielen Dank für deine Mail, ich habe mich sehr darüber gefreut."
ENGLISH = "Thank you very much for your mail, I was very happy about it."


def manifest(recipe: str, *languages: str) -> Manifest:
    return Manifest(
        recipe=recipe,
        family="llama",
        licence="none",
        source=SourceEntry(kind="folder", name="weights"),
        files={},
        versions={},
        graph="fused",
        weights="grid",
        geometry=Geometry(layers=1, kv_heads=1, head_dim=1, vocab_size=1, context_length=1),
        begin_ids=(0,),
        languages=languages,
        figures=Figures(
            bits_per_byte_float32=1,
            bits_per_byte=1,
            bits_per_byte_stepwise=1,
            step_ms=1,
            prefill_ms=1,
            machine="",
        ),
    )


def writes(*chosen: str, model: Manifest) -> list[bool]:
    language = Language(start._shares_of(model, chosen))
    return [language.is_written(GERMAN), language.is_written(ENGLISH)]


def test_a_model_that_was_prepared_before_has_the_languages_of_its_recipe() -> None:
    assert languages_of(manifest("smollm2-135m")) == ("en",)
    assert languages_of(manifest("smollm2-135m", "de")) == ("en",)


def test_a_model_without_a_recipe_here_has_those_of_its_manifest() -> None:
    assert languages_of(manifest("mine", "de")) == ("de",)
    assert languages_of(manifest("mine")) == ()


def test_the_manifest_keeps_them(tmp_path: Path) -> None:
    manifest("mine", "de", "en").write(tmp_path)
    assert Manifest.read(tmp_path).languages == ("de", "en")


def test_suggestions_are_made_in_the_languages_of_the_model_or_of_the_setting() -> None:
    assert writes(model=manifest("mine", "en")) == [False, True]
    assert writes("de", model=manifest("mine", "en")) == [True, False]
    assert writes("any", model=manifest("mine", "en")) == [True, True]
    assert writes(model=manifest("mine")) == [True, True]


def test_an_unknown_language_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownLanguageError, match="A language of mine is unknown: zz"):
        start._shares_of(manifest("mine", "en", "zz"), ())


def test_without_the_detector_the_script_alone_decides_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, log_lines: list[dict[str, Any]]
) -> None:
    monkeypatch.setattr(Detector, "load", lambda: None)
    assert start._shares_of(manifest("mine", "en"), ()) is any_language
    assert [line["event"] for line in log_lines] == ["no_language_detector"]
