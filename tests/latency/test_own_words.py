"""What is compared, and at which share."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretype.support.stage import Stage
from foretype.words.store import WordStore
from latency.errors import MeasurementError
from latency.own_words import FIRST_TYPED, Row, at_the_same_share, learn, read_person
from latency.replay.server_metrics import counters_in
from tests.scripted_model import byte_level_vocabulary


def row(saved: float, taken: float, known: int | None = 200) -> Row:
    return Row("a", known, None, saved, taken, 100, 100, 1.0, 0.1)


def test_what_is_saved_at_the_same_share_lies_between_two_thresholds() -> None:
    base = row(0.30, 0.50, None)
    assert at_the_same_share(base, [row(0.32, 0.54), row(0.36, 0.46)]) == pytest.approx(0.34)
    assert at_the_same_share(base, [row(0.32, 0.54)]) is None
    assert at_the_same_share(base, [row(0.32, 0.54), row(0.36, 0.52)]) is None


def test_the_same_mails_are_typed_and_those_before_them_are_known(tmp_path: Path) -> None:
    for number in range(FIRST_TYPED + 3):
        text = f"Subject: none\n\n{'word ' * 40}number {number}"
        (tmp_path / f"{number:03}.txt").write_text(text if number != FIRST_TYPED else "Subject: x\n\nshort")
    person = read_person(tmp_path, mails=2, chars=300)
    assert person.known[-1].endswith(f"number {FIRST_TYPED - 1}")
    assert [text.rsplit(" ", 1)[1] for text in person.typed] == [str(FIRST_TYPED + 1), str(FIRST_TYPED + 2)]
    with pytest.raises(MeasurementError, match="--chars"):
        read_person(tmp_path, mails=2, chars=100)
    (tmp_path / "few").mkdir()
    with pytest.raises(MeasurementError, match="--people"):
        read_person(tmp_path / "few", mails=2, chars=300)


def test_known_mails_are_learnt_as_if_they_had_been_typed(tmp_path: Path) -> None:
    learn(tmp_path, ["we met Quillfeather"] * 3, byte_level_vocabulary(" we", " met"))
    assert {word.text for word in WordStore(tmp_path, 1000).words("fixed")} == {"we", "met", "Quillfeather"}


def test_milliseconds_are_those_of_the_stage() -> None:
    exposed = 'foretype_stage_ms_sum{stage="tree"} 12.5\nforetype_stage_ms_sum{stage="model"} 99\n'
    counted = counters_in(f"# TYPE foretype_stage_ms histogram\n{exposed}")
    assert counted["foretype_stage_ms_sum", Stage.TREE.value] == 12.5
