"""Resident memory by what is mapped."""

from __future__ import annotations

from latency.memory_map import resident

SMAPS = """\
7f00-7f10 rw-p 00000000 fe:01 11                         /models/embedding.bin
Rss:                  20 kB
Anonymous:             0 kB
7f10-7f20 rw-p 00000000 00:00 0
Rss:                 100 kB
Anonymous:           100 kB
7f20-7f30 r-xp 00000000 fe:01 12                         /lib/libc.so.6
Rss:                   8 kB
Anonymous:             0 kB
7f30-7f40 rw-p 00000000 fe:01 12                         /lib/libc.so.6
Rss:                   4 kB
Anonymous:             4 kB
7f40-7f50 rw-p 00000000 00:00 0                          [heap]
Rss:                  40 kB
Anonymous:            40 kB
"""


def test_mappings_of_one_file_are_added_and_the_largest_comes_first() -> None:
    assert resident(SMAPS.splitlines()) == {
        "memory of the C library, Python and ONNX Runtime": (102400, 102400),
        "[heap]": (40960, 40960),
        "embedding.bin": (20480, 0),
        "libc.so.6": (12288, 4096),
    }
