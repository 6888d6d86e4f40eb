"""Fixtures for all tests: a test gets no settings from the machine that it runs on, and nothing from other
tests.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import foretype  # noqa: F401  # before any test module imports a library whose telemetry it switches off
from foretype.support import logs


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in list(os.environ):
        if name.upper().startswith("FORETYPE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture(autouse=True)
def no_logging_of_another_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command that runs in this process has all lines go to its own stderr, which is closed with it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for module, hook in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(module, hook, getattr(module, hook))
    monkeypatch.setattr(logs, "_logger", logs.logger())
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The fields of each line that is logged during the test, at any level."""
    lines: list[dict[str, Any]] = []

    def keep(logger: logs.Logger, level: int, event: str, **fields: object) -> None:
        lines.append({"event": event, **fields})

    monkeypatch.setattr(logs.Logger, "log", keep)
    return lines
