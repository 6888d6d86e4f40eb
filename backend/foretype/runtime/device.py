"""Runs the fused graph on a device with memory of its own: past key values and logits stay there.

One token of each of several texts, the run that a crowd of typists makes, goes in few shapes over memory that
stays where it is, so that CUDA can record its kernels once and then launch them all at once (CUDA graphs,
`FixedRun`). A chunk of one text has any shape and is run as it comes. The provider `cpu` runs the same code
in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import onnxruntime as ort

from foretype import logs
from foretype.models.manifest import Geometry
from foretype.providers import Providers, recording, without_tensorrt
from foretype.runtime.arena import Arena, Pool, slot_bytes
from foretype.runtime.chunk import Chunk, Logits, Step
from foretype.runtime.feed import Feed, Float, of_text, of_texts, padded
from foretype.runtime.fused import bind_past, float_type
from foretype.runtime.session import open_session, session_options
from foretype.runtime.summary import Ranks, Summary

if TYPE_CHECKING:
    from foretype.runtime.device_pool import DeviceMemory, DevicePool

TEXTS = (1, 4, 16)  # of a fixed run: the least of these that holds the run's
SHORTEST = 256  # slots of a fixed run's longest text, or twice, four times, … as many
RECORD_ID = "gpu_graph_id"  # ONNX Runtime's name for which recording a run makes or plays
NOT_RECORDED = "-1"
PLAYED_APART_AT_MOST = 0.01  # of the largest logit
RUNS_TO_PLAY = 3  # the first runs as usual, the second is recorded, the third is played


@dataclass(frozen=True, slots=True)
class OnDevice:
    """Logits (rows, vocab_size) float32 at an address on the device, until the next run."""

    address: int
    rows: int


class FixedRun:
    """One token of each of up to so many texts of a pool, its inputs and outputs always in one place."""

    def __init__(
        self,
        session: ort.InferenceSession,
        pool: Pool,
        shape: tuple[int, int],
        logits: ort.OrtValue,
        number: int,
    ) -> None:
        """shape: texts, and slots of the longest. `number`: names the recording."""
        texts, _ = shape
        self._session = session
        self._shape = shape
        self._device = pool.device
        self._inputs: dict[str, ort.OrtValue] = {}
        self._binding = session.io_binding()
        bind_past(self._binding, pool, (0, pool.rows))
        out = (1, texts, logits.shape()[-1])
        self._binding.bind_output("logits", *pool.device, np.float32, out, logits.data_ptr())
        self._options = _run_options(str(number))

    def run(self, feed: Feed) -> None:
        """Raises ONNX Runtime's own errors."""
        for name, value in padded(feed, *self._shape).items():
            if name not in self._inputs:
                # A number that the attention's host code reads; the others are its kernels'.
                where = ("cpu", 0) if name == "total_sequence_length" else self._device
                self._inputs[name] = ort.OrtValue.ortvalue_from_shape_and_type(
                    value.shape, value.dtype.type, *where
                )
                self._binding.bind_ortvalue_input(name, self._inputs[name])
            self._inputs[name].update_inplace(value)
        self._session.run_with_iobinding(self._binding, self._options)


class DeviceRuntime:
    """One session, one caller at a time."""

    batches = True

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
        self._load()
        self.provider: str = self._session.get_providers()[0]
        self.slot_bytes = slot_bytes(geometry, self._dtype)

    def _load(self) -> None:
        from foretype.runtime.device_pool import DeviceMemory  # with onnx, which the CPU need not wait for

        self._session = self._open()
        self._dtype: Float = float_type(self._session)
        self.memory: DeviceMemory = DeviceMemory(
            self.geometry, self._dtype, self._device, without_tensorrt(self._providers)
        )
        self._logits_of_steps = self._new_logits(TEXTS[-1])
        self._logits = self._logits_of_steps
        self._as_it_comes = _run_options(NOT_RECORDED)
        self._fixed: WeakKeyDictionary[Pool, dict[tuple[int, int], FixedRun]] = WeakKeyDictionary()
        self._recordings = 0

    def _open(self) -> ort.InferenceSession:
        recorded = recording(self._providers) if self._records else None
        return open_session(self._graph, session_options(self._threads), recorded or self._providers)

    def _new_logits(self, rows: int) -> ort.OrtValue:
        return self.memory.allocate((rows, self.geometry.vocab_size), np.float32)

    def reopen(self) -> None:
        """Load the model anew, which gives all memory of the old session back. Pools made before are of no
        more use. Raises what loading raises.
        """
        self._fixed.clear()
        del self._session, self.memory, self._logits, self._logits_of_steps
        self._load()

    def new_pool(self, rows: int, capacity: int) -> DevicePool:
        return self.memory.new_pool(rows, capacity)

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        """Logits (k, vocab_size) float32 of the asked rows, brought to the host; the chunk's keys and values
        are in the arena afterwards.

        Raises ArenaFullError, and ONNX Runtime's own errors.
        """
        return self._fetched(self.leave([Step(arena, chunk)]))

    def run_together(self, steps: Sequence[Step]) -> Logits:
        """One token of each of several arenas of one pool, in one run: logits (k, vocab_size) float32 of
        those that want them, in the order of `steps`, brought to the host.

        Raises ArenaFullError, and ONNX Runtime's own errors.
        """
        return self._fetched(self.leave(steps))

    def _fetched(self, left: OnDevice) -> Logits:
        return self.memory.fetch(left.address, (left.rows, self.geometry.vocab_size))

    def leave(self, steps: Sequence[Step]) -> OnDevice:
        """A run whose logits stay on the device: any tokens of one text, or one of each of several."""
        pool = steps[0].arena.pool
        if any(len(step.chunk.ids) > 1 for step in steps):
            (one,) = steps
            feed = of_text(one.arena, one.chunk, self._dtype)
            return self._run_as_it_comes(pool, (one.arena.row, one.arena.row + 1), feed)
        span = (0, pool.rows)
        feed = of_texts(steps, span, self._dtype)
        if len(steps) > TEXTS[-1]:
            return self._run_as_it_comes(pool, span, feed)
        self._fixed_run(pool, len(steps), feed["attention_bias"].shape[-1]).run(feed)
        return OnDevice(self._logits_of_steps.data_ptr(), len(feed["rows"]))

    def _fixed_run(self, pool: Pool, texts: int, total: int) -> FixedRun:
        """Made where there is none of the shape."""
        shape = next(size for size in TEXTS if size >= texts), _longest(total, pool.row_shape[1])
        of_pool = self._fixed.setdefault(pool, {})
        if shape not in of_pool:
            self._recordings += 1
            of_pool[shape] = FixedRun(self._session, pool, shape, self._logits_of_steps, self._recordings)
        return of_pool[shape]

    def _run_as_it_comes(self, pool: Pool, span: tuple[int, int], feed: Feed) -> OnDevice:
        """What is bound here is copied to the device when it is bound. All of `feed` lives until the end."""
        wanted = len(feed["rows"])
        if not wanted:  # one at least: an output without rows is nothing that providers are tested with
            feed = {**feed, "rows": np.zeros(1, np.int64)}
        if wanted > self._logits.shape()[0]:
            self._logits = self._new_logits(wanted)
        binding = self._session.io_binding()
        bind_past(binding, pool, span)
        for name, value in feed.items():
            binding.bind_input(name, "cpu", 0, value.dtype.type, value.shape, value.ctypes.data)
        out = (1, len(feed["rows"]), self.geometry.vocab_size)
        binding.bind_output("logits", *self._device, np.float32, out, self._logits.data_ptr())
        self._session.run_with_iobinding(binding, self._as_it_comes)
        return OnDevice(self._logits.data_ptr(), wanted)

    def warm_up(self) -> None:
        """Run what a crowd will, before anybody is served: kernels are chosen, TensorRT builds its engines.

        Where CUDA records that, the recordings are played, and done without from here on where that fails or
        gives other logits. Raises ONNX Runtime's own errors.
        """
        try:
            apart = self._played_apart()
        except Exception as error:  # whatever ONNX Runtime or CUDA have against it, it runs without as well
            if not self._records:
                raise
            self._record_no_more(logs.of(error))
        else:
            if self._records and apart > PLAYED_APART_AT_MOST:
                self._record_no_more({"apart": apart})

    def _record_no_more(self, why: Mapping[str, object]) -> None:
        logs.logger().warning("cuda_graphs_off", **why)
        self._records = False
        self.reopen()
        self.warm_up()

    def _played_apart(self) -> float:
        """The largest difference of two logits between the first run and the third, of the largest logit."""
        pool = self.new_pool(TEXTS[-1], SHORTEST)
        arenas = [arena for _ in range(pool.rows) if (arena := pool.take()) is not None]
        chunk = Chunk(np.zeros(1, np.int64), np.zeros(1, np.int64), None, np.zeros(1, np.int64))
        apart = 0.0
        for texts in TEXTS:
            found = []
            for _ in range(RUNS_TO_PLAY):
                for arena in arenas:
                    arena.length = 0
                found.append(self.run_together([Step(arena, chunk) for arena in arenas[:texts]]))
            largest = max(float(np.abs(found[0]).max()), 1e-9)
            apart = max(apart, float(np.abs(found[-1] - found[0]).max()) / largest)
        return apart


class TopRuntime:
    """A `DeviceRuntime` of whose logits only the top comes back. Implements
    `foretype.runtime.thread.Runtime`.
    """

    batches = True

    def __init__(self, runtime: DeviceRuntime, ranks: Ranks, rows_bytes: int) -> None:
        """`rows_bytes`: of whole rows that stay on the device for a while."""
        self.provider = runtime.provider
        self.slot_bytes = runtime.slot_bytes
        self._runtime = runtime
        self._ranks = ranks
        self._rows_bytes = rows_bytes
        self._open()

    def _open(self) -> None:
        from foretype.runtime.tops import Tops

        self._tops = Tops(self._runtime.memory, self._ranks, self._rows_bytes, TEXTS[-1])

    def reopen(self) -> None:
        """Likewise. Rows that stayed there are gone."""
        del self._tops
        self._runtime.reopen()
        self._open()

    def new_pool(self, rows: int, capacity: int) -> DevicePool:
        return self._runtime.new_pool(rows, capacity)

    def run(self, arena: Arena, chunk: Chunk) -> list[Summary]:
        """Likewise, a summary for each of the asked rows."""
        return self._taken(self._runtime.leave([Step(arena, chunk)]))

    def run_together(self, steps: Sequence[Step]) -> list[Summary]:
        """Likewise."""
        return self._taken(self._runtime.leave(steps))

    def _taken(self, left: OnDevice) -> list[Summary]:
        return self._tops.take(left.address, (left.rows, self._runtime.geometry.vocab_size))


def _longest(total: int, slots: int) -> int:
    """Of the lengths that fixed runs have, the least that holds `total`, in rows of `slots`."""
    length = SHORTEST
    while length < total:
        length *= 2
    return min(length, slots)


def _run_options(recording: str) -> ort.RunOptions:
    options = ort.RunOptions()
    options.add_run_config_entry(RECORD_ID, recording)
    return options
