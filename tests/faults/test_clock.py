"""The clock jumps, forwards and backwards. Only pairing and signed tokens read the clock that can
jump, `time.time`: what they check are dates.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import foretype
from foretype.server.pairing import Pairing
from foretype.server.state_file import CLOCK_STEP, CODE_LIFETIME
from tests.fake_time import FakeClock
from tests.faults.conftest import Installed

YEAR = 365 * 86400.0
READS_THE_CLOCK = re.compile(r"time\.time\b|from time import|datetime\.(now|utcnow|today)")


@pytest.mark.parametrize("own", [True, False], ids=["the server's own code", "a code in the file"])
@pytest.mark.parametrize(
    ("jump", "works"),
    [
        (CODE_LIFETIME, False),
        (YEAR, False),
        (-CLOCK_STEP + 1, True),
        (-CLOCK_STEP - 1, False),
        (-YEAR, False),
    ],
)
def test_a_code_lives_no_longer_if_the_clock_jumps(
    tmp_path: Path, own: bool, jump: float, works: bool
) -> None:
    clock = FakeClock()
    clock.now = 10 * YEAR
    pairing = Pairing(tmp_path, clock)
    code = pairing.own_code() if own else pairing.new_code()
    clock.now += jump
    assert (pairing.redeem(code, "browser") is not None) is works
    assert pairing.redeem(pairing.new_code(), "another") is not None


def test_a_paired_client_stays_paired_when_the_clock_jumps(tmp_path: Path) -> None:
    clock = FakeClock()
    pairing = Pairing(tmp_path, clock)
    assert pairing.redeem(pairing.own_code(), "browser")
    for jump in (YEAR, -YEAR):
        clock.now += jump
        assert [client.client for client in Pairing(tmp_path, clock).clients()] == ["browser"]


def test_only_pairing_and_signed_tokens_read_the_clock_that_can_jump() -> None:
    package = Path(foretype.__file__).parent
    reading = {
        str(file.relative_to(package))
        for room in ("server", "engine", "runtime", "support")
        for file in (package / room).rglob("*.py")
        if READS_THE_CLOCK.search(file.read_text("utf-8"))
    }
    assert reading == {
        "server/pairing.py",
        "server/provider_tokens.py",
        "server/signed_tokens.py",
        "server/token_folder.py",
    }


JUMPING = """
import time
from pathlib import Path
real, jump = time.time, Path({jump!r})
time.time = lambda: real() + float(jump.read_text())
from foretype.__main__ import main
main()
"""


def test_a_server_serves_on_when_the_clock_jumps_a_year_and_back(prepared: Installed, tmp_path: Path) -> None:
    jump, program = tmp_path / "jump", tmp_path / "jumping.py"
    jump.write_text("0")
    program.write_text(JUMPING.format(jump=str(jump)))
    with prepared.serving(f"exec ${{foretype% -m foretype}} {program} serve --port $port") as server:
        assert server.is_ready()
        assert server.process.stdout is not None
        server.process.stdout.readline()
        code = server.process.stdout.readline().strip().partition("#code=")[2]
        for seconds in (YEAR, -YEAR):
            jump.write_text(str(seconds))
            assert server.completes()
            assert server.request("/v1/pair", json.dumps({"code": code, "client": "tests"}))[0] == 401
        jump.write_text("0")
        assert server.completes()
        assert server.request("/v1/pair", json.dumps({"code": code, "client": "tests"}))[0] == 200
        assert server.end() == (0, "")
