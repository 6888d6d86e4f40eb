"""The figures that are computed from a peer's times, and the work of an engine at a keystroke. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from latency.peers.drivers.engine import MOST_TOKENS, Logits, WritingEngine, ends_word, surprise
from latency.peers.figures import Samples, ratios_of, summarise


def test_medians_and_bits_per_byte() -> None:
    times = {"prefill": [3, 1, 200], "steps": [10, 12], "branches": [22], "keystrokes": [5, 9]}
    samples = Samples(nats=math.log(2) * 50, **times)
    figures = summarise("x", samples, 100)
    assert (figures.prefill_64_ms, figures.step_ms, figures.eight_nodes_ms) == (3, 11, 22)
    assert figures.eight_nodes_in_steps_ratio == 2
    assert figures.bits_per_byte == pytest.approx(0.5)
    assert (figures.keystroke.p50, figures.keystroke.worst, figures.keystrokes) == (5, 9, 2)


def test_what_was_not_measured_is_none_and_so_are_its_ratios() -> None:
    nothing = summarise("x", Samples(), 100)
    assert nothing.step_ms is None
    assert nothing.bits_per_byte is None
    assert set(ratios_of(nothing, nothing).values()) == {None}


def test_runs_are_our_share_and_keystrokes_how_many_times_faster() -> None:
    ours = summarise("a", Samples(steps=[5], prefill=[50], keystrokes=[2, 2]), 100)
    theirs = summarise("b", Samples(steps=[10], prefill=[200], keystrokes=[40, 40]), 100)
    ratios = ratios_of(ours, theirs)
    assert (ratios["step_ratio"], ratios["prefill_64_ratio"]) == (0.5, 0.25)
    assert (ratios["keystroke_p50_ratio"], ratios["keystroke_p95_ratio"]) == (20, 20)


def test_quality_is_compared_in_the_way_that_is_worse_for_us() -> None:
    ours = summarise("a", Samples(nats=11, nats_stepwise=9), 100)
    theirs = summarise("b", Samples(nats=10, nats_stepwise=10), 100)
    assert ratios_of(ours, theirs)["bits_per_byte_ratio"] == pytest.approx(1.1)


def test_surprise_is_the_negative_log_probability() -> None:
    rows = np.log(np.array([[0.25, 0.75], [0.5, 0.5]], np.float32))
    assert surprise(rows, [1, 0]) == pytest.approx(-math.log(0.75 * 0.5))
    assert surprise(rows, [1]) == pytest.approx(-math.log(0.75))  # rows behind the last token are left out


@pytest.mark.parametrize(
    ("piece", "written", "ends"),
    [
        (b"stions", 0, False),
        (b" the", 0, False),
        (b" the", 1, True),
        (b".", 1, True),
        (b"\n", 1, True),
        (b"", 0, True),
        (b"'t", 1, False),
        (b"2", 1, False),
        ("é".encode(), 1, False),
    ],
)
def test_where_a_word_ends(piece: bytes, written: int, ends: bool) -> None:
    assert ends_word(piece, written) is ends


class Letters(WritingEngine):
    """Tokens are letters; it writes the letters of `will_write` in turn, whatever it reads."""

    def __init__(self, will_write: str) -> None:
        super().__init__()
        self.about, self.begin = "letters", [0]
        self.read: list[int] = []
        self.fed: list[Sequence[int]] = []
        self._will_write = iter(will_write)

    def keep(self, count: int) -> None:
        del self.read[count:]

    def feed(self, ids: Sequence[int]) -> Logits:
        self.read += ids
        self.fed.append(list(ids))
        logits = np.zeros(128, np.float32)
        logits[ord(next(self._will_write))] = 1
        return logits

    def tokens(self, text: str) -> list[int]:
        return [ord(letter) for letter in text]

    def piece(self, token: int) -> bytes:
        return chr(token).encode()


def test_a_keystroke_writes_until_the_word_ends() -> None:
    engine = Letters("st ")
    assert engine.keystroke("be")["tokens"] == 2
    assert engine.fed == [[0, *b"be"], [ord("s")], [ord("t")]]


def test_what_agrees_with_the_next_keystroke_is_not_read_again() -> None:
    engine = Letters("st " + "t " + "z ")
    engine.keystroke("be")
    engine.fed.clear()
    engine.keystroke("bes")  # its own “s” is held already, and read again for its logits only
    assert engine.fed == [[ord("s")], [ord("t")]]
    engine.fed.clear()
    engine.keystroke("bi")
    assert engine.fed == [[ord("i")], [ord("z")]]
    assert engine.read == [0, *b"biz"]


def test_a_word_without_an_end_is_left_after_some_tokens() -> None:
    engine = Letters("a" * 20)
    assert engine.keystroke("b")["tokens"] == MOST_TOKENS


def test_another_text_begins_anew() -> None:
    engine = Letters("s " + "s ")
    engine.keystroke("be")
    engine.forget()
    engine.fed.clear()
    engine.keystroke("be")
    assert engine.fed[0] == [0, *b"be"]
