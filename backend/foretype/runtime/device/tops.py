"""The likeliest tokens of each distribution, found on the device, so that whole rows are not copied to the
host.

A search mostly asks a distribution for its likeliest tokens. Near the caret it asks for more, such as the
probability of all tokens that begin with half a word. So whole rows stay on the device in a ring buffer until
later rows overwrite them, and a row is copied to the host when it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foretype.runtime.device import graphs as device_graphs
from foretype.runtime.device.pool import DeviceMemory
from foretype.runtime.ranks import Ranks
from foretype.runtime.summary import Summary
from foretype.support import logs


class Tops:
    """`take` is called by one thread at a time; any thread may call `fetch`."""

    def __init__(self, memory: DeviceMemory, ranks: Ranks, most_bytes: int, least_rows: int) -> None:
        """`most_bytes`: the size of the ring buffer, which has `least_rows` rows in any case: the most rows
        of one run.
        """
        self._memory = memory
        self._ranks = ranks
        self._width = len(ranks.ids)
        self._row_bytes = self._width * np.dtype(np.float32).itemsize
        self.rows = max(least_rows, most_bytes // self._row_bytes)
        self._ring = memory.allocate((self.rows, self._width), np.float32)
        self._written = 0  # rows ever used, and rows skipped because too few were left before the ring's end
        self._session = memory.open_graph(device_graphs.tops(ranks))

    def take(self, logits: int, shape: tuple[int, int]) -> list[Summary]:
        """Summaries of rows of logits, (k, vocab_size) float32, at an address on the device."""
        count = shape[0]
        if count == 0:
            return []
        first = self._next(count)
        top = np.empty((count, self._ranks.top), np.int64)
        log_probs = np.empty((count, self._ranks.top), np.float32)
        log_boundary = np.empty(count, np.float32)
        binding = self._session.io_binding()
        binding.bind_input("logits", *self._memory.device, np.float32, shape, logits)
        whole = (count, self._width)
        binding.bind_output("log_probs", *self._memory.device, np.float32, whole, self._address(first))
        for name, array in (("top", top), ("top_log_probs", log_probs), ("log_boundary", log_boundary)):
            binding.bind_output(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
        self._session.run_with_iobinding(binding)
        return [
            Summary(top[row], log_probs[row], float(log_boundary[row]), _RingRow(self, first + row))
            for row in range(count)
        ]

    def fetch(self, number: int) -> NDArray[np.float32] | None:
        """The row with that number. None if later rows have overwritten it or are doing so, or if the copy
        fails: the caller then runs the model again, and that run reports what is wrong.
        """
        if self._is_gone(number):
            return None
        try:
            found = self._memory.fetch(self._address(number), (1, self._width))[0]
        except Exception as error:  # ONNX Runtime's own
            logs.logger().warning("fetch_failed", **logs.of(error))
            return None
        return None if self._is_gone(number) else found

    def _next(self, count: int) -> int:
        """The number of the first of the next `count` rows, which are contiguous. Older rows in their place
        count as overwritten from now on.
        """
        if count > self.rows:
            raise ValueError(f"{count} rows at once, but the ring buffer has {self.rows}")
        left = self.rows - self._written % self.rows
        first = self._written if count <= left else self._written + left
        self._written = first + count
        return first

    def _is_gone(self, number: int) -> bool:
        return number < self._written - self.rows

    def _address(self, number: int) -> int:
        return int(self._ring.data_ptr()) + number % self.rows * self._row_bytes


@dataclass(frozen=True, slots=True)
class _RingRow:
    tops: Tops
    number: int

    def fetch(self) -> NDArray[np.float32] | None:
        return self.tops.fetch(self.number)
