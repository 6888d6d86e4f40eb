"""Foretype installed with a recipe of its own, for real processes that prepare and serve a tiny model."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

import foretype
from foretype.models.recipe import recipe_folder
from latency.replay.server import free_port
from tests.models.conftest import RECIPE
from tests.prepare.conftest import made_folder, tokeniser_file
from tests.prepare.tiny import CONTEXT

__all__ = ["made_folder", "tokeniser_file"]

TINY = "tiny"
TOKEN = "a-token-of-the-tests"
LIMIT_S = 120
POLL_S = 0.1
"""Without a pause, the test's questions take the processor from the server that it waits for."""


@dataclass(frozen=True)
class Installed:
    """A copy of the package whose recipes have a tiny model, and the folders of one test."""

    package: Path
    models_dir: Path
    state_dir: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(self.package),
            "FORETYPE_MODEL": TINY,
            "FORETYPE_MODELS_DIR": str(self.models_dir),
            "FORETYPE_STATE_DIR": str(self.state_dir),
            "FORETYPE_THREADS": "1",
            "FORETYPE_TOKEN": TOKEN,
            "COLUMNS": "250",
        }

    def shell(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line of the shell, in which `$foretype` is the command line."""
        environment = {**self.environment, "foretype": f"{sys.executable} -m foretype"}
        return subprocess.run(
            ["sh", "-c", line], env=environment, capture_output=True, text=True, timeout=LIMIT_S
        )

    @contextmanager
    def serving(self, line: str = "exec $foretype serve --port $port") -> Iterator[Serving]:
        """A server in a process, from its start to its end. It may not be ready."""
        port = free_port()
        environment = {**self.environment, "foretype": f"{sys.executable} -m foretype", "port": str(port)}
        process = subprocess.Popen(
            ["sh", "-c", line],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            yield Serving(process, port)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()


@dataclass(frozen=True)
class Serving:
    process: subprocess.Popen[str]
    port: int

    def request(self, path: str, body: str | None = None) -> tuple[int, str]:
        """The status and the body of an answer. 0 if no server listens."""
        data = None if body is None else body.encode()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def is_ready(self) -> bool:
        """Wait until the server is ready, or has ended. Nothing tells in all cases when it is."""
        while self.process.poll() is None:
            if self.request("/healthz")[0] == 200:
                return True
            time.sleep(POLL_S)
        return False

    def completes(self) -> bool:
        return self.request("/v1/complete", '{"before": "Please let me kn"}')[0] == 200

    def end(self) -> tuple[int, str]:
        """The exit code after SIGTERM, and standard error."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, errors


@pytest.fixture(scope="session")
def package(made_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("installed")
    copied = Path(shutil.copytree(Path(foretype.__file__).parent, to / "foretype"))
    shutil.copytree(recipe_folder(), copied / "recipes", ignore=lambda _, names: {"build"} & set(names))
    content = RECIPE.format(family="gpt2", folder=made_folder, context=CONTEXT)
    (copied / "recipes" / f"{TINY}.toml").write_text(content)
    return to


@pytest.fixture
def installed(package: Path, tmp_path: Path) -> Installed:
    """Nothing is prepared."""
    return Installed(package, tmp_path / "models", tmp_path / "state")


@pytest.fixture(scope="session")
def prepared_once(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder that nobody changes."""
    folder = tmp_path_factory.mktemp("prepared")
    ended = Installed(package, folder, folder / "state").shell(f"$foretype prepare {TINY}")
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture
def prepared(installed: Installed, prepared_once: Path) -> Installed:
    """The tiny model is prepared. Its files may be changed."""
    shutil.copytree(prepared_once, installed.models_dir)
    return installed
