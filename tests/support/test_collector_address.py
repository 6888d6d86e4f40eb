"""The address of a collector: what is accepted, and what an error never repeats."""

from __future__ import annotations

import pytest

from foretype.support.collector_address import check_collector
from foretype.support.settings import BadSettingsError, load


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, None),
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://[::1]:4318/", "http://[::1]:4318/v1/traces"),
        (" https://collector.example.org/otlp/v1/traces ", "https://collector.example.org/otlp/v1/traces"),
    ],
)
def test_an_address_without_a_path_gets_that_of_otlp(given: str | None, used: str | None) -> None:
    assert check_collector(given) == used


@pytest.mark.parametrize(
    "address",
    [
        "collector:4318",
        "10.1.2.3:4318",
        "grpc://127.0.0.1:4317",
        "https://",
        "http://host:port",
        "http://host:0",
        "http://[::1",
        "http://user:secret@collector:4318",
        "http://collector:4318/v1/traces?key=secret",
        "http://collector:4318/#secret",
    ],
)
def test_another_address_is_refused_by_the_name_of_the_setting_and_not_repeated(address: str) -> None:
    with pytest.raises(BadSettingsError) as refused:
        load({"traces": address})
    assert str(refused.value).startswith("--traces: ")
    assert address not in str(refused.value)
    assert "secret" not in str(refused.value)
