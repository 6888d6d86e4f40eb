"""Dropping the pages of mapped files that are resident and not needed now.

ONNX Runtime reads a mapped embedding once, to copy it into the layout of the output head. Later a run looks
up a few of its rows. The pages stay in the system's cache of files, so a row is there again in a microsecond.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Iterator
from pathlib import Path

MADV_DONTNEED = 4  # linux/mman.h
_MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ +(/.*)$")


def drop_pages(folder: Path) -> int:
    """Drop the resident pages of files in `folder` that this process maps, except of mappings with changed
    pages, whose changes would be lost. Returns the bytes of the mappings; 0 if the system is not Linux.
    """
    if not sys.platform.startswith("linux"):
        return 0
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    dropped = 0
    for start, size, file in _unchanged_mappings():
        if file.parent == folder.resolve() and madvise(start, size, MADV_DONTNEED) == 0:
            dropped += size
    return dropped


def _unchanged_mappings() -> Iterator[tuple[int, int, Path]]:
    """(address, bytes, file) of each mapped file none of whose pages was written to. Empty if the system does
    not say.
    """
    mapping = None
    try:
        lines = Path("/proc/self/smaps").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        if (found := _MAPPING.match(line)) is not None:
            start, end = int(found[1], 16), int(found[2], 16)
            mapping = start, end - start, Path(found[3])
        elif line.startswith("Anonymous:"):
            if mapping is not None and line.split()[1] == "0":
                yield mapping
            mapping = None
