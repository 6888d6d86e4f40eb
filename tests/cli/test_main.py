"""The start of the command line."""

from __future__ import annotations

import builtins
from types import ModuleType
from typing import Any

import pytest

from foretype import __main__ as begun


def test_ctrl_c_while_modules_are_read_is_no_stack_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def interrupted(name: str, *rest: Any) -> ModuleType:
        if name == "foretype.cli":
            raise KeyboardInterrupt
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", interrupted)
    with pytest.raises(SystemExit) as ended:
        begun.main()
    assert ended.value.code == 130
