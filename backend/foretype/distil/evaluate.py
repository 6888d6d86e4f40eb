"""Bits per byte of the held-out texts. Models with different vocabularies can be compared by this figure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional

from foretype.distil.teacher import Model
from foretype.distil.texts import TokenisedTexts


def bits_per_byte(
    model: Model,
    texts: TokenisedTexts,
    *,
    length: int,
    batch_size: int,
    device: str,
    tick: Callable[[int, int], None],
) -> float:
    """The cost of predicting every token of the held-out texts once, from up to `length` tokens before it.

    The begin tokens cost nothing, because they stand for no byte. `tick` is called with the number of tokens
    that are done and the number of all, and may raise an error to stop. Leaves `model` in evaluation mode.
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
        nats += float(each[(wanted != texts.summary.begin).flatten().to(device)].sum())
        done += wanted.numel()
        tick(done, len(ids) - 1)
    return nats / math.log(2) / texts.summary.held_out_bytes


def _batches(ids: Any, length: int, batch_size: int) -> Any:
    """Pairs (rows, positions) of tokens that are given and the next token of each. The last pair may be
    shorter.
    """
    whole = (len(ids) - 1) // length
    for first in range(0, whole, batch_size):
        last = min(first + batch_size, whole)
        span = ids[first * length : last * length + 1]
        yield span[:-1].view(-1, length), span[1:].view(-1, length)
    rest = ids[whole * length :]
    if len(rest) > 1:
        yield rest[None, :-1], rest[None, 1:]
