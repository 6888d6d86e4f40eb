"""What a form of the weights costs in quality, measured natively on the text that checks prepared models."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from foretype.models.manifest import Manifest
from foretype.prepare.check import Ids, open_reader
from latency.browser.work import FIRST


def bits_of(folder: Path, manifest: Manifest, ids: Ids, threads: int) -> float:
    """The mean bits that a token costs the graph in `folder`, read in runs of `FIRST` tokens.

    A graph whose results depend on the tokens that run together is read as a server would read it.
    """
    reader = open_reader(folder, "fused", manifest.geometry, threads)
    rows = np.concatenate([reader.read(ids[start : start + FIRST]) for start in range(0, len(ids), FIRST)])
    rows = rows[:-1].astype(np.float64)
    peak = rows.max(axis=1)
    total = peak + np.log(np.exp(rows - peak[:, None]).sum(axis=1))
    return float((total - rows[np.arange(len(rows)), ids[1:]]).mean()) / math.log(2)
