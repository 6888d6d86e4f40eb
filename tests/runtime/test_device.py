"""The runtime on a device, as far as that can be had without a GPU: memory may run out, and what CUDA records
may be of no use.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from foretype.models.manifest import Geometry
from foretype.runtime.arena import IDLE, Arena, free_arenas, lone_arena
from foretype.runtime.chunk import MOST_TEXTS, Chunk, Step
from foretype.runtime.device.fixed import RUN_NUMBER, SPANS, UNRECORDED, shape_of
from foretype.runtime.device.pool import DeviceMemory
from foretype.runtime.device.runtime import DeviceRuntime, TopRuntime
from foretype.runtime.out_of_memory import OutOfMemoryError
from foretype.runtime.providers import CPU_ONLY, NAMES, Providers
from foretype.runtime.ranks import Ranks
from foretype.runtime.thread import ModelThread
from foretype.support.execution_provider import Provider
from tests.runtime.as_onnx_runtime import STATUSES_WITHOUT_MEMORY, failed_run, raising

GEOMETRY = Geometry(layers=1, kv_heads=1, head_dim=1, vocab_size=2, context_length=600)
CAPACITY = 599
SLOTS = IDLE + CAPACITY
ON_CUDA: Providers = [(NAMES[Provider.CUDA], {"gpu_mem_limit": "9"}), NAMES[Provider.CPU]]


class FarBinding:
    """Remembers the inputs that have memory of their own, to freeze them."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.inputs: dict[str, ort.OrtValue] = {}

    def bind_ortvalue_input(self, name: str, value: ort.OrtValue) -> None:
        self.inputs[name] = value
        self.real.bind_ortvalue_input(name, value)

    def bind_input(self, *where: Any) -> None:
        self.real.bind_input(*where)

    def bind_output(self, *where: Any) -> None:
        self.real.bind_output(*where)

    def bind_cpu_input(self, *where: Any) -> None:
        self.real.bind_cpu_input(*where)


class FarSession:
    """A CPU session that says and does what one on CUDA would: the first run of a number runs twice, records
    and plays, every later one plays; recordings belong to a thread.
    """

    real = ort.InferenceSession
    opened: list[FarSession]  # of the model alone, whose graph is a file
    before_run: Callable[[FarSession], None] | None = None
    frozen: frozenset[str] = frozenset()  # inputs that a recording would not read anew

    def __init__(self, graph: Path | bytes, *_: Any, providers: Providers, **__: Any) -> None:
        self._session = self.real(graph, providers=CPU_ONLY)
        self._providers = providers
        self.is_model = not isinstance(graph, bytes)
        self.runs: list[str] = []
        self.recorded: dict[tuple[int, str], dict[str, Any]] = {}
        if self.is_model:
            FarSession.opened.append(self)

    @property
    def records(self) -> bool:
        return any("enable_cuda_graph" in one[1] for one in self._providers if not isinstance(one, str))

    def get_providers(self) -> list[str]:
        return [one if isinstance(one, str) else one[0] for one in self._providers]

    def get_inputs(self) -> Any:
        return self._session.get_inputs()

    def io_binding(self) -> FarBinding:
        return FarBinding(self._session.io_binding())

    def run_with_iobinding(self, binding: FarBinding, options: ort.RunOptions | None = None) -> None:
        number = str(UNRECORDED)
        if self.is_model:
            assert options is not None
            number = options.get_run_config_entry(RUN_NUMBER)
            self.runs.append(number)
            if FarSession.before_run is not None:
                FarSession.before_run(self)
        if self.records and number != str(UNRECORDED):
            self._record_or_play(binding, (threading.get_ident(), number))
        self._session.run_with_iobinding(binding.real)

    def _record_or_play(self, binding: FarBinding, key: tuple[int, str]) -> None:
        if key not in self.recorded:
            self._session.run_with_iobinding(binding.real)
            self.recorded[key] = {name: value.numpy().copy() for name, value in binding.inputs.items()}
        for name in FarSession.frozen:
            binding.inputs[name].update_inplace(self.recorded[key][name])


def counting_graph(folder: Path) -> Path:
    """A graph with the fused graph's names: it adds 1 to each key, and a text's logits are 1 and its id."""
    past = ["b", 1, "slots", 1]
    inputs = {
        "input_ids": (TensorProto.INT64, ["n", "s"]),
        "position_ids": (TensorProto.INT64, ["n", "s"]),
        "seqlens_k": (TensorProto.INT32, ["b"]),
        "total_sequence_length": (TensorProto.INT32, []),
        "attention_bias": (TensorProto.FLOAT, ["b", 1, "s", "t"]),
        "rows": (TensorProto.INT64, ["k"]),
        "spread": (TensorProto.INT64, ["b"]),
        "gathered": (TensorProto.INT64, ["n"]),
        "past_key_values.0.key": (TensorProto.FLOAT, past),
        "past_key_values.0.value": (TensorProto.FLOAT, past),
    }
    outputs = {
        "logits": (TensorProto.FLOAT, [1, "k", 2]),
        "present.0.key": (TensorProto.FLOAT, past),
        "present.0.value": (TensorProto.FLOAT, past),
    }
    graph = helper.make_graph(
        [
            helper.make_node("Add", ["past_key_values.0.key", "one"], ["present.0.key"]),
            helper.make_node("Add", ["past_key_values.0.value", "one"], ["present.0.value"]),
            helper.make_node("Reshape", ["input_ids", "flat"], ["all"]),
            helper.make_node("Gather", ["all", "rows"], ["asked"], axis=1),
            helper.make_node("Cast", ["asked"], ["ids"], to=TensorProto.FLOAT),
            helper.make_node("Pad", ["ids", "before", "one"], ["logits"]),
        ],
        "counting",
        [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()],
        [helper.make_tensor_value_info(name, *kind) for name, kind in outputs.items()],
        [
            helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
            helper.make_tensor("flat", TensorProto.INT64, [3], [1, -1, 1]),
            helper.make_tensor("before", TensorProto.INT64, [6], [0, 0, 1, 0, 0, 0]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, folder / "counting.onnx")
    return folder / "counting.onnx"


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeviceRuntime:
    """On what says that it is CUDA, its memory being this computer's."""
    monkeypatch.setattr(FarSession, "opened", [], raising=False)
    monkeypatch.setattr(ort, "InferenceSession", FarSession)
    graph = counting_graph(tmp_path)
    return DeviceRuntime(graph, GEOMETRY, threads=1, providers=ON_CUDA, device=("cpu", 0))


def one_token(token: int = 0, position: int = 0) -> Chunk:
    return Chunk(np.array([token]), np.array([position]), None, np.array([0]))


def ids(logits: np.ndarray[Any, Any]) -> list[int]:
    assert (logits[:, 0] == 1).all()
    return [int(row[1]) for row in logits]


class AsIds:
    """A runtime that gives the ids which its logits name, in place of distributions."""

    def __init__(self, runtime: DeviceRuntime) -> None:
        self.batches = runtime.batches
        self._runtime = runtime

    def run(self, arena: Arena, chunk: Chunk) -> list[int]:
        return ids(self._runtime.run(arena, chunk))


# -- fixed runs ------------------------------------------------------------------------------------


def test_a_crowd_is_run_in_few_shapes_and_each_is_recorded_under_its_own_number(
    runtime: DeviceRuntime,
) -> None:
    pool = runtime.new_pool(32, CAPACITY)
    texts = free_arenas(pool)
    for count in (1, 2, 4, 5, 9, 16):
        for first in (0, 1, 15, 16):
            for length in (0, 3, 200, 254, 255, 300, 511, 512, CAPACITY - 1):
                some = texts[first : first + count]
                for arena in some:
                    arena.length = length
                steps = [Step(arena, one_token(10 + n, length)) for n, arena in enumerate(some)]
                assert ids(runtime.run_together(steps)) == list(range(10, 10 + count))
    (session,) = FarSession.opened
    spans = {(0, 4), (0, 16), (0, 32), (12, 16), (16, 20), (16, 32)}  # of rows that lay in these
    assert len(session.recorded) == len(spans) * len((256, 512, SLOTS))
    assert str(UNRECORDED) not in session.runs


def test_one_typist_is_not_read_with_thirty_two(runtime: DeviceRuntime) -> None:
    pool = runtime.new_pool(32, CAPACITY)
    first = free_arenas(pool)[:3]
    assert shape_of([Step(arena, one_token()) for arena in first], pool) == ((0, 4), 256)


def test_what_a_recording_reads_and_writes_stays_where_it_is(runtime: DeviceRuntime) -> None:
    pool = runtime.new_pool(4, CAPACITY)
    seen = set()
    for token, arena in enumerate(free_arenas(pool)):
        left = runtime.leave([Step(arena, one_token(token))])
        (fixed,) = runtime._fixed[pool].values()
        seen.add((left.address, *(value.data_ptr() for value in fixed._there.values())))
        assert ids(runtime._fetched(left)) == [token]
    assert len(seen) == 1


def test_chunks_and_runs_over_more_texts_are_not_recorded(runtime: DeviceRuntime) -> None:
    pool = runtime.new_pool(32, CAPACITY)
    texts = free_arenas(pool)[: MOST_TEXTS + 1]
    steps = [Step(arena, one_token(n)) for n, arena in enumerate(texts)]
    assert ids(runtime.run_together(steps)) == list(range(len(texts)))
    tokens = np.arange(5)
    assert ids(runtime.run(texts[0], Chunk(tokens, 1 + tokens, None, tokens[2:]))) == [2, 3, 4]
    assert not FarSession.opened[0].recorded


def test_a_text_that_wants_no_logits_gives_none(runtime: DeviceRuntime) -> None:
    first, second = free_arenas(runtime.new_pool(2, CAPACITY))
    silent = Chunk(np.array([5]), np.array([0]), None, np.array([], np.int64))
    assert ids(runtime.run_together([Step(first, silent), Step(second, one_token(7))])) == [7]
    assert ids(runtime.run(first, silent)) == []
    longer = Chunk(np.array([5, 6]), np.array([1, 2]), None, np.array([], np.int64))
    assert ids(runtime.run(second, longer)) == []


def test_runs_that_have_recordings_go_with_their_pool(runtime: DeviceRuntime) -> None:
    arena = lone_arena(runtime.new_pool(1, CAPACITY))
    runtime.run(arena, one_token())
    assert len(runtime._fixed) == 1
    del arena
    assert len(runtime._fixed) == 0


def test_nobody_calls_cuda_while_a_recording_is_made(
    runtime: DeviceRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop asks for a row, and for a pool, while the model's thread records: they wait."""
    arena = lone_arena(runtime.new_pool(1, CAPACITY))
    other = runtime.memory.allocate((1, 2), np.float32)
    asked = threading.Thread(target=lambda: runtime.memory.fetch(other.data_ptr(), (1, 2)))
    pool = threading.Thread(target=lambda: runtime.new_pool(1, CAPACITY))

    def meanwhile(session: FarSession) -> None:
        if len(session.runs) == 1:
            assert runtime.memory.lock.locked()
            for thread in (asked, pool):
                thread.start()
        else:
            assert not runtime.memory.lock.locked()  # to play is no recording

    monkeypatch.setattr(FarSession, "before_run", meanwhile)
    runtime.run(arena, one_token())
    for thread in (asked, pool):
        thread.join(60)
        assert not thread.is_alive()
    runtime.run(arena, one_token())


# -- recordings that are of no use -----------------------------------------------------------------


def test_recordings_that_play_right_are_kept(runtime: DeviceRuntime) -> None:
    pool = runtime.new_pool(32, CAPACITY)
    runtime.warm_up(pool)
    (session,) = FarSession.opened
    assert session.records
    assert len(session.recorded) == len(SPANS) * len((256, 512, SLOTS))
    assert pool.is_free
    before = len(session.recorded)
    runtime.run(free_arenas(pool)[0], one_token())
    assert len(session.recorded) == before  # the first typist finds it made


@pytest.mark.parametrize("name", ["input_ids", "rows"])
def test_where_a_recording_plays_other_logits_the_model_is_loaded_again_without(
    runtime: DeviceRuntime, monkeypatch: pytest.MonkeyPatch, log_lines: list[dict[str, Any]], name: str
) -> None:
    """One that keeps the first run's tokens, or which of them were asked for."""
    monkeypatch.setattr(FarSession, "frozen", frozenset({name}))
    pool = runtime.new_pool(32, CAPACITY)
    runtime.warm_up(pool)
    assert [line["event"] for line in log_lines] == ["cuda_graphs_off"]
    assert log_lines[0]["apart"] > 0.01
    assert [session.records for session in FarSession.opened] == [True, False]
    assert ids(runtime.run(free_arenas(pool)[0], one_token(3))) == [3]


def test_logits_that_are_no_numbers_are_no_good(
    runtime: DeviceRuntime, monkeypatch: pytest.MonkeyPatch, log_lines: list[dict[str, Any]]
) -> None:
    fetch = DeviceMemory.fetch

    def nothing(memory: DeviceMemory, address: int, shape: tuple[int, int]) -> Any:
        return fetch(memory, address, shape) * np.nan

    monkeypatch.setattr(DeviceMemory, "fetch", nothing)
    runtime.warm_up(runtime.new_pool(4, CAPACITY))
    assert log_lines[0]["apart"] == float("inf")


def cannot_record(session: FarSession) -> None:
    if session.records and session.runs[-1] != str(UNRECORDED):
        raise failed_run("CUDA failure 900: operation not permitted when stream is capturing")


def test_where_nothing_can_be_recorded_runs_are_made_kernel_by_kernel(
    runtime: DeviceRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FarSession, "before_run", cannot_record)
    pool = runtime.new_pool(4, CAPACITY)
    runtime.warm_up(pool)
    texts = free_arenas(pool)[:2]
    steps = [Step(arena, one_token(n)) for n, arena in enumerate(texts)]
    assert ids(runtime.run_together(steps)) == [0, 1]
    assert ids(runtime.run_together(steps)) == [0, 1]
    assert FarSession.opened[-1].runs[-2:] == [str(UNRECORDED)] * 2


def test_the_old_model_is_gone_before_it_is_loaded_again(
    runtime: DeviceRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of them may not fit."""
    old = weakref.ref(FarSession.opened.pop()._session)
    monkeypatch.setattr(FarSession, "frozen", frozenset({"input_ids"}))
    there_still = []

    def look(session: FarSession) -> None:
        if not session.records:
            there_still.append(old() is not None)

    monkeypatch.setattr(FarSession, "opened", ForgetfulList(), raising=False)
    monkeypatch.setattr(FarSession, "before_run", look)
    runtime.warm_up(runtime.new_pool(4, CAPACITY))
    assert there_still
    assert not any(there_still)


class ForgetfulList(list[FarSession]):
    def append(self, session: FarSession) -> None:
        """Keeps nothing."""


def test_tensorrt_and_the_cpu_record_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FarSession, "opened", [], raising=False)
    monkeypatch.setattr(ort, "InferenceSession", FarSession)
    tensorrt: Providers = [(NAMES[Provider.TENSORRT], {}), *ON_CUDA]
    for providers in (tensorrt, CPU_ONLY):
        graph = counting_graph(tmp_path)
        runtime = DeviceRuntime(graph, GEOMETRY, threads=1, providers=providers, device=("cpu", 0))
        runtime.warm_up(runtime.new_pool(32, CAPACITY))
    for session in FarSession.opened:
        assert not session.records
        assert set(session.runs) == {str(UNRECORDED)}  # but they are run


def test_a_model_that_does_not_run_at_all_is_an_error(
    runtime: DeviceRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FarSession, "before_run", raising(failed_run("no kernel", "Add")))
    with pytest.raises(RuntimeError, match="Add node"):
        runtime.warm_up(runtime.new_pool(4, CAPACITY))


# -- memory ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", STATUSES_WITHOUT_MEMORY)
async def test_a_run_without_memory_says_so_and_the_next_one_may_go_on(
    runtime: DeviceRuntime, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    thread = ModelThread(AsIds(runtime))
    arena = lone_arena(runtime.new_pool(1, CAPACITY))
    monkeypatch.setattr(FarSession, "before_run", raising(failed_run(status)))
    with pytest.raises(OutOfMemoryError) as raised:
        await thread.run([Step(arena, one_token())])
    assert status not in str(raised.value)
    monkeypatch.setattr(FarSession, "before_run", None)
    assert await thread.run([Step(lone_arena(runtime.new_pool(1, CAPACITY)), one_token(4))]) == [[4]]
    await thread.stop()


async def test_another_failure_stays_what_it_is(
    runtime: DeviceRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = ModelThread(AsIds(runtime))
    monkeypatch.setattr(FarSession, "before_run", raising(failed_run("no kernel")))
    with pytest.raises(RuntimeError, match="no kernel"):
        await thread.run([Step(lone_arena(runtime.new_pool(1, CAPACITY)), one_token())])
    await thread.stop()


def test_what_is_loaded_anew_reads_tops_again_and_has_forgotten_the_rows(runtime: DeviceRuntime) -> None:
    """Ids as logits: the token itself is the likelier of the two, by far."""
    ranks = Ranks(np.array([0, 1]), np.array([], np.int64), np.zeros(2, np.float32), top=2)
    tops = TopRuntime(runtime, ranks, rows_bytes=0)
    for _ in range(2):
        first, second = free_arenas(tops.new_pool(2, CAPACITY))
        (one,) = tops.run(first, one_token(30))
        assert one.top.ranks.tolist() == [1, 0]
        assert one.is_whole()
        both = tops.run_together([Step(first, one_token(0, 1)), Step(second, one_token(30))])
        assert [one.top.ranks[0] for one in both] == [0, 1]
        tops.reopen()
    assert len(FarSession.opened) == 3
