"""The model that a server gets: one that is prepared already, or one that another process prepares on the
terminal.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from foretype.models.errors import CannotPrepareError, PreparationEndedError
from foretype.prepare.ensure import ensure_prepared
from foretype.support.execution_provider import Provider
from tests.prepare.commands import sentence


@dataclass(frozen=True)
class Wanted:
    models_dir: Path
    model: str | None = None
    threads: int = 1
    provider: Provider = Provider.CPU


@pytest.fixture
def in_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))


@pytest.mark.usefixtures("in_child")
def test_what_goes_wrong_is_said_by_the_child_without_a_stack_trace(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    wanted = Wanted(tmp_path / "file" / "build", "distilgpt2")
    with pytest.raises(PreparationEndedError) as ended:
        ensure_prepared(wanted)
    assert ended.value.exit_code == 1
    said = capfd.readouterr().err
    assert "Serving distilgpt2, as requested." in said
    assert f"The models folder {wanted.models_dir} cannot be written to" in said
    assert "Traceback" not in said


def test_a_folder_that_is_named_for_a_recipe_and_is_not_there_is_said(tmp_path: Path) -> None:
    source = tmp_path / "nowhere"
    said = sentence("prepare", "distilgpt2", "--from", source, "--models-dir", tmp_path / "build")
    assert said.startswith(f"There is no folder {source}:")


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
@pytest.mark.usefixtures("in_child")
def test_the_child_stops_when_the_server_is_killed(tmp_path: Path) -> None:
    """The download hangs: `pip` is a program that sleeps."""
    fake = tmp_path / "fake" / "pip"
    fake.mkdir(parents=True)
    (fake / "__init__.py").write_text("")
    (fake / "__main__.py").write_text("import time; time.sleep(60)")
    path = os.pathsep.join([str(fake.parent), os.environ["PYTHONPATH"]])
    code = (
        "from pathlib import Path\n"
        "from foretype.prepare.ensure import ensure_prepared\n"
        "from tests.prepare.test_prepare import Wanted\n"
        f"ensure_prepared(Wanted(Path({str(tmp_path / 'build')!r}), 'smollm2-135m'))\n"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    for line in server.stderr:
        if line.startswith("download"):
            break
    server.send_signal(signal.SIGKILL)
    start = time.monotonic()
    rest = server.stderr.read()  # ends when the child, which holds the other end, has ended
    assert "Stopped. To continue, run the same command again." in rest
    assert time.monotonic() - start < 30
    server.wait()


def test_serving_imports_nothing_that_only_preparing_needs() -> None:
    code = (
        "import sys, foretype.prepare.ensure, foretype.models.prepared\n"
        "heavy = {'torch', 'transformers', 'optimum', 'onnx', 'gguf', 'rich'} & sys.modules.keys()\n"
        "sys.exit(', '.join(heavy) or None)"
    )
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], env=surroundings, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_installation_that_only_serves_says_where_to_put_a_prepared_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)  # as if it were not installed
    with pytest.raises(CannotPrepareError, match="copy or mount its folder") as refused:
        ensure_prepared(Wanted(tmp_path, "smollm2-135m"))
    assert str(tmp_path / "smollm2-135m") in str(refused.value)
