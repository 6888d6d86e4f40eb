"""The machine is named with what its figures depend on."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretype.support.machine import machine_name, processor


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ("model name\t: Some CPU\nflags\t\t: fpu avx2 avx512f avx512_vnni\n", "Some CPU with AVX-512 VNNI"),
        ("model name\t: Some CPU\nflags\t\t: fpu avx2 fma\n\nmodel name\t: Another\n", "Some CPU with AVX2"),
        ("model name\t: Some CPU\nflags\t\t: fpu sse\n", "Some CPU"),
    ],
)
def test_its_processor_is_named_with_what_it_multiplies_by(tmp_path: Path, info: str, said: str) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(info, "utf-8")
    assert processor(file) == said


def test_where_the_system_does_not_tell_something_is_said_all_the_same(tmp_path: Path) -> None:
    assert processor(tmp_path / "none")
    assert machine_name()
