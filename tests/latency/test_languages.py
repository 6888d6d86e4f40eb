"""Which paragraphs of a manual are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from latency.languages import texts
from latency.languages.cli import Way
from latency.languages.texts import (
    ENGLISH,
    MANUALS,
    Manual,
    TextsUnavailableError,
    is_prose,
    read_folder,
    read_paragraphs,
)

GERMAN = (
    "Wenn Sie den Rechner zum ersten Mal starten, werden Sie nach Ihrem Namen gefragt. Danach wählen Sie ein "
    "Passwort und die Sprache, in der die Programme mit Ihnen sprechen. Beides können Sie später ändern, "
    "und Nummer {} bleibt dabei immer gleich."
)
LEFT_IN_ENGLISH = (
    "When you start the computer for the first time, you are asked for your name and for a password. After "
    "that, choose the language in which the programs speak with you. You can change this later at any time."
)
MANUAL = Manual("a-manual", "help/{}/*.page", {ENGLISH: "C", "de": "de"}, "p")


def page(*paragraphs: str) -> str:
    return "<page>" + "".join(f"<section><p>{one}</p></section>" for one in paragraphs) + "</page>"


@pytest.fixture
def manual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the German pages of a package that was fetched before."""
    monkeypatch.setattr(texts, "OUT", tmp_path)
    for folder in ("C", "de"):
        (tmp_path / "languages" / MANUAL.package / "help" / folder).mkdir(parents=True)
    return tmp_path / "languages" / MANUAL.package / "help" / "de"


def read(count: int, skip: int = 0, chars: int = 1000) -> list[str]:
    return read_paragraphs(MANUAL, "de", skip=skip, count=count, chars=chars)


def test_paragraphs_of_prose_are_read_and_others_are_not(manual: Path) -> None:
    prose = GERMAN.format("eins")
    in_lines = prose.replace(" ", "\n ")
    others = [
        "Zu kurz. Auch das.",
        prose.replace("Rechner", "<code>ls</code>"),
        prose.replace("Rechner", '<link xref="start"/>'),
        prose.replace("Rechner", "root@rechner"),
        prose.replace("Rechner", "Rechner 1234567890123"),
        prose.removesuffix("."),
        prose[0].lower() + prose[1:],
        LEFT_IN_ENGLISH,
    ]
    (manual / "a.page").write_text(page(in_lines, *others, prose.replace("Namen", "<em>Namen</em>")))
    assert read(1) == [prose]
    with pytest.raises(TextsUnavailableError, match="has 1 paragraphs of prose, and 2 are needed"):
        read(2)


def test_the_order_is_fixed_and_other_paragraphs_can_be_taken(manual: Path) -> None:
    every = {GERMAN.format(number) for number in ("eins", "zwei", "drei", "vier", "sechs")}
    (manual / "a.page").write_text(page(*every))
    chosen, measured = read(2), read(3, skip=2)
    assert read(5) == chosen + measured
    assert {*chosen, *measured} == every
    assert read(1, chars=50) == [chosen[0][:50]]


def test_a_folder_of_texts_may_be_used_instead(tmp_path: Path) -> None:
    (tmp_path / "de").mkdir()
    text = f"{GERMAN.format('eins')}\n\nKurz.\n \n{GERMAN.format('zwei')}".replace(
        "Passwort und", "Passwort\nund"
    )
    (tmp_path / "de" / "a.txt").write_text(text)
    found = read_folder(tmp_path, "de", skip=0, count=2, chars=1000)
    assert set(found) == {GERMAN.format("eins"), GERMAN.format("zwei")}
    with pytest.raises(TextsUnavailableError, match="fr has 0"):
        read_folder(tmp_path, "fr", skip=0, count=1, chars=1000)


def test_a_language_that_a_manual_is_not_read_in_is_a_sentence() -> None:
    with pytest.raises(TextsUnavailableError, match="has no texts in xx, only in: en, de"):
        read_paragraphs(MANUAL, "xx", skip=0, count=1, chars=100)


def test_both_manuals_have_the_languages_of_the_issue() -> None:
    for manual in MANUALS.values():
        assert {"en", "de", "fr", "es", "it", "pt", "nl"} <= set(manual.folders)


def test_an_english_paragraph_is_prose() -> None:
    assert is_prose(LEFT_IN_ENGLISH)


def test_a_server_without_the_rule_suggests_in_any_language() -> None:
    assert "FORETYPE_LANGUAGES" not in Way("smollm2-135m", None, rule=True).settings
    without = Way("smollm2-135m", 0.3, rule=False).settings
    assert without["FORETYPE_LANGUAGES"] == "any"
    assert without["FORETYPE_THRESHOLD"] == "0.3"
