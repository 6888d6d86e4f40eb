"""Whether Foretype runs from its source tree, and not as an installed package."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
"""The folder of the package `foretype`."""


def checkout() -> Path | None:
    """The root of the source tree that this package runs from. None if the package is installed."""
    root = PACKAGE.parents[1]
    is_source = PACKAGE.parent.name == "backend" and (root / "pyproject.toml").is_file()
    return root if is_source else None
