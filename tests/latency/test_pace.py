from itertools import islice
from random import Random
from statistics import fmean

import pytest

from latency.replay.pace import gaps, mean_gap_s


def test_forty_words_a_minute_leave_300_ms_a_character() -> None:
    assert mean_gap_s(40) == pytest.approx(0.3)


def test_gaps_scatter_around_the_mean_and_the_seed_decides_them() -> None:
    some = list(islice(gaps(40, Random(1)), 4000))
    assert fmean(some) == pytest.approx(0.3, rel=0.03)
    assert max(some) > 2 * min(some)
    assert some[:50] == list(islice(gaps(40, Random(1)), 50))
    assert fmean(islice(gaps(40, Random(1), scale=0.5), 4000)) == pytest.approx(0.15, rel=0.03)
