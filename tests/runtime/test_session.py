"""A session computes where it was told to, or there is none; stand-ins act as ONNX Runtime without CUDA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foretype.runtime import fused
from foretype.runtime.providers import NAMES, Gpu, ProviderMissingError, Surroundings, with_options
from foretype.runtime.session import open_session, session_options
from foretype.support.execution_provider import Provider

GPU_MACHINE = Surroundings(
    {"onnxruntime-gpu": "1.31.1"}, list(NAMES.values()), Gpu("NVIDIA L4", 13000, 23_034 * 1024 * 1024)
)


class OnlyTheCpu:
    """The session that ONNX Runtime returns for CUDA if CUDA's libraries are missing."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def get_providers(self) -> list[str]:
        return [NAMES[Provider.CPU]]


def without_tensorrt(*_: Any, **__: Any) -> None:
    raise RuntimeError("Please install TensorRT libraries")


@pytest.mark.parametrize(
    ("asked", "session"), [(Provider.CUDA, OnlyTheCpu), (Provider.TENSORRT, without_tensorrt)]
)
def test_a_provider_that_does_not_start_is_said_and_nothing_runs_on_the_cpu_instead(
    asked: Provider, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fused.ort, "InferenceSession", session)
    monkeypatch.setattr(fused.ort, "preload_dlls", lambda: None)
    providers = with_options(asked, Path("model"), GPU_MACHINE)
    with pytest.raises(ProviderMissingError, match=f"{asked.value}, but this provider cannot start"):
        open_session(Path("model.onnx"), session_options(1), providers)


def test_the_cpu_needs_no_libraries_of_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused.ort, "preload_dlls", lambda: pytest.fail("asked for CUDA"))
    monkeypatch.setattr(fused.ort, "InferenceSession", OnlyTheCpu)
    assert open_session(
        Path("model.onnx"), session_options(1), with_options(Provider.CPU, Path(), GPU_MACHINE)
    )
