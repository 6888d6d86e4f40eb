#!/usr/bin/env bash
# numpy over glibc: large arrays that were dropped stay in the process until malloc_trim.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ORT_DISABLE_TELEMETRY=1

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6

"$folder/venv/bin/python" - <<'PYTHON'
import ctypes
import os
import platform
import threading

import numpy as np

VOCABULARY = 50_257  # GPT-2's
DISTRIBUTIONS = 1_000

libc, version = platform.libc_ver()
print(f"version    numpy {np.__version__}, {libc} {version}")
print("guess      200 kB is more than glibc's threshold of 128 kB, so each array is a mapping of its own")
print("           and goes back to the system when it is dropped")
print("behaviour  once a larger array was dropped, glibc raises that threshold by itself. Distributions made")
print("           on a thread, with small objects between them, then keep their memory after they are dropped")
assert libc == "glibc", "this finding is about glibc"


def resident() -> float:
    with open("/proc/self/statm", encoding="ascii") as pages:
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


distributions: list[np.ndarray] = []
small: list[np.ndarray] = []


def model_thread() -> None:
    for _ in range(DISTRIBUTIONS):
        distributions.append(np.full(VOCABULARY, 1 / VOCABULARY, np.float32))
        small.append(np.zeros(1_000, np.float32))  # stays, as the nodes of a tree do


np.ones(10 * VOCABULARY, np.float32)  # as the logits of ten tokens: dropped at once
before = resident()
thread = threading.Thread(target=model_thread)
thread.start()
thread.join()
full = resident()
distributions.clear()
dropped = resident()
ctypes.CDLL(None).malloc_trim(0)
trimmed = resident()

print("output     resident memory, MB")
print(f"           at the start                       {before:4.0f}")
print(f"           with {DISTRIBUTIONS} distributions            {full:4.0f}")
print(f"           after all of them were dropped     {dropped:4.0f}")
print(f"           after malloc_trim(0)               {trimmed:4.0f}")
size = DISTRIBUTIONS * VOCABULARY * 4 / 1e6
assert full - before > 0.9 * size
assert full - dropped < 0.1 * size, "dropped arrays go back to the system now"
assert full - trimmed > 0.9 * size, "malloc_trim does not give them back any more"
PYTHON
