"""Each way into Foretype's programs switches telemetry off before a library that has some is imported."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web

from foretype.support.silence import VARIABLES, silence

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 120.0

# Python imports it before the program: it writes down what the environment holds whenever one of the
# libraries is asked for, and at the end.
WATCH = """
import atexit, json, os, sys

LIBRARIES = {"onnxruntime", "onnxruntime_genai", "huggingface_hub", "hf_xet", "transformers", "optimum"}

def note(what):
    variables = {name: os.environ.get(name) for name in os.environ["WATCHED_FOR"].split()}
    with open(os.environ["WATCHED"], "a") as file:
        file.write(json.dumps([what, variables]) + "\\n")

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in LIBRARIES:
            note(name)

sys.meta_path.insert(0, Watch())
atexit.register(note, "the end")
"""


def loud_environment() -> dict[str, str]:
    """This process's, with telemetry on."""
    return {name: value for name, value in os.environ.items() if name not in VARIABLES}


def programs() -> Iterator[str]:
    """The modules that `python -m` can run."""
    for base, package in ((ROOT / "backend", "foretype"), (ROOT, "latency")):
        for file in sorted((base / package).rglob("*.py")):
            module = ".".join(file.relative_to(base).with_suffix("").parts)
            if file.name == "__main__.py" or 'if __name__ == "__main__"' in file.read_text("utf-8"):
                yield module.removesuffix(".__main__")


@dataclass(frozen=True)
class Watched:
    """The libraries that were imported, and the values of the variables at that time; the last entry is `the
    end`.
    """

    notes: list[tuple[str, dict[str, str | None]]]

    @property
    def imported(self) -> set[str]:
        return {what for what, _ in self.notes}

    @property
    def loud(self) -> list[str]:
        return [what for what, variables in self.notes if variables != VARIABLES]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


@dataclass(frozen=True)
class Watch:
    folder: Path

    def __call__(self, *arguments: str) -> Watched:
        """Run Python with `arguments` and telemetry on. How it ends does not matter."""
        (self.folder / "sitecustomize.py").write_text(WATCH, "utf-8")
        notes = self.folder / "notes"
        path = os.pathsep.join([str(self.folder), str(ROOT / "backend"), str(ROOT)])
        own = {"PYTHONPATH": path, "WATCHED": str(notes), "WATCHED_FOR": " ".join(VARIABLES)}
        subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=loud_environment() | own,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=DEADLINE_S,
            check=False,
        )
        return Watched([json.loads(line) for line in notes.read_text("utf-8").splitlines()])


def test_there_are_programs() -> None:
    assert {"foretype", "latency.bench", "latency.replay", "latency.peers.drivers.foretype_runtime"} <= set(
        programs()
    )


@pytest.mark.parametrize("module", list(programs()))
def test_a_program_is_silent_before_it_imports_anything_that_talks(module: str, watch: Watch) -> None:
    watched = watch("-m", module, "--help")
    assert "the end" in watched.imported
    assert watched.loud == []


def test_what_serves_is_silent_when_it_imports_onnx_runtime(watch: Watch) -> None:
    watched = watch("-c", "import foretype.runtime.session")
    assert "onnxruntime" in watched.imported
    assert watched.loud == []


def test_the_tests_are_silent_when_they_import_onnx_runtime(watch: Watch) -> None:
    options = ("--collect-only", "--quiet", "-p", "no:cacheprovider", "-p", "no:xdist")
    watched = watch("-m", "pytest", *options, "tests/runtime/test_device.py")
    assert "onnxruntime" in watched.imported
    assert watched.loud == []


def test_a_value_that_switches_telemetry_on_is_replaced() -> None:
    environment = dict.fromkeys(VARIABLES, "0") | {"HOME": "/home/somebody"}
    silence(environment)
    assert environment == VARIABLES | {"HOME": "/home/somebody"}


FETCH = """
import sys, time

import foretype
from hf_xet import PyXetDownloadInfo, download_files

token = ("token", int(time.time()) + 3600)
wanted = PyXetDownloadInfo(sys.argv[2], "a" * 64, 1000)
download_files([wanted], endpoint=sys.argv[1], token_info=token, token_refresher=None, progress_updater=None)
"""


async def test_a_download_from_the_model_hub_is_reported_to_nobody(tmp_path: Path) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=404)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-c",
                FETCH,
                f"http://127.0.0.1:{runner.addresses[0][1]}",
                str(tmp_path / "file"),
            ),
            env=loud_environment() | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "backend")},
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(DEADLINE_S):
            await process.communicate()
    finally:
        await runner.cleanup()
    assert any("/reconstructions/" in path for path in asked)
    assert not [path for path in asked if "telemetry" in path]
