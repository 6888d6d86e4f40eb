"""A session computes where it was told to, or there is none. The library is the real one, built without CUDA:
it does as onnxruntime-gpu does on a machine without CUDA's libraries (findings/cuda-becomes-cpu.sh).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from foretype.runtime import session as session_module
from foretype.runtime.plugins import handles
from foretype.runtime.providers import (
    CPU_ONLY,
    NAMES,
    Gpu,
    ProviderMissingError,
    Surroundings,
    with_options,
)
from foretype.runtime.session import open_session, placed, session_options
from foretype.support.execution_provider import Provider

GPU_MACHINE = Surroundings(
    {"onnxruntime-gpu": "1.31.1"}, list(NAMES.values()), Gpu("NVIDIA L4", 13000, 23_034 * 1024 * 1024)
)


def graph() -> bytes:
    """Two nodes that ONNX Runtime does not join into one."""
    nodes = [helper.make_node("Add", ["a", "a"], ["b"]), helper.make_node("Mul", ["b", "a"], ["c"])]
    inside = helper.make_tensor_value_info("a", TensorProto.FLOAT, [2])
    outside = helper.make_tensor_value_info("c", TensorProto.FLOAT, [2])
    made = helper.make_graph(nodes, "small", [inside], [outside])
    opsets = [helper.make_opsetid("", 18)]
    content: bytes = helper.make_model(made, opset_imports=opsets, ir_version=10).SerializeToString()
    return content


@pytest.mark.parametrize("asked", [Provider.CUDA, Provider.OPENVINO])
@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_provider_that_does_not_start_is_said_and_nothing_runs_on_the_cpu_instead(
    asked: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ort, "preload_dlls", lambda: None)  # prints that there is no CUDA
    providers = with_options(asked, Path("model"), GPU_MACHINE)
    with pytest.raises(ProviderMissingError, match=f"{asked.value}, but this provider cannot start"):
        open_session(graph(), 1, providers)


def test_tensorrt_that_raises_as_its_libraries_are_missing_is_said_in_the_same_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The class and the words are those of onnxruntime-gpu 1.31.1, seen on a machine without TensorRT."""

    def without_tensorrt(*_: Any, **__: Any) -> None:
        raise RuntimeError("Please install TensorRT libraries as mentioned in the GPU requirements page")

    monkeypatch.setattr(ort, "preload_dlls", lambda: None)
    monkeypatch.setattr(ort, "InferenceSession", without_tensorrt)
    providers = with_options(Provider.TENSORRT, Path("model"), GPU_MACHINE)
    with pytest.raises(ProviderMissingError, match="tensorrt, but this provider cannot start"):
        open_session(graph(), 1, providers)


@pytest.mark.parametrize("asked", [Provider.CPU, Provider.WEBGPU])
@pytest.mark.filterwarnings("ignore:Specified provider")
def test_only_cuda_and_tensorrt_need_the_libraries_of_cuda(
    asked: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ort, "preload_dlls", lambda: pytest.fail("asked for CUDA"))
    try:
        open_session(graph(), 1, with_options(asked, Path(), GPU_MACHINE))
    except ProviderMissingError:
        assert asked is not Provider.CPU


def test_a_device_that_a_plug_in_offers_is_used_and_the_session_can_be_opened_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The processor is a device, too: in place of a plug-in's, it goes through the library's own calls.
    Options that name a device already are refused the second time.
    """
    (cpu,) = handles(NAMES[Provider.CPU])
    monkeypatch.setattr(session_module, "is_registered", lambda name: True)
    monkeypatch.setattr(session_module, "handles", lambda name: [cpu])
    for _ in range(2):
        session = open_session(graph(), 1, [(NAMES[Provider.WEBGPU], {}), *CPU_ONLY])
        assert session.get_providers() == CPU_ONLY
    options = session_options(1)
    options.log_severity_level = 4
    options.add_provider_for_devices([cpu], {})
    options.add_provider_for_devices([cpu], {})
    with pytest.raises(Exception, match="already been registered"):
        ort.InferenceSession(graph(), options, enable_fallback=0)


def test_a_session_says_where_its_nodes_run() -> None:
    session = open_session(graph(), 1, CPU_ONLY, places=True)
    assert placed(session) == {NAMES[Provider.CPU]: {"Add": 1, "Mul": 1}}
