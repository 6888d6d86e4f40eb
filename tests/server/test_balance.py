"""A server learns its share of the sockets from the health checks of a load balancer."""

from __future__ import annotations

import pytest

from foretype.server.balance import LONGEST, STALE_SECONDS, Balance, Report, read
from tests.fake_time import FakeClock

STATE = "UP; address=127.0.0.1; port=39101; name=servers/s01; node=vm; weight=1/3; scur=12/24; qcur=0"
"""What HAProxy 2.6 sends."""


def test_the_share_follows_from_the_header_of_haproxy() -> None:
    report = read(STATE)
    assert report == Report(weight=1, weights=3, sockets=12, all_sockets=24)
    assert report.share == 8
    heavy = read(STATE.replace("weight=1/3", "weight=2/3"))
    assert heavy is not None
    assert heavy.share == 16


@pytest.mark.parametrize(
    "header",
    [
        "",
        "UP",
        "DOWN; name=servers/s01; node=vm; weight=1/0; scur=0/0; qcur=0",  # no server is up
        STATE.replace("scur=12/24", "scur=/24"),
        STATE.replace("scur=12/24", "scur=12/" + "9" * 10),
        STATE.replace("weight=1/3", "weight=-1/3"),
        STATE.replace("weight=1/3", "weight=\u0661/3"),
        "x" * 100_000 + STATE,
        "UP; " + "x" * (LONGEST - 27) + "; weight=1/3; scur=12/24; qcur=0",  # a cut after LONGEST: scur=12/2
    ],
)
def test_other_headers_say_nothing(header: str) -> None:
    assert read(header) is None


def test_a_report_is_forgotten_when_no_other_follows(clock: FakeClock) -> None:
    balance = Balance(clock)
    assert balance.report is None
    balance.said(STATE)
    clock.now += STALE_SECONDS
    assert balance.report is not None
    clock.now += 0.1
    assert balance.report is None
    balance.said(STATE)
    balance.said("UP")
    assert balance.report is None
