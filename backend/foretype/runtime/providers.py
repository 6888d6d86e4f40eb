"""Execution providers: which one is chosen, its options, and what to install if it is missing.

ONNX Runtime is imported only by the functions that need it, so that `--help` stays quick.
"""

from __future__ import annotations

import ctypes
import hashlib
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from foretype.runtime.plugins import WHEELS, Plugin, is_registered, offered, start
from foretype.support.execution_provider import ON_NVIDIA, Provider

# Each of them contains all of ONNX Runtime, with some execution providers built in.
PACKAGES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino")
# The packages' own names: Foretype's extras (`[gpu]`) can be installed only from its folder or wheel.
FOR_THE_CPU, FOR_A_GPU = "onnxruntime", "'onnxruntime-gpu[cuda,cudnn]'"
MEBIBYTE = 1024 * 1024

Options = dict[str, str]
Providers = list[str | tuple[str, Options]]
"""Providers as ONNX Runtime takes them: names, with options if there are any; the preferred one first."""


NAMES = {
    Provider.CPU: "CPUExecutionProvider",
    Provider.CUDA: "CUDAExecutionProvider",
    Provider.TENSORRT: "TensorrtExecutionProvider",
    Provider.OPENVINO: "OpenVINOExecutionProvider",
    Provider.WEBGPU: "WebGpuExecutionProvider",
    Provider.TENSORRT_RTX: "NvTensorRTRTXExecutionProvider",
    Provider.QNN: "QNNExecutionProvider",
    Provider.MLX: "MLXExecutionProvider",
}
CPU_ONLY: Providers = [NAMES[Provider.CPU]]

INSTEAD = "FORETYPE_PROVIDER=cpu needs none of that."

_WHAT_IS_NEEDED = {
    Provider.CUDA: "an NVIDIA GPU with its driver, CUDA 13 and cuDNN 9",
    Provider.TENSORRT: "an NVIDIA GPU with its driver, CUDA 13, cuDNN 9 and TensorRT 10",
}
_WHAT_BRINGS_IT = {
    Provider.CUDA: f"pip install {FOR_A_GPU}",
    Provider.TENSORRT: f"pip install {FOR_A_GPU} 'tensorrt<11'",
}


class ProviderMissingError(Exception):
    """The provider that was asked for is missing. `str()` is one sentence that says what to install."""


class ProviderUnusableError(ProviderMissingError):
    """The provider that was asked for cannot be used. `reason` is one or more sentences, of which the first
    begins as if after “but”. `instead`: a sentence on what the user may ask for in its place.
    """

    def __init__(self, provider: Provider, reason: str, instead: str = "") -> None:
        super().__init__(f"FORETYPE_PROVIDER is {provider.value}, but {reason} {instead}".rstrip())
        self.provider = provider
        self.reason = reason


class WrongWeightsError(ProviderMissingError):
    """A prepared model has weights that the chosen provider cannot run."""

    def __init__(self, folder: Path, weights: str, needed: str) -> None:
        super().__init__(
            f"The model in {folder} has {weights} weights, which are for the CPU; a GPU needs {needed}."
        )
        self.folder = folder
        self.needed = needed


@dataclass(frozen=True, slots=True)
class Gpu:
    """The first NVIDIA GPU, as its driver names it."""

    name: str
    driver: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """This machine: the ONNX Runtimes installed (name: version), the providers that they were built
    with, the GPU, and the plug-ins that were registered.
    """

    installed: Mapping[str, str]
    built_in: Collection[str]
    gpu: Gpu | None
    plugins: Mapping[Provider, Plugin] = field(default_factory=dict)

    @classmethod
    def here(cls, asked: Provider = Provider.AUTO) -> Surroundings:
        """If `asked` is a plug-in that is installed, it is registered. Raises ProviderMissingError where
        there are two ONNX Runtimes, or none.
        """
        installed = installed_runtimes()
        check_installed(installed)
        import onnxruntime

        available = onnxruntime.get_available_providers()
        built_in = [name for name in available if not is_registered(name)]
        plugin = None if asked not in WHEELS or NAMES[asked] in built_in else start(asked, NAMES[asked])
        return cls(installed, built_in, first_gpu(), {} if plugin is None else {asked: plugin})


def installed_runtimes() -> dict[str, str]:
    return installed_versions(PACKAGES)


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of those of `packages` that are installed, by name."""
    found = {}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def check_installed(installed: Mapping[str, str]) -> None:
    """Both packages write the same files, so if both are installed, neither is whole. Raises
    ProviderMissingError if both are, or none.
    """
    if not installed:
        raise ProviderMissingError(
            f"No ONNX Runtime is installed: pip install {FOR_THE_CPU}, or {FOR_A_GPU} for an NVIDIA GPU."
        )
    if len(installed) > 1:
        both = " and ".join(f"{name} {version}" for name, version in installed.items())
        raise ProviderMissingError(
            f"{both} are both installed and overwrite each other's files: "
            f"pip uninstall {' '.join(installed)}, then pip install {FOR_THE_CPU} or {FOR_A_GPU}."
        )


def choose_provider(asked: Provider, there: Surroundings, *, half: bool) -> Provider:
    """The provider to use, never AUTO. `half`: whether the model has the float16 weights that a GPU needs.

    AUTO becomes CUDA if ONNX Runtime, a GPU and the model support it, else CPU. It never becomes TensorRT,
    which builds engines for minutes at its first start. Raises ProviderMissingError if a provider was asked
    for and is missing.
    """
    if asked is Provider.AUTO:
        ready = half and there.gpu is not None and NAMES[Provider.CUDA] in there.built_in
        return Provider.CUDA if ready else Provider.CPU
    if asked in WHEELS and NAMES[asked] not in there.built_in:
        _check_plugin(asked, there.plugins.get(asked))
    elif NAMES[asked] not in there.built_in:
        raise ProviderUnusableError(
            asked,
            "the installed ONNX Runtime does not have it: "
            f"pip uninstall {' '.join(there.installed)}, then pip install {FOR_A_GPU}.",
        )
    elif asked in ON_NVIDIA and there.gpu is None:
        raise _not_there(asked)
    return asked


def _check_plugin(asked: Provider, plugin: Plugin | None) -> None:
    """Raises ProviderUnusableError if the plug-in is not installed, or has no device here."""
    wheel = WHEELS[asked]
    if plugin is None:
        raise ProviderUnusableError(asked, f"its package is not installed: pip install {wheel.packages[0]}.")
    package = f"{plugin.package} {plugin.version}"
    if plugin.trouble is not None:
        raise ProviderUnusableError(asked, f"{package} cannot be loaded: {plugin.trouble}")
    if not plugin.devices:
        raise ProviderUnusableError(
            asked,
            f"{package} offers no device on this machine. It needs {wheel.needs}.",
            INSTEAD,
        )


def with_options(
    provider: Provider, model: Path, there: Surroundings, *, memory_mb: int | None = None
) -> Providers:
    """The arguments for ONNX Runtime for the model in the folder `model`.

    memory_mb: the most megabytes that its arena on the GPU may take. CUDA computes what TensorRT cannot.
    """
    if provider not in ON_NVIDIA:
        return list(CPU_ONLY) if provider is Provider.CPU else [(NAMES[provider], {}), *CPU_ONLY]
    cuda: Options = {"arena_extend_strategy": "kSameAsRequested"}
    if memory_mb is not None:
        cuda["gpu_mem_limit"] = str(memory_mb * MEBIBYTE)
    found: Providers = [(NAMES[Provider.CUDA], cuda), NAMES[Provider.CPU]]
    if provider is Provider.TENSORRT:
        cache = str(model / f"tensorrt-{engine_key(there)}")
        engines = {
            "trt_fp16_enable": "1",
            "trt_engine_cache_enable": "1",
            "trt_engine_cache_path": cache,
            "trt_timing_cache_enable": "1",
            "trt_timing_cache_path": cache,
        }
        found.insert(0, (NAMES[Provider.TENSORRT], engines))
    return found


def without_tensorrt(providers: Providers) -> Providers:
    """The same without TensorRT, for graphs that are too small for an engine."""
    return [one for one in providers if _name(one) != NAMES[Provider.TENSORRT]]


def recording(providers: Providers) -> Providers | None:
    """The same with CUDA recording its kernels (CUDA graphs). None if CUDA is not the first provider."""
    first = providers[0]
    if isinstance(first, str) or first[0] != NAMES[Provider.CUDA]:
        return None
    return [(first[0], {**first[1], "enable_cuda_graph": "1"}), *providers[1:]]


def _name(provider: str | tuple[str, Options]) -> str:
    return provider if isinstance(provider, str) else provider[0]


def engine_key(there: Surroundings) -> str:
    """The name of a folder of TensorRT engines: each GPU, driver and runtime has its own."""
    assert there.gpu is not None
    parts = [there.gpu.name, str(there.gpu.driver), *(f"{k}={v}" for k, v in sorted(there.installed.items()))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def check_taken(asked: Providers, taken: Collection[str]) -> None:
    """ONNX Runtime leaves out a provider that cannot start, and says so only in its log. Raises
    ProviderMissingError if the first provider that was asked for is not in `taken`.
    """
    first = _name(asked[0])
    if first not in taken:
        raise _not_there(next(provider for provider, name in NAMES.items() if name == first))


def _not_there(provider: Provider) -> ProviderUnusableError:
    libraries = _WHAT_BRINGS_IT.get(provider)
    needs = _WHAT_IS_NEEDED.get(provider) or WHEELS[provider].needs
    return ProviderUnusableError(
        provider,
        f"this provider cannot start on this machine. It needs {needs}. "
        + ("" if libraries is None else f"{libraries} installs the libraries. ")
        + "The driver belongs to the system.",
        INSTEAD,
    )


def devices_of(provider: Provider, there: Surroundings) -> tuple[str, ...]:
    """The devices that a provider can use here, in words. Empty if there are none."""
    if provider in ON_NVIDIA:
        return () if there.gpu is None else (there.gpu.name,)
    return tuple(map(str, offered(NAMES[provider])))


def first_gpu() -> Gpu | None:
    """Asks the driver. None if there is no driver or no GPU."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return None
    count, device, version = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)) or count.value < 1:
        return None
    name = ctypes.create_string_buffer(256)
    driver.cuDeviceGet(ctypes.byref(device), 0)
    driver.cuDeviceGetName(name, len(name), device)
    driver.cuDriverGetVersion(ctypes.byref(version))
    memory = ctypes.c_size_t()
    driver.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    return Gpu(name.value.decode(errors="replace"), version.value, memory.value)
