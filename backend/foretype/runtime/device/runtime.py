"""Runs the fused graph on a device with memory of its own: past key values and logits stay there.

A run over several texts takes one token of each. Such runs have few shapes and use memory that does not move,
so that CUDA can record their kernels once and launch them together (CUDA graphs,
`foretype.runtime.device.fixed`). A run over one text has any shape and is not recorded. In the tests the
provider `cpu` runs the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import onnxruntime as ort

from foretype.models.manifest import Geometry
from foretype.models.weights import FLOAT16
from foretype.runtime.arena import IDLE, Arena, Pool, free_arenas, slot_bytes
from foretype.runtime.chunk import MOST_TEXTS, Chunk, Logits, Step
from foretype.runtime.device.fixed import (
    UNRECORDED,
    FixedRun,
    Shape,
    run_options,
    shape_of,
    shapes,
)
from foretype.runtime.distribution import Distribution
from foretype.runtime.feed import Feed, Float, of_text, of_texts
from foretype.runtime.fused import bind_past, float_type
from foretype.runtime.out_of_memory import OutOfMemoryError, recognised
from foretype.runtime.providers import MEBIBYTE, Providers, recording, without_tensorrt
from foretype.runtime.ranks import Ranks
from foretype.runtime.session import open_session
from foretype.support import logs

if TYPE_CHECKING:
    from foretype.runtime.device.pool import DeviceMemory, DevicePool

ROWS_BYTES = 1024 * MEBIBYTE  # whole rows of probabilities stay on the device in at most this much memory …
PART_FOR_ROWS = 8  # … and in at most an eighth of the memory for trees
READ = 8  # tokens of each text with which recordings are checked
REPLAY_APART_AT_MOST = 0.01  # of the largest logit


@dataclass(frozen=True, slots=True)
class OnDevice:
    """Logits (rows, vocab_size) float32 at an address on the device, until the next run."""

    address: int
    rows: int


class DeviceRuntime:
    """One session, called by one thread only, since CUDA's recordings belong to a thread."""

    batches = True
    needs_weights: str | None = FLOAT16
    warms_beginnings = True  # TensorRT builds engines again for a chunk that is longer than any before

    def __init__(
        self,
        graph: Path,
        geometry: Geometry,
        *,
        threads: int,
        providers: Providers,
        device: tuple[str, int] = ("cuda", 0),
        records: bool = True,
    ) -> None:
        """`records`: whether CUDA may record fixed runs."""
        self.geometry = geometry
        self._graph = graph
        self._threads = threads
        self._providers = providers
        self._device = device
        self._records = records and recording(providers) is not None
        self._unrecorded = run_options(UNRECORDED)
        self._load()
        self.provider: str = self._session.get_providers()[0]
        self.slot_bytes = slot_bytes(geometry, self._dtype)

    def _load(self) -> None:
        from foretype.runtime.device.pool import (
            DeviceMemory,
        )  # imports onnx, for which a server on the CPU need not wait

        self._load_session()
        self._dtype: Float = float_type(self._session)
        self.memory: DeviceMemory = DeviceMemory(
            self.geometry, self._dtype, self._device, without_tensorrt(self._providers)
        )
        self._logits_of_texts = self._new_logits(MOST_TEXTS)
        self._logits = self._logits_of_texts

    def _load_session(self) -> None:
        providers = recording(self._providers) if self._records else None
        self._session: ort.InferenceSession = open_session(
            self._graph, self._threads, providers or self._providers
        )
        self._fixed: WeakKeyDictionary[Pool, dict[Shape, FixedRun]] = WeakKeyDictionary()
        self._recordings = 0

    def _new_logits(self, rows: int) -> ort.OrtValue:
        return self.memory.allocate((rows, self.geometry.vocab_size), np.float32)

    def reopen(self) -> None:
        """Load the model again, which frees all memory of the old session. Pools that were made before cannot
        be used any more. Raises what loading raises.
        """
        del self._fixed, self._session, self.memory, self._logits, self._logits_of_texts
        self._load()

    def new_pool(self, rows: int, capacity: int) -> DevicePool:
        return self.memory.new_pool(rows, capacity)

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        """Logits (k, vocab_size) float32 of the asked rows, copied to the host. Afterwards the arena holds
        the chunk's keys and values.

        Raises ArenaFullError, and ONNX Runtime's own errors.
        """
        return self._fetched(self.leave([Step(arena, chunk)]))

    def run_together(self, steps: Sequence[Step]) -> Logits:
        """One token of each of several arenas of one pool, in one run: logits (k, vocab_size) float32 of
        the steps that ask for them, in the order of `steps`, copied to the host.

        Raises ArenaFullError, and ONNX Runtime's own errors.
        """
        return self._fetched(self.leave(steps))

    def _fetched(self, left: OnDevice) -> Logits:
        return self.memory.fetch(left.address, (left.rows, self.geometry.vocab_size))

    def leave(self, steps: Sequence[Step]) -> OnDevice:
        """A run whose logits stay on the device: over any tokens of one text, or one token of each of
        several.
        """
        pool = steps[0].arena.pool
        if any(len(step.chunk.ids) > 1 for step in steps):
            (one,) = steps
            feed = of_text(one.arena, one.chunk, self._dtype)
            return self._run_unrecorded(pool, (one.arena.row, one.arena.row + 1), feed)
        if len(steps) > MOST_TEXTS:
            return self._run_unrecorded(pool, (0, pool.rows), of_texts(steps, (0, pool.rows), self._dtype))
        shape = shape_of(steps, pool)
        feed = of_texts(steps, shape.span, self._dtype)
        self._fixed_run(pool, shape).run(feed)
        return OnDevice(self._logits_of_texts.data_ptr(), len(feed["rows"]))

    def _fixed_run(self, pool: Pool, shape: Shape) -> FixedRun:
        """The run of that shape, made if there is none yet."""
        of_pool = self._fixed.setdefault(pool, {})
        if shape not in of_pool:
            self._recordings += 1
            number = self._recordings if self._records else None
            of_pool[shape] = FixedRun(
                self._session, pool, shape, self._dtype, self._logits_of_texts, self.memory.lock, number
            )
        return of_pool[shape]

    def _run_unrecorded(self, pool: Pool, span: tuple[int, int], feed: Feed) -> OnDevice:
        """Inputs are copied to the device when they are bound. `feed` must not be freed before the end."""
        wanted = len(feed["rows"])
        if not wanted:  # at least one row: providers are not tested with an output that has none
            feed = {**feed, "rows": np.zeros(1, np.int64)}
        if wanted > self._logits.shape()[0]:
            self._logits = self._new_logits(wanted)
        binding = self._session.io_binding()
        bind_past(binding, pool, span)
        for name, value in feed.items():
            binding.bind_input(name, "cpu", 0, value.dtype.type, value.shape, value.ctypes.data)
        out = (1, len(feed["rows"]), self.geometry.vocab_size)
        binding.bind_output("logits", *self._device, np.float32, out, self._logits.data_ptr())
        self._session.run_with_iobinding(binding, self._unrecorded)
        return OnDevice(self._logits.data_ptr(), wanted)

    # -- before the server is ready --

    def warm_up(self, pool: Pool) -> None:
        """Make the runs of many fields in a pool whose rows are all free: kernels are chosen, TensorRT builds
        its engines, CUDA makes its recordings.

        The recordings are replayed and compared. If that fails or gives other logits, no run is recorded from
        now on. Raises OutOfMemoryError, and ONNX Runtime's own errors.
        """
        self._read_something(pool)
        trouble = self._trouble(pool) if self._records else None
        if trouble is not None:
            logs.logger().warning("cuda_graphs_off", **trouble)
            self._records = False
            del self._fixed, self._session  # before the next one is loaded
            self._load_session()
        if not self._records:
            for shape in shapes(pool):
                for steps in _two_sets_of_texts(pool, shape):
                    self._fixed_run(pool, shape).run(of_texts(steps, shape.span, self._dtype))

    def _read_something(self, pool: Pool) -> None:
        """Fill slots, so that there are some for a token to see and some that it must not see."""
        tokens = np.arange(min(READ, pool.capacity), dtype=np.int64)
        for arena in free_arenas(pool):
            self.leave([Step(arena, Chunk(tokens, tokens, None, tokens[:0]))])

    def with_distributions(self, ranks: Ranks, most_bytes: int) -> TopRuntime:
        return TopRuntime(self, ranks, min(ROWS_BYTES, most_bytes // PART_FOR_ROWS))

    def _trouble(self, pool: Pool) -> Mapping[str, object] | None:
        """An error of the recordings, for the log. No traceback is kept: it would refer to the session."""
        try:
            apart = max(self._replay_apart(pool, shape) for shape in shapes(pool))
        except Exception as error:  # whatever the reason is, the same runs work without recordings
            if isinstance(recognised(error), OutOfMemoryError):
                raise
            return logs.of(error)
        return None if apart <= REPLAY_APART_AT_MOST else {"apart": apart}

    def _replay_apart(self, pool: Pool, shape: Shape) -> float:
        """Record a run over one set of texts and replay it over another: the largest difference from the
        logits of an unrecorded run, as a part of the largest logit. Infinite if a logit is not a number.
        """
        fixed = self._fixed_run(pool, shape)
        first, second = (
            of_texts(steps, shape.span, self._dtype) for steps in _two_sets_of_texts(pool, shape)
        )
        out = self._logits_of_texts.data_ptr(), (len(second["rows"]), self.geometry.vocab_size)
        fixed.run_unrecorded(second)
        expected = self.memory.fetch(*out)
        fixed.run(first)
        fixed.run(second)
        apart = np.abs(self.memory.fetch(*out) - expected).max() / max(np.abs(expected).max(), 1e-9)
        return float(apart) if np.isfinite(apart) else float("inf")


class TopRuntime:
    """A `DeviceRuntime` that copies only the likeliest tokens of each row to the host. Implements
    `foretype.runtime.protocol.Runtime`.
    """

    batches = True
    warms_beginnings = True

    def __init__(self, runtime: DeviceRuntime, ranks: Ranks, rows_bytes: int) -> None:
        """`rows_bytes`: memory for whole rows, which stay on the device until later rows overwrite them."""
        self.provider = runtime.provider
        self.slot_bytes = runtime.slot_bytes
        self._runtime = runtime
        self._ranks = ranks
        self.own_bytes = rows_bytes
        self._open()

    def _open(self) -> None:
        from foretype.runtime.device.tops import Tops

        self._tops = Tops(self._runtime.memory, self._ranks, self.own_bytes, MOST_TEXTS)

    def reopen(self) -> None:
        """Load the model again. Pools that were made before cannot be used any more, and rows on the device
        are lost. Raises what loading raises.
        """
        del self._tops
        self._runtime.reopen()
        self._open()

    def warm_up(self, pool: Pool) -> None:
        """Raises OutOfMemoryError, and ONNX Runtime's own errors."""
        self._runtime.warm_up(pool)

    def new_pool(self, rows: int, capacity: int) -> DevicePool:
        return self._runtime.new_pool(rows, capacity)

    def run(self, arena: Arena, chunk: Chunk) -> list[Distribution]:
        """A distribution for each of the asked rows. Raises ArenaFullError, and ONNX Runtime's own errors."""
        return self._taken(self._runtime.leave([Step(arena, chunk)]))

    def run_together(self, steps: Sequence[Step]) -> list[Distribution]:
        """A distribution for each step that asks for one. Raises ArenaFullError, and ONNX Runtime's own
        errors.
        """
        return self._taken(self._runtime.leave(steps))

    def _taken(self, left: OnDevice) -> list[Distribution]:
        summaries = self._tops.take(left.address, (left.rows, self._runtime.geometry.vocab_size))
        return [Distribution.summed_up(summary, self._ranks) for summary in summaries]


def _two_sets_of_texts(pool: Pool, shape: Shape) -> Iterator[list[Step]]:
    """First long texts that fill the shape. Then one text fewer, all short, in another order, with other
    tokens; one does not see what comes before it, and one asks for no logits. So anything that a recording
    takes from the first set is wrong for the second.
    """
    arenas = free_arenas(pool)
    inside = [arena for arena in arenas if shape.span[0] <= arena.row < shape.span[1]][: shape.texts]
    yield [_one_more(arena, shape.total - IDLE - 1, token=2) for arena in inside]
    steps = [_one_more(arena, READ - arena.row % 4, token=3 + arena.row) for arena in reversed(inside)]
    alone = np.zeros((1, steps[0].arena.length + 1), np.bool_)
    alone[0, -1] = True
    steps[0] = Step(steps[0].arena, replace(steps[0].chunk, visible=alone))
    if len(steps) > 2:
        steps[1] = Step(steps[1].arena, replace(steps[1].chunk, rows=np.array([], np.int64)))
    yield steps[: max(1, len(steps) - 1)]


def _one_more(arena: Arena, length: int, token: int) -> Step:
    """A token after `length` slots, whatever they hold."""
    arena.length = max(0, length)
    return Step(arena, Chunk(np.array([token]), np.array([arena.length]), None, np.zeros(1, np.int64)))
