"""Bits per byte of the held-out texts: what a model needs to write them down, so models with different
vocabularies can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional

from foretype.distil.models import Model
from foretype.distil.texts import Texts


def bits_per_byte(
    model: Model,
    texts: Texts,
    *,
    length: int,
    batch_size: int,
    device: str,
    tick: Callable[[int, int], None],
) -> float:
    """Every token of the held-out texts is predicted once, from up to `length` tokens before it.

    The begin tokens are given: they stand for no byte. `tick` is told of tokens done and all of them, and may
    raise to stop. Leaves `model` in evaluation mode.
    """
    ids = torch.from_numpy(np.asarray(texts.held_out).astype(np.int64))
    model.eval()
    nats, done = 0.0, 0
    for given, wanted in _batches(ids, length, batch_size):
        with torch.no_grad():
            logits = model(input_ids=given.to(device), use_cache=False).logits
        each = functional.cross_entropy(
            logits.flatten(0, 1), wanted.to(device).flatten(), reduction="none"
        ).double()
        nats += float(each[(wanted != texts.about.begin).flatten().to(device)].sum())
        done += wanted.numel()
        tick(done, len(ids) - 1)
    return nats / math.log(2) / texts.about.held_out_bytes


def _batches(ids: Any, length: int, batch_size: int) -> Any:
    """Pairs (rows, positions) of what is given and what follows each of it; the last is what is left."""
    whole = (len(ids) - 1) // length
    for first in range(0, whole, batch_size):
        last = min(first + batch_size, whole)
        span = ids[first * length : last * length + 1]
        yield span[:-1].view(-1, length), span[1:].view(-1, length)
    rest = ids[whole * length :]
    if len(rest) > 1:
        yield rest[None, :-1], rest[None, 1:]
