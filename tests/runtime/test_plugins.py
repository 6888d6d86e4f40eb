"""Plug-ins: which are known, and when one that is asked for is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnxruntime as ort
import pytest

from foretype.runtime.plugins import PREFERRED, WHEELS, Device, Plugin, offered, unknown_plugins
from foretype.runtime.providers import (
    CPU_ONLY,
    NAMES,
    Gpu,
    ProviderUnusableError,
    Surroundings,
    choose_provider,
)
from foretype.support.execution_provider import Provider

PLUGINS = [provider for provider in Provider if provider in WHEELS]
NOTHING = Surroundings({"onnxruntime": "1.32.0"}, CPU_ONLY, None)
READY = Plugin("onnxruntime-ep-webgpu", "0.4.0", (Device("GPU", "AMD"),))


def with_plugin(provider: Provider, plugin: Plugin) -> Surroundings:
    return replace(NOTHING, plugins={provider: plugin})


@pytest.mark.parametrize("asked", PLUGINS)
def test_a_plug_in_that_is_not_installed_is_said_with_its_package(asked: Provider) -> None:
    with pytest.raises(ProviderUnusableError, match=f"pip install {WHEELS[asked].packages[0]}"):
        choose_provider(asked, NOTHING, half=True)


@pytest.mark.parametrize("asked", PLUGINS)
def test_a_plug_in_without_a_device_is_said_with_what_it_needs(asked: Provider) -> None:
    with pytest.raises(ProviderUnusableError, match="offers no device on this machine") as raised:
        choose_provider(asked, with_plugin(asked, replace(READY, devices=())), half=True)
    assert WHEELS[asked].needs in raised.value.reason
    assert "FORETYPE_PROVIDER=cpu" in str(raised.value)


def test_a_plug_in_with_a_device_can_be_asked_for_and_is_never_taken_by_itself() -> None:
    there = with_plugin(Provider.WEBGPU, READY)
    assert choose_provider(Provider.WEBGPU, there, half=False) is Provider.WEBGPU
    gpu = Gpu("NVIDIA L4", 13000, 1)
    assert choose_provider(Provider.AUTO, replace(there, gpu=gpu), half=True) is Provider.CPU


def test_a_provider_that_the_runtime_was_built_with_needs_no_plug_in() -> None:
    there = Surroundings({"onnxruntime-openvino": "1.24.1"}, [NAMES[Provider.OPENVINO], *CPU_ONLY], None)
    assert choose_provider(Provider.OPENVINO, there, half=False) is Provider.OPENVINO


def test_only_plug_ins_that_are_not_known_are_unknown() -> None:
    packages = [
        ("onnxruntime", "1.32.0"),
        ("onnxruntime_ep_abacus", "3.0"),
        ("onnxruntime-ep-nv-tensorrt-rtx", "0.5.0"),
        *((package, "1.0") for wheel in WHEELS.values() for package in wheel.packages),
    ]
    assert unknown_plugins(packages) == {"onnxruntime_ep_abacus": "3.0"}


def test_a_package_without_a_name_or_a_version_is_no_plug_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, text in enumerate(("", "Version: 1.0\n", "Name: onnxruntime-ep-abacus\n")):
        folder = tmp_path / f"{number}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\n{text}")
    (tmp_path / "~nnxruntime-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert "onnxruntime-ep-abacus" not in unknown_plugins()


def test_the_library_has_what_plug_ins_need_and_says_that_the_processor_is_a_device() -> None:
    assert set(ort.OrtHardwareDeviceType.__members__) == set(PREFERRED)
    (cpu,) = offered(NAMES[Provider.CPU])
    assert cpu.kind == "CPU"
    assert offered(NAMES[Provider.WEBGPU]) == ()
    with pytest.raises(Exception, match="Failed to load library"):
        ort.register_execution_provider_library("none", "/nowhere.so")
