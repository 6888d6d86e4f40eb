"""The measurement of the first start: what it counts as occupied disk."""

from __future__ import annotations

import os
from pathlib import Path

from latency.first_start import bytes_on_disk


def test_a_file_with_two_names_occupies_the_disk_once(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    before = bytes_on_disk(tmp_path)
    (tmp_path / "deep" / "file").write_bytes(os.urandom(300_000))
    once = bytes_on_disk(tmp_path)
    assert 300_000 <= once - before < 400_000
    os.link(tmp_path / "deep" / "file", tmp_path / "other")
    assert bytes_on_disk(tmp_path) == once
