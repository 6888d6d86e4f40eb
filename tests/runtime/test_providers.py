"""The execution provider that is chosen, and the error if it is not available."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from foretype.cli import app
from foretype.runtime import providers
from foretype.runtime.providers import (
    CPU_ONLY,
    NAMES,
    Gpu,
    ProviderMissingError,
    Surroundings,
    check_installed,
    check_taken,
    choose_provider,
    engine_key,
    with_options,
)
from foretype.support.execution_provider import Provider

MODEL = Path("models") / "tiny"
GPU = Gpu("NVIDIA L4", 13000, 23_034 * 1024 * 1024)
EVERYTHING = Surroundings({"onnxruntime-gpu": "1.31.1"}, list(NAMES.values()), GPU)
NO_GPU = Surroundings({"onnxruntime-gpu": "1.31.1"}, list(NAMES.values()), None)
ONLY_CPU = Surroundings({"onnxruntime": "1.32.0"}, CPU_ONLY, GPU)


def test_left_to_itself_it_takes_cuda_only_where_runtime_gpu_and_model_are_for_it() -> None:
    assert choose_provider(Provider.AUTO, EVERYTHING, half=True) is Provider.CUDA
    assert choose_provider(Provider.AUTO, EVERYTHING, half=False) is Provider.CPU
    assert choose_provider(Provider.AUTO, NO_GPU, half=True) is Provider.CPU
    assert choose_provider(Provider.AUTO, ONLY_CPU, half=True) is Provider.CPU


@pytest.mark.parametrize("asked", [Provider.CUDA, Provider.TENSORRT])
def test_what_was_asked_for_and_is_not_built_in_is_said_with_what_to_install(asked: Provider) -> None:
    with pytest.raises(ProviderMissingError, match=r"pip uninstall onnxruntime, .*onnxruntime-gpu\["):
        choose_provider(asked, ONLY_CPU, half=True)


@pytest.mark.parametrize("asked", [Provider.CUDA, Provider.TENSORRT])
def test_without_a_gpu_what_was_asked_for_is_refused(asked: Provider) -> None:
    with pytest.raises(ProviderMissingError, match="driver"):
        choose_provider(asked, NO_GPU, half=True)


def test_the_cpu_can_always_be_asked_for() -> None:
    assert choose_provider(Provider.CPU, EVERYTHING, half=True) is Provider.CPU
    assert with_options(Provider.CPU, MODEL, EVERYTHING) == CPU_ONLY


def test_a_session_that_fell_back_to_the_cpu_is_an_error() -> None:
    asked = with_options(Provider.CUDA, MODEL, EVERYTHING)
    check_taken(asked, [NAMES[Provider.CUDA], NAMES[Provider.CPU]])
    with pytest.raises(ProviderMissingError, match="cuda, but this provider cannot start"):
        check_taken(asked, CPU_ONLY)


def test_the_memory_limit_is_given_in_bytes_to_cuda_also_beneath_tensorrt() -> None:
    for provider in (Provider.CUDA, Provider.TENSORRT):
        found = with_options(provider, MODEL, EVERYTHING, memory_mb=2048)
        cuda = next(entry[1] for entry in found if entry[0] == NAMES[Provider.CUDA])
        assert cuda["gpu_mem_limit"] == str(2048 * 1024 * 1024)


def test_tensorrt_comes_first_and_keeps_its_engines_beside_the_model() -> None:
    first = with_options(Provider.TENSORRT, MODEL, EVERYTHING)[0]
    assert first[0] == NAMES[Provider.TENSORRT]
    assert Path(first[1]["trt_engine_cache_path"]).parent == MODEL


def test_engines_are_told_apart_by_gpu_driver_and_runtime() -> None:
    others = [
        Surroundings(EVERYTHING.installed, EVERYTHING.built_in, replace(GPU, name="NVIDIA A100")),
        Surroundings(EVERYTHING.installed, EVERYTHING.built_in, replace(GPU, driver=13010)),
        Surroundings({"onnxruntime-gpu": "1.32.0"}, EVERYTHING.built_in, GPU),
    ]
    keys = {engine_key(there) for there in (EVERYTHING, *others)}
    assert len(keys) == 4
    assert engine_key(EVERYTHING) == engine_key(EVERYTHING)


def test_two_onnx_runtimes_are_refused_and_none_too() -> None:
    both = {"onnxruntime": "1.32.0", "onnxruntime-gpu": "1.31.1"}
    with pytest.raises(ProviderMissingError, match="pip uninstall onnxruntime onnxruntime-gpu"):
        check_installed(both)
    with pytest.raises(ProviderMissingError, match=r"pip install onnxruntime, or"):
        check_installed({})
    check_installed({"onnxruntime": "1.32.0"})


def test_here_there_is_one_runtime_that_has_the_cpu() -> None:
    there = Surroundings.here()
    assert len(there.installed) == 1
    assert NAMES[Provider.CPU] in there.built_in


def test_a_provider_that_is_not_one_is_a_mistake_in_the_settings() -> None:
    said = CliRunner().invoke(app, ["serve", "--provider", "quantum"])
    assert said.exit_code == 2
    assert "--provider" in said.output


def driver() -> Any:
    """NVIDIA's, as far as it is asked."""

    def write(value: Any) -> Callable[..., int]:
        """A function that writes its answer to where its first argument points."""

        def function(to: Any, *_: Any) -> int:
            getattr(to, "_obj", to).value = value
            return 0

        return function

    return SimpleNamespace(
        cuInit=lambda flags: 0,
        cuDeviceGetCount=write(1),
        cuDeviceGet=write(0),
        cuDeviceGetName=write(b"NVIDIA H200"),
        cuDriverGetVersion=write(13000),
        cuDeviceTotalMem_v2=write(141 << 30),
    )


def test_a_gpu_is_named_by_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers.ctypes, "CDLL", lambda name: driver())
    assert providers.first_gpu() == Gpu("NVIDIA H200", 13000, 141 << 30)


def test_a_machine_without_a_driver_has_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(providers.ctypes, "CDLL", missing)
    assert providers.first_gpu() is None
