"""docs/faults.md names each fault with its tests, and each test of this folder is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]
NAMED = re.compile(r"`(tests/[^`]+?\.py)::(\w+)`")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_each_fault_names_a_test(row: str) -> None:
    assert NAMED.search(row.split("|")[3])


@pytest.mark.parametrize(("file", "name"), NAMED.findall(PAGE))
def test_each_test_that_the_page_names_exists(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_the_page_names_every_test_of_a_fault() -> None:
    here = Path(__file__)
    written = {
        (f"tests/faults/{file.name}", name)
        for file in here.parent.glob("test_*.py")
        if file != here
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    }
    assert written <= set(NAMED.findall(PAGE))
