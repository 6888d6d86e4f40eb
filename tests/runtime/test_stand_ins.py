"""Every stand-in for ONNX Runtime, or for a runtime of Foretype, held against the real one.

A stand-in that behaves better than the library hides faults: it may raise an error whose class tells the
cause, where the library raises one class for everything.

`FarSession` and `FarBinding` (test_device.py) stand in for a session on CUDA, `failed_run`
(as_onnx_runtime.py) for the error of a run, `ScriptedModel` (tests/scripted_model.py) and its subclasses for
a runtime that gives logits, `CountingRuntime` (tests/engine/test_scheduler.py) for one that gives
distributions, `Blind` (tests/prepare/test_provider_trial.py) stands before a real one. A test looks for any
other in tests/. What CUDA does beyond that, above all its recordings, cannot be held against anything without
a GPU.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from foretype.models.manifest import Geometry
from foretype.runtime.arena import ArenaFullError, free_arenas, lone_arena
from foretype.runtime.chunk import Chunk, Step
from foretype.runtime.device.runtime import DeviceRuntime, TopRuntime
from foretype.runtime.distribution import Distribution
from foretype.runtime.fused import FusedRuntime
from foretype.runtime.host import HostRuntime
from foretype.runtime.host_pool import HostPool
from foretype.runtime.out_of_memory import OutOfMemoryError, recognised
from foretype.runtime.plain import PlainRuntime
from foretype.runtime.protocol import LogitsRuntime, Runtime
from foretype.runtime.providers import CPU_ONLY
from foretype.runtime.session import session_options
from tests.engine.test_scheduler import CountingRuntime
from tests.runtime.as_onnx_runtime import STATUS_OF_CUDA, STATUSES_WITHOUT_MEMORY, failed_run
from tests.runtime.test_device import GEOMETRY, FarBinding, FarSession, counting_graph
from tests.scripted_model import BEGIN, ScriptedModel, byte_level_vocabulary

MORE_THAN_THERE_IS = 2**46  # float32 values: 256 TiB
CAPACITY = 8
TESTS = Path(__file__).resolve().parents[1]
OF_SESSIONS = {"run_with_iobinding", "io_binding", "bind_input", "bind_cpu_input", "bind_ortvalue_input"}
OF_RUNTIMES = {"run_together", "new_pool", "reopen"}
HELD = {"FarSession", "FarBinding", "ScriptedModel", "CountingRuntime", "Blind"}
NOTHING = np.array([], np.int64)


def public_methods(kind: type) -> list[str]:
    return [name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")]


# -- all of them --------------------------------------------------------


def classes() -> Iterator[ast.ClassDef]:
    for file in sorted(TESTS.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"), str(file))
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def methods_of(node: ast.ClassDef) -> dict[str, list[str]]:
    """The names of their arguments, by their names."""
    return {
        one.name: [argument.arg for argument in one.args.args]
        for one in node.body
        if isinstance(one, ast.FunctionDef)
    }


def test_each_stand_in_of_the_tests_is_held_against_the_real_one_or_derived_from_one_that_is() -> None:
    held, unknown = set(HELD), set()
    for node in classes():  # a class is derived from one above it, or from an imported one
        if methods_of(node).keys() & (OF_SESSIONS | OF_RUNTIMES):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            (held if bases & held or node.name in held else unknown).add(node.name)
    assert not unknown


def test_what_a_stand_in_overrides_has_the_arguments_of_the_contract() -> None:
    seen = 0
    for node in classes():
        methods = methods_of(node)
        if methods.keys() & OF_RUNTIMES:
            seen += 1
            for name in methods.keys() & set(public_methods(LogitsRuntime)):
                assert methods[name] == list(inspect.signature(getattr(LogitsRuntime, name)).parameters), (
                    node.name
                )
    assert seen > 5


# -- sessions and bindings of ONNX Runtime --------------------------------------------------------


@pytest.mark.parametrize(
    ("stand_in", "real"),
    [
        (FarSession, ort.InferenceSession),
        (FarBinding, ort.IOBinding),
    ],
)
def test_a_stand_in_has_only_methods_that_the_library_has_and_takes_no_more_arguments(
    stand_in: type, real: type
) -> None:
    for name in public_methods(stand_in):
        mine, theirs = (inspect.signature(getattr(one, name)).parameters.values() for one in (stand_in, real))
        positional = [one for one in mine if one.kind is not inspect.Parameter.VAR_POSITIONAL]
        assert len(positional) <= len(theirs), name


def zeros_session(*, arena: bool) -> ort.InferenceSession:
    """Sums as many zeros as its input says."""
    nodes = [
        helper.make_node("ConstantOfShape", ["count"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
    ]
    count = helper.make_tensor_value_info("count", TensorProto.INT64, [1])
    total = helper.make_tensor_value_info("sum", TensorProto.FLOAT, None)
    model = helper.make_model(
        helper.make_graph(nodes, "zeros", [count], [total]),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )
    options = session_options(1)
    options.log_severity_level = 4  # the failures are meant
    options.enable_cpu_mem_arena = arena
    return ort.InferenceSession(model.SerializeToString(), options, providers=CPU_ONLY)


def failure_of_bound_run(session: ort.InferenceSession, count: int) -> Exception:
    binding = session.io_binding()
    counts = np.array([count], np.int64)
    binding.bind_cpu_input("count", counts)
    binding.bind_output("sum")
    with pytest.raises(Exception) as raised:  # noqa: PT011  # its class is what is to be seen
        session.run_with_iobinding(binding)
    return raised.value


@pytest.mark.parametrize("arena", [False, True])
def test_a_bound_run_without_memory_fails_as_the_stand_ins_do(arena: bool) -> None:
    real = failure_of_bound_run(zeros_session(arena=arena), MORE_THAN_THERE_IS)
    status = STATUSES_WITHOUT_MEMORY[arena]
    mine = failed_run(status, "ConstantOfShape")
    assert type(real) is type(mine) is RuntimeError
    beginning, _, words = str(mine).partition(status)
    assert str(real).startswith(beginning)
    # The library names the place in its sources first, and the size last.
    told = words or status.partition(" ")[2].rpartition(" ")[0] or status
    assert told in str(real)
    assert isinstance(recognised(real), OutOfMemoryError)


def test_a_bound_run_that_fails_for_another_reason_has_the_same_class_and_other_words() -> None:
    real = failure_of_bound_run(zeros_session(arena=False), -1)
    assert type(real) is type(failed_run("no kernel"))
    assert recognised(real) is real


def test_words_of_cuda_are_recognised_though_no_gpu_says_them_here() -> None:
    assert isinstance(recognised(failed_run(STATUS_OF_CUDA)), OutOfMemoryError)


def test_a_session_reads_the_memory_of_a_bound_value_anew_at_each_run() -> None:
    """A recording that does not is what `FarSession.frozen` imitates."""
    session = zeros_session(arena=False)
    binding = session.io_binding()
    value = ort.OrtValue.ortvalue_from_numpy(np.array([3]), "cpu", 0)
    binding.bind_ortvalue_input("count", value)
    binding.bind_output("sum")
    session.run_with_iobinding(binding)
    value.update_inplace(np.array([-1]))
    with pytest.raises(RuntimeError):
        session.run_with_iobinding(binding)


def test_memory_that_the_system_refuses_to_a_pool_is_an_error_of_the_system() -> None:
    """As a test of the engine imitates it (test_local.py)."""
    with pytest.raises(OSError, match="Cannot allocate memory") as raised:
        HostPool(Geometry(layers=30, kv_heads=3, head_dim=64, vocab_size=9, context_length=9), 2**20, 2**22)
    assert isinstance(recognised(raised.value), OutOfMemoryError)


# -- runtimes of Foretype --------------------------------------------------------


def plain_graph(folder: Path) -> Path:
    """An export's names around the same rule as in `counting_graph`: a text's logits are 1 and its id."""
    import onnx

    past, value = [1, 1, "past", 1], helper.make_tensor_value_info
    kinds = ("key", "value")
    graph = helper.make_graph(
        [
            *(
                helper.make_node(
                    "Concat", [f"past_key_values.0.{kind}", "new"], [f"present.0.{kind}"], axis=2
                )
                for kind in kinds
            ),
            helper.make_node("Cast", ["input_ids"], ["ids"], to=TensorProto.FLOAT),
            helper.make_node("Reshape", ["ids", "as_slots"], ["new"]),
            helper.make_node("Reshape", ["ids", "as_rows"], ["row"]),
            helper.make_node("Pad", ["row", "before", "one"], ["logits"]),
        ],
        "plain",
        [
            value("input_ids", TensorProto.INT64, [1, "s"]),
            *(value(f"past_key_values.0.{kind}", TensorProto.FLOAT, past) for kind in kinds),
        ],
        [
            value("logits", TensorProto.FLOAT, [1, "s", 2]),
            *(value(f"present.0.{kind}", TensorProto.FLOAT, [1, 1, "total", 1]) for kind in kinds),
        ],
        [
            helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
            helper.make_tensor("as_slots", TensorProto.INT64, [4], [1, 1, -1, 1]),
            helper.make_tensor("as_rows", TensorProto.INT64, [3], [1, -1, 1]),
            helper.make_tensor("before", TensorProto.INT64, [6], [0, 0, 1, 0, 0, 0]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, folder / "plain.onnx")
    return folder / "plain.onnx"


VOCABULARY = byte_level_vocabulary()
RUNTIMES: dict[str, Callable[[Path], LogitsRuntime]] = {
    "fused": lambda folder: FusedRuntime(counting_graph(folder), GEOMETRY, threads=1, providers=CPU_ONLY),
    "plain": lambda folder: PlainRuntime(plain_graph(folder), GEOMETRY, threads=1, providers=CPU_ONLY),
    "device": lambda folder: DeviceRuntime(
        counting_graph(folder), GEOMETRY, threads=1, providers=CPU_ONLY, device=("cpu", 0)
    ),
    "scripted": lambda folder: ScriptedModel(VOCABULARY, {}),
}


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest, tmp_path: Path) -> LogitsRuntime:
    return RUNTIMES[request.param](tmp_path)


def chunk(ids: list[int], first: int, rows: np.ndarray[Any, Any]) -> Chunk:
    return Chunk(np.array(ids), first + np.arange(len(ids)), None, rows)


def test_a_run_gives_a_row_of_float32_logits_for_each_row_that_is_asked_for(runtime: LogitsRuntime) -> None:
    arena = lone_arena(runtime.new_pool(1, CAPACITY))
    first = runtime.run(arena, chunk([BEGIN, 1], 0, np.array([0, 1])))
    second = runtime.run(arena, chunk([1], 2, np.array([0])))
    none = runtime.run(arena, chunk([1], 3, NOTHING))
    assert [len(logits) for logits in (first, second, none)] == [2, 1, 0]
    for logits in (first, second, none):
        assert isinstance(logits, np.ndarray)
        assert logits.dtype == np.float32
        assert logits.shape[1:] == first.shape[1:]
    assert arena.length == 4


def test_a_run_over_several_texts_gives_a_row_for_each_that_asks_in_their_order(
    runtime: LogitsRuntime,
) -> None:
    arenas = free_arenas(runtime.new_pool(3, CAPACITY))
    rows = [np.array([0]), NOTHING, np.array([0])]
    steps = [Step(arena, chunk([BEGIN], 0, asked)) for arena, asked in zip(arenas, rows, strict=True)]
    logits = runtime.run_together(steps)
    assert logits.dtype == np.float32
    assert len(logits) == 2
    np.testing.assert_array_equal(logits[0], logits[1])


def test_a_chunk_that_does_not_fit_is_an_error_that_names_both_sizes(runtime: LogitsRuntime) -> None:
    arena = lone_arena(runtime.new_pool(1, CAPACITY))
    with pytest.raises(ArenaFullError) as raised:
        runtime.run(arena, chunk([BEGIN] * (CAPACITY + 1), 0, NOTHING))
    assert (raised.value.needed, raised.value.capacity) == (CAPACITY + 1, CAPACITY)


@pytest.mark.parametrize("kind", [ScriptedModel, FusedRuntime, PlainRuntime, DeviceRuntime])
def test_a_runtime_that_gives_logits_has_the_methods_of_the_contract(kind: type) -> None:
    assert_keeps(kind, LogitsRuntime)


@pytest.mark.parametrize("kind", [CountingRuntime, HostRuntime, TopRuntime])
def test_a_runtime_that_gives_distributions_has_the_methods_of_the_contract(kind: type) -> None:
    assert_keeps(kind, Runtime)


def assert_keeps(kind: type, contract: type) -> None:
    for name in public_methods(contract):
        mine, theirs = (list(inspect.signature(getattr(one, name)).parameters) for one in (kind, contract))
        assert mine == theirs, name


def test_the_runtime_that_counts_gives_as_many_distributions_as_a_real_one(tmp_path: Path) -> None:
    ranks = VOCABULARY.ranks
    real = ScriptedModel(VOCABULARY, {}).with_distributions(ranks, 0)
    for one in (CountingRuntime(), real):
        arena = lone_arena(one.new_pool(1, CAPACITY))
        found = [one.run(arena, chunk([BEGIN, 1], 0, np.array([1]))), one.run(arena, chunk([1], 2, NOTHING))]
        assert [len(distributions) for distributions in found] == [1, 0]
        assert isinstance(found[0][0], Distribution)
