"""Frames are checked for their mask in whatever pieces they come."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretype.server.masking import MaskCheck
from tests.attack.conftest import PING, frame, unmasked

MASKED = b"".join(frame(b"x" * length) for length in (0, 1, 125, 126, 65_535, 65_536)) + frame(b"", PING)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(cuts=st.lists(st.integers(0, len(MASKED)), max_size=20))
def test_masked_frames_pass_in_any_pieces(cuts: list[int]) -> None:
    check = MaskCheck()
    assert all(check.passes(piece) for piece in pieces(MASKED, cuts))


@given(cuts=st.lists(st.integers(0, len(MASKED) + 4), max_size=20))
def test_a_frame_without_a_mask_is_found_in_any_pieces(cuts: list[int]) -> None:
    check = MaskCheck()
    assert not all(check.passes(piece) for piece in pieces(MASKED + unmasked(b"ab"), cuts))


@pytest.mark.parametrize("payload", [b"", b"\x81\x00"])
def test_a_payload_is_not_taken_for_a_frame(payload: bytes) -> None:
    check = MaskCheck()
    assert check.passes(frame(payload) + frame(b""))
