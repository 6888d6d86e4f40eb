"""The locks and the project's own description agree, and say nothing of the machine that made them."""

from __future__ import annotations

import re
import tomllib
from itertools import combinations
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
CUDA = "requirements-cuda.lock"
GPU = "requirements-gpu.lock"
LOCKS = (
    "requirements.lock",
    "requirements-pip.lock",
    "requirements-export.lock",
    "requirements-trace.lock",
    "requirements-dev.lock",
    "requirements-chart.lock",
    CUDA,
    GPU,
)
LARGE = {"torch", "transformers", "optimum", "optimum-onnx", "accelerate", "sympy"}
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def lines(lock: str) -> list[str]:
    """One line for each pin, with its hashes."""
    content = (ROOT / lock).read_text("utf-8").replace("\\\n", "")
    return [line for line in (part.split("#")[0].strip() for part in content.splitlines()) if line]


def pins(lock: str) -> dict[str, Requirement]:
    found = [Requirement(HASH.sub("", line)) for line in lines(lock)]
    return {canonicalize_name(pin.name): pin for pin in found}


def project() -> dict[str, list[str]]:
    described = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    build = described["build-system"]["requires"]
    return {
        "requirements.lock": described["project"]["dependencies"]
        + described["project"]["optional-dependencies"]["cpu"]
        + build,
        "requirements-pip.lock": ["pip"],
        "requirements-export.lock": described["project"]["optional-dependencies"]["export"],
        "requirements-trace.lock": described["project"]["optional-dependencies"]["trace"],
        "requirements-dev.lock": described["dependency-groups"]["dev"],
        "requirements-chart.lock": described["dependency-groups"]["chart"],
        GPU: described["project"]["optional-dependencies"]["gpu"],
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_one_exact_public_version(lock: str) -> None:
    for pin in pins(lock).values():
        assert re.fullmatch(r"==[^+*,]+", str(pin.specifier)), pin
        assert pin.url is None


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_has_a_hash(lock: str) -> None:
    assert [line for line in lines(lock) if not HASH.search(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_address_path_or_option_stands_in_a_lock(lock: str) -> None:
    assert [line for line in lines(lock) if re.search(r"://|--|^/", HASH.sub("", line))] == []


def test_only_the_locks_for_gpus_have_cuda_packages() -> None:
    of_cuda = re.compile(r"nvidia|triton|cuda")
    assert all(of_cuda.match(name) for name in pins(CUDA))
    for lock in set(LOCKS) - {CUDA, GPU}:
        assert not any(of_cuda.match(name) for name in pins(lock))


@pytest.mark.parametrize("lock", sorted(set(LOCKS) - {CUDA}))
def test_what_the_project_asks_for_is_locked_at_a_version_it_allows(lock: str) -> None:
    locked = pins("requirements.lock") | pins(lock)
    for wanted in map(Requirement, project()[lock]):
        version = str(locked[canonicalize_name(wanted.name)].specifier).removeprefix("==")
        assert wanted.specifier.contains(version), wanted


def test_no_two_locks_disagree() -> None:
    for one, other in combinations(map(pins, LOCKS), 2):
        for name in one.keys() & other.keys():
            assert one[name].specifier == other[name].specifier


def test_serving_needs_none_of_the_large_packages_and_exporting_all_of_them() -> None:
    assert not LARGE & pins("requirements.lock").keys()
    assert pins("requirements-export.lock").keys() >= LARGE


def test_a_lock_names_no_file_of_the_machine_that_made_it() -> None:
    assert [lock for lock in LOCKS if re.search(r"-[cr] ", (ROOT / lock).read_text("utf-8"))] == []


def test_the_lock_has_one_onnx_runtime_and_so_has_each_way_to_install() -> None:
    assert [name for name in pins("requirements.lock") if name.startswith("onnxruntime")] == ["onnxruntime"]
    described = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert not [one for one in described["dependencies"] if one.startswith("onnxruntime")]
    ways = {
        way: [Requirement(one).name for one in wanted]
        for way, wanted in described["optional-dependencies"].items()
    }
    assert ways.pop("export")
    assert ways.pop("trace")
    assert ways == {"cpu": ["onnxruntime"], "gpu": ["onnxruntime-gpu"]}
