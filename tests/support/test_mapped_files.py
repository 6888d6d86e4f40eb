"""Pages of mapped files are dropped, and what was written to a mapping is not lost."""

from __future__ import annotations

import mmap
import re
import sys
from pathlib import Path

import pytest

from foretype.support.mapped_files import drop_pages

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="smaps is Linux's")
SIZE = 64 * mmap.PAGESIZE


def mapped(file: Path) -> mmap.mmap:
    file.write_bytes(b"a" * SIZE)
    with file.open("r+b") as opened:
        mapping = mmap.mmap(opened.fileno(), SIZE, flags=mmap.MAP_PRIVATE)
    assert mapping[:] == b"a" * SIZE  # now its pages are resident
    return mapping


def resident_kb(file: Path) -> int:
    content = Path("/proc/self/smaps").read_text()
    return int(re.search(rf"{re.escape(str(file))}\n(?:.*\n)*?Rss: +(\d+) kB", content)[1])  # type: ignore[index]


def test_pages_that_were_only_read_are_dropped_and_can_be_read_again(tmp_path: Path) -> None:
    mapping = mapped(tmp_path / "embedding.bin")
    assert resident_kb(tmp_path / "embedding.bin") == SIZE // 1024
    assert drop_pages(tmp_path) == SIZE
    assert resident_kb(tmp_path / "embedding.bin") == 0
    assert mapping[:] == b"a" * SIZE


def test_a_mapping_that_was_written_to_keeps_its_pages(tmp_path: Path) -> None:
    mapping = mapped(tmp_path / "embedding.bin")
    mapping[0:1] = b"b"
    assert drop_pages(tmp_path) == 0
    assert mapping[0:2] == b"ba"


def test_files_of_other_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    mapping = mapped(tmp_path / "other" / "weights.bin")
    assert drop_pages(tmp_path) == 0
    assert mapping[0:1] == b"a"
