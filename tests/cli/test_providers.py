"""`foretype providers`, and `--provider` with a plug-in. The processes, ONNX Runtime and its errors are real.
The plug-ins are packages whose library is missing, or is a file of another kind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import foretype
from foretype.cli import start
from foretype.prepare import ensure, provider_process
from foretype.prepare.provider_process import Finding
from foretype.support.execution_provider import Provider
from foretype.support.settings import Settings

ALL = [provider.value for provider in Provider if provider is not Provider.AUTO]
NO_LIBRARY = "def get_library_path():\n    return __file__\n"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder whose packages are found beside those that are installed."""
    folder = tmp_path / "packages"
    folder.mkdir()
    return folder


def install(packages: Path, name: str, version: str, code: str | None = None) -> None:
    """`code`: of the package's module. None: there is only its description."""
    module = name.replace("-", "_")
    described = packages / f"{module}-{version}.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    if code is not None:
        (packages / module).mkdir()
        (packages / module / "__init__.py").write_text(code)


def run(packages: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    backend = Path(foretype.__file__).parents[1]
    return subprocess.run(
        [sys.executable, "-m", "foretype", *arguments, "--models-dir", str(packages / "no-models")],
        env={**os.environ, "PYTHONPATH": f"{backend}{os.pathsep}{packages}", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_each_provider_has_a_row_and_each_that_is_missing_says_what_to_install(packages: Path) -> None:
    for _ in range(2):  # the second run is like the first
        ran = run(packages, "providers")
        assert ran.returncode == 0, ran.stderr
        table, sentences = ran.stdout.split("\n\n")
        assert [line.split()[0] for line in table.splitlines()[1:]] == ALL
        assert all(len(line) <= 80 for line in table.splitlines())
        assert "CPU (" in table
        reasons = dict(line.split(": ", 1) for line in sentences.splitlines()[:-1])
        assert list(reasons) == [name for name in ALL if name != "cpu"]
        assert all("pip install" in reason for reason in reasons.values())
        assert sentences.splitlines()[-1].startswith("No model is prepared yet")
        assert "foretype prepare" in sentences


def test_a_plug_in_whose_library_cannot_be_loaded_is_said_with_the_librarys_own_words(packages: Path) -> None:
    install(packages, "onnxruntime-ep-webgpu", "0.4.0", NO_LIBRARY)
    install(packages, "onnxruntime-ep-openvino", "1.8.1", "raise OSError('libtbb.so.12 is missing')\n")
    ran = run(packages, "providers", "--json", str(packages / "found.json"))
    assert ran.returncode == 0, ran.stderr
    assert "onnxruntime-ep-webgpu 0.4.0 cannot be loaded: [ONNXRuntimeError]" in ran.stdout
    assert "onnxruntime-ep-openvino 1.8.1 cannot be loaded: libtbb.so.12 is missing." in ran.stdout
    found = {row["provider"]: row for row in json.loads((packages / "found.json").read_text())["providers"]}
    assert list(found) == ALL
    assert found["webgpu"]["installed"] == "onnxruntime-ep-webgpu 0.4.0"
    assert found["webgpu"]["devices"] == []
    assert found["webgpu"]["trial"] is None


def test_a_plug_in_that_ends_its_process_ends_no_other(packages: Path) -> None:
    install(packages, "onnxruntime-ep-webgpu", "0.4.0", "import os\nos.abort()\n")
    ran = run(packages, "providers")
    assert ran.returncode == 0, ran.stderr
    assert "webgpu: its process was ended by SIGABRT." in ran.stdout
    assert "mlx: its package is not installed" in ran.stdout


def test_a_plug_in_that_foretype_does_not_know_is_named_with_those_that_it_knows(packages: Path) -> None:
    install(packages, "onnxruntime-ep-abacus", "3.0")
    ran = run(packages, "providers")
    assert ran.returncode == 0
    (line,) = [line for line in ran.stderr.splitlines() if "abacus" in line]
    assert "onnxruntime-ep-abacus 3.0 is installed, but Foretype does not know this plug-in" in line
    assert "onnxruntime-ep-webgpu" in line
    refused = run(packages, "complete", "Hello", "--provider", "onnxruntime-ep-abacus")
    assert refused.returncode == 2
    assert all(name in refused.stderr for name in ALL)


def test_a_model_that_is_not_prepared_and_a_file_that_cannot_be_written_are_errors(packages: Path) -> None:
    missing = run(packages, "providers", "--model", "gpt2")
    assert missing.returncode == 1
    assert "gpt2 cannot be used: the folder does not exist" in missing.stderr
    unwritable = run(packages, "providers", "--json", str(packages))
    assert unwritable.returncode == 2
    assert "Choose another file." in unwritable.stderr


@pytest.mark.parametrize("command", [("complete", "Hello"), ("prepare", "smollm2-135m")])
def test_a_plug_in_that_is_asked_for_and_cannot_be_used_is_an_error_before_anything_else(
    packages: Path, command: tuple[str, ...]
) -> None:
    ran = run(packages, *command, "--provider", "webgpu")
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    assert line == (
        "FORETYPE_PROVIDER is webgpu, but its package is not installed: pip install onnxruntime-ep-webgpu."
    )
    install(packages, "onnxruntime-ep-webgpu", "0.4.0", NO_LIBRARY)
    ran = run(packages, *command, "--provider", "webgpu")
    assert ran.returncode == 1
    assert "FORETYPE_PROVIDER is webgpu, but onnxruntime-ep-webgpu 0.4.0 cannot be loaded" in ran.stderr


def test_a_plug_in_whose_trial_is_lost_is_not_served_and_the_cpu_is_not_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[Provider] = []

    def find(provider: Provider, *_: object) -> Finding:
        tried.append(provider)
        return Finding((), trouble="it is not faster.")

    monkeypatch.setattr(start, "_import_runtime", lambda settings: None)
    monkeypatch.setattr(ensure, "ensure_prepared", lambda settings: ensure.Ready(Path("m"), "as requested"))
    monkeypatch.setattr(provider_process, "find", find)
    with pytest.raises(start.CannotServeError, match=r"webgpu, but it is not faster\. .*PROVIDER=cpu"):
        start.prepare_models(Settings(provider=Provider.WEBGPU))
    (ready,) = start.prepare_models(Settings(provider=Provider.CPU))
    assert ready.folder == Path("m")
    assert tried == [Provider.WEBGPU]
