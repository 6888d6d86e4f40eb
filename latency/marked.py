"""The part of a page that a command writes. It stands between two marks, which the page must have."""

from __future__ import annotations

from pathlib import Path

from latency.errors import MeasurementError


class NoMarksError(MeasurementError):
    def __init__(self, page: Path, begin: str, end: str) -> None:
        super().__init__(f"{page} has no lines “{begin}” and “{end}”, between which the figures would stand.")


def marks(name: str) -> tuple[str, str]:
    """The lines before and after the part that the command `name` writes."""
    return f"<!-- {name} -->", f"<!-- /{name} -->"


def check_marks(page: Path, name: str) -> None:
    """Raises NoMarksError, also if there is no such page."""
    begin, end = marks(name)
    text = page.read_text("utf-8") if page.is_file() else ""
    if not 0 <= text.find(begin) < text.find(end):
        raise NoMarksError(page, begin, end)


def write_between(page: Path, name: str, text: str) -> None:
    """Replaces what stands between the marks. Raises NoMarksError."""
    check_marks(page, name)
    begin, end = marks(name)
    before, _, rest = page.read_text("utf-8").partition(begin)
    after = rest.partition(end)[2]
    page.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", "utf-8")
