"""docs/security.md names a test for each promise. Each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
PROMISES = [line for line in PAGE.split("## Promises")[1].splitlines() if line.startswith("| ")][1:]
NAMED = re.compile(r"`((?:tests|extension)/[^`]+?)::([^`]+)`")


@pytest.mark.parametrize("row", PROMISES, ids=lambda row: row.split("|")[2].strip())
def test_each_promise_names_a_test(row: str) -> None:
    assert NAMED.search(row.split("|")[3])


@pytest.mark.parametrize(("file", "name"), NAMED.findall(PAGE))
def test_each_test_that_the_page_names_exists(file: str, name: str) -> None:
    content = (ROOT / file).read_text(encoding="utf-8")
    assert f"def {name}(" in content if file.endswith(".py") else name in content
