"""The function that `make fuzz` calls accepts its own seeds, and fails if the server breaks a promise."""

from __future__ import annotations

import pytest

from foretype.server.protocol import Protocol
from tests.attack import fuzz


@pytest.mark.parametrize("seed", [*fuzz.SEEDS, b"", b"\n", b"+{", b"*\xff", b'-{"type":"keystroke"}'])
def test_inputs_that_keep_all_promises(seed: bytes) -> None:
    fuzz.target()(seed)


def test_a_broken_promise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    receive = Protocol.receive

    def without_the_check(self: Protocol, frame: bytes, *, binary: bool = False) -> object:
        return receive(self, frame, binary=False)

    monkeypatch.setattr(Protocol, "receive", without_the_check)
    with pytest.raises(AssertionError):
        fuzz.target()(b"*" + fuzz.SEEDS[0].splitlines()[0][1:])
