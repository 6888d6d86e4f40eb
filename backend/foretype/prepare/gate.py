"""The text on which a model is measured: plain e-mails that ship with the package."""

from __future__ import annotations

from importlib import resources


def gate_text() -> str:
    return resources.files("foretype.prepare").joinpath("gate.txt").read_text("utf-8")
