"""Freed memory returns to the system, also if small objects that stay lie beside it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HOARDING = """
import sys, threading
import numpy as np, psutil
from foretype.support.malloc import give_back
np.ones(500_000, np.float32)  # from here on glibc keeps arrays of this size in its arenas
kept, large = [], []
def make():
    for _ in range(300):
        large.append(np.ones(50_000, np.float32))
        kept.append(np.ones(1_000, np.float32))
thread = threading.Thread(target=make)
thread.start()
thread.join()
full = psutil.Process().memory_info().rss
large.clear()
if sys.argv[1] == "given back":
    assert give_back()
print((full - psutil.Process().memory_info().rss) / (300 * 200_000))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's own")
def test_large_arrays_go_back_to_the_system() -> None:
    kept, given_back = (
        float(subprocess.run([sys.executable, "-c", HOARDING, how], capture_output=True, check=True).stdout)
        for how in ("as it comes", "given back")
    )
    assert given_back > 0.9
    assert kept < given_back
