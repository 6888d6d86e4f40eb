"""Execution providers that come in a wheel of their own: plug-ins, which ONNX Runtime loads at run time.

A plug-in is a library. Once it is registered, it offers the devices that it can use. If there are none, or if
a library of the system is missing, it offers no device, and nothing is raised: so the devices are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any

from foretype.support.execution_provider import Provider
from foretype.support.wording import first_line

EVERY_PLUGIN = "onnxruntime-ep-"
"""Most packages with a plug-in have a name that begins so."""
PREFERRED = ("GPU", "NPU", "CPU")


@dataclass(frozen=True, slots=True)
class Wheel:
    """A plug-in's wheel. `packages`: its names on the package index, of which one is enough; the first one is
    named to users. `library`: the function of `module` that returns the path of the plug-in's library.
    """

    packages: tuple[str, ...]
    module: str
    needs: str
    library: str = "get_library_path"


WHEELS: Mapping[Provider, Wheel] = {
    Provider.OPENVINO: Wheel(
        ("onnxruntime-ep-openvino",),
        "onnxruntime_ep_openvino",
        "an Intel processor, GPU or NPU, whose driver is installed",
    ),
    Provider.WEBGPU: Wheel(
        ("onnxruntime-ep-webgpu",),
        "onnxruntime_ep_webgpu",
        "a GPU with its driver and, on Linux, the Vulkan loader (libvulkan.so.1)",
    ),
    Provider.TENSORRT_RTX: Wheel(
        ("onnxruntime-ep-nv-tensorrt-rtx-cu13", "onnxruntime-ep-nv-tensorrt-rtx-cu12"),
        "onnxruntime_ep_nv_tensorrt_rtx",
        "an NVIDIA RTX GPU with its driver",
    ),
    Provider.QNN: Wheel(
        ("onnxruntime-qnn",), "onnxruntime_qnn", "a Qualcomm NPU or GPU with its driver, on Windows or Linux"
    ),
    Provider.MLX: Wheel(
        ("onnxruntime-ep-mlx",), "onnxruntime_ep_mlx", "a Mac with Apple Silicon", library="library_path"
    ),
}
"""All plug-ins that Foretype knows."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device as ONNX Runtime describes it. `kind` is CPU, GPU or NPU."""

    kind: str
    vendor: str

    def __str__(self) -> str:
        return f"{self.kind} ({self.vendor})" if self.vendor else self.kind


@dataclass(frozen=True, slots=True)
class Plugin:
    """An installed plug-in after it was registered. `trouble`: why its library cannot be loaded, as the end
    of a sentence; None if it was loaded.
    """

    package: str
    version: str
    devices: tuple[Device, ...] = ()
    trouble: str | None = None


def installed_wheel(provider: Provider) -> tuple[str, str] | None:
    """The package of this plug-in that is installed, and its version. None if none is, or if the provider is
    not a plug-in.
    """
    for package in WHEELS[provider].packages if provider in WHEELS else ():
        try:
            return package, metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return None


def unknown_plugins(packages: Iterable[tuple[str, str]] | None = None) -> dict[str, str]:
    """The versions of installed plug-ins that Foretype does not know, by the names of their packages.

    packages: names and versions of all packages; None: those that are installed here.
    """
    if packages is None:
        # What pip leaves behind if it is interrupted may have no name or version.
        packages = (
            (found["Name"], found["Version"])
            for one in metadata.distributions()
            if "Name" in (found := one.metadata) and "Version" in found
        )
    known = {package for wheel in WHEELS.values() for package in wheel.packages}
    # A package without a library, which only requires one of the known ones.
    known.add("onnxruntime-ep-nv-tensorrt-rtx")
    return {
        name: version
        for name, version in sorted(packages)
        if name.lower().replace("_", "-").startswith(EVERY_PLUGIN)
        and name.lower().replace("_", "-") not in known
    }


def start(provider: Provider, name: str) -> Plugin | None:
    """Register the plug-in of `provider`, once in a process, and ask for the devices that it offers. None if
    it is not installed.

    name: as ONNX Runtime calls the provider. A library that fails may end the process.
    """
    installed = installed_wheel(provider)
    if installed is None:
        return None
    try:
        _register(provider, name)
    except Exception as error:  # of the wheel's own code, and of ONNX Runtime
        return Plugin(*installed, trouble=first_line(error))
    return Plugin(*installed, devices=offered(name))


_registered: set[str] = set()


def is_registered(name: str) -> bool:
    """Whether the provider with that name is a plug-in that was registered. If it offers a device, ONNX
    Runtime lists it among the providers that it was built with.
    """
    return name in _registered


def _register(provider: Provider, name: str) -> None:
    """Raises the errors of the wheel's own code, and ONNX Runtime's Fail."""
    if is_registered(name):
        return
    import onnxruntime

    wheel = WHEELS[provider]
    library = getattr(import_module(wheel.module), wheel.library)()
    onnxruntime.register_execution_provider_library(f"foretype.{provider.value}", library)
    _registered.add(name)


def offered(name: str) -> tuple[Device, ...]:
    """The devices of the provider with that name, in the order of `handles`."""
    return tuple(Device(one.device.type.name, one.device.vendor) for one in handles(name))


def handles(name: str) -> list[Any]:
    """ONNX Runtime's own objects for the devices of the provider with that name, the kinds first that are
    likeliest to be fast.
    """
    import onnxruntime

    found = [one for one in onnxruntime.get_ep_devices() if one.ep_name == name]
    return sorted(found, key=lambda one: PREFERRED.index(one.device.type.name))
