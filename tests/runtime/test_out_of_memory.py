"""The errors that ONNX Runtime itself raises. The stand-ins in the other tests imitate them."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from foretype.runtime.out_of_memory import OutOfMemoryError, recognised
from foretype.runtime.session import session_options

MORE_THAN_THERE_IS = 2**46  # float32 values: 256 TiB
NEGATIVE = -1


@pytest.fixture(scope="module")
def session() -> ort.InferenceSession:
    """Sums as many zeros as its input says."""
    nodes = [
        helper.make_node("ConstantOfShape", ["count"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "zeros",
        [helper.make_tensor_value_info("count", TensorProto.INT64, [1])],
        [helper.make_tensor_value_info("sum", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    options = session_options(1)
    options.log_severity_level = 4  # the failures are meant
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def failure(session: ort.InferenceSession, count: int, *, bound: bool) -> Exception:
    counts = np.array([count], np.int64)
    binding = session.io_binding()
    binding.bind_cpu_input("count", counts)
    binding.bind_output("sum")
    try:
        if bound:
            session.run_with_iobinding(binding)
        else:
            session.run(None, {"count": counts})
    except Exception as error:
        return error
    pytest.fail("the run did not fail")


@pytest.mark.parametrize("bound", [False, True], ids=["run", "run_with_iobinding"])
def test_a_run_that_finds_no_memory_is_recognised(session: ort.InferenceSession, bound: bool) -> None:
    error = failure(session, MORE_THAN_THERE_IS, bound=bound)
    assert isinstance(recognised(error), OutOfMemoryError)
    assert isinstance(error, RuntimeError) is bound  # the two ways have no class in common


def test_a_library_that_does_not_fit_into_memory_is_recognised() -> None:
    no_room = ImportError("libtorch.so: failed to map segment from shared object")
    assert isinstance(recognised(no_room), OutOfMemoryError)
    of_numpy = ImportError("The C extensions of NumPy cannot be imported.")
    of_numpy.__cause__ = no_room
    assert isinstance(recognised(of_numpy), OutOfMemoryError)


def test_a_thread_that_cannot_start_is_recognised() -> None:
    assert isinstance(recognised(RuntimeError("can't start new thread")), OutOfMemoryError)
    missing = ImportError("No module named 'onnxruntime'")
    assert recognised(missing) is missing


@pytest.mark.parametrize("bound", [False, True], ids=["run", "run_with_iobinding"])
def test_another_failure_of_a_run_stays_what_it_is(session: ort.InferenceSession, bound: bool) -> None:
    error = failure(session, NEGATIVE, bound=bound)
    assert recognised(error) is error
