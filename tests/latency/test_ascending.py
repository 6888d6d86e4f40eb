from __future__ import annotations

import pytest

from latency.ascending import NotAscendingError, ascending


def test_numbers_with_spaces_and_a_least_of_zero() -> None:
    assert ascending("--typists", "24, 48,96") == [24, 48, 96]
    assert ascending("--greedy", "0,1", least=0) == [0, 1]


@pytest.mark.parametrize("value", ["", "a", "24,", "48,24", "24,24", "0,24", "-1", "2.5"])
def test_the_error_names_the_option(value: str) -> None:
    with pytest.raises(NotAscendingError, match=r"--typists .*ascending"):
        ascending("--typists", value)
