"""The container image under podman: its size, its start, its first answer, and a stop under people who type.

`make image MODEL=smollm2-135m`, then `python -m latency.image --check image`. The containers are read-only,
without capabilities, and use the machine's own network on 127.0.0.1, so that nothing of the machine changes.
All of them are removed at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from rich.console import Console

from latency.budget import find_optional_budget
from latency.command import errors_as_sentences, new_app
from latency.errors import MeasurementError
from latency.event_loop import run
from latency.figures_file import write_figures
from latency.machine import machine
from latency.options import Check, FiguresFile
from latency.paths import OUT, ROOT
from latency.replay.pace import mean_gap_s
from latency.replay.server import free_ports
from latency.several.typist import Typist
from latency.verdicts import exit_if_missed

USER = 10001
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
DRAIN_S = 5
PACE_S = mean_gap_s(40.0)
MB = 1e6

app = new_app()


@dataclass(slots=True)
class Container:
    """A container of the image, and the ports of its server on 127.0.0.1."""

    name: str
    port: int
    operations: int
    started: float
    ready_s: float = 0.0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ready(self, http: aiohttp.ClientSession) -> None:
        """Wait until the server gives suggestions. Raises `MeasurementError`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_TIMEOUT_S):
                while await _status(http, f"http://127.0.0.1:{self.operations}/readyz") != 200:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                self.ready_s = time.perf_counter() - self.started
                return
        raise MeasurementError(f"The container was not ready in time. It said: {_podman('logs', self.name)}")

    def memory_mb(self) -> float:
        """Resident memory of the server."""
        pid = _podman("inspect", "--format", "{{.State.Pid}}", self.name)
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 / MB for line in lines if line.startswith("VmRSS"))

    def is_healthy(self) -> bool:
        return (
            subprocess.run(["podman", "healthcheck", "run", self.name], capture_output=True).returncode == 0
        )


async def _status(http: aiohttp.ClientSession, url: str) -> int:
    try:
        async with http.get(url) as answer:
            return answer.status
    except aiohttp.ClientError:
        return 0


def _podman(*words: str) -> str:
    """What podman prints. Raises `MeasurementError` if it fails."""
    done = subprocess.run(["podman", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise MeasurementError(f"podman {words[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def _sizes(image: str) -> tuple[float, float]:
    """Megabytes of the image, and of the model in it."""
    size = int(_podman("image", "inspect", "--format", "{{.Size}}", image)) / MB
    script = "import os; print(sum(e.stat().st_size for d in os.scandir('/models') for e in os.scandir(d)))"
    words = (*_runtime(), "run", "--rm", "--network", "none", *_ulimits(), image, "python", "-c", script)
    return size, int(_podman(*words)) / MB


def _runtime() -> list[str]:
    """crun cannot use the mixed cgroups of some machines."""
    return ["--runtime", "runc"] if shutil.which("runc", path="/usr/sbin:/usr/bin:/usr/local/bin") else []


def _ulimits() -> list[str]:
    """Limits that also an administrator without CAP_SYS_RESOURCE may set."""
    return ["--ulimit", "nofile=20000:20000", "--ulimit", "nproc=4096:4096"]


@contextlib.contextmanager
def container(image: str, token: str) -> Iterator[Container]:
    """A started container, which is removed at the end."""
    port, operations = free_ports(2)
    name = f"foretype-measured-{secrets.token_hex(4)}"
    settings = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "OPERATIONS_PORT": str(operations),
        "TOKEN": token,
        "DRAIN_SECONDS": str(DRAIN_S),
        "SOCKET_MINUTES": "0",
        "FRUGAL": "off",
    }
    words = [word for one in settings.items() for word in ("--env", "FORETYPE_{}={}".format(*one))]
    began = time.perf_counter()
    try:
        _podman(
            *(*_runtime(), "run", "--detach", "--name", name, "--network", "host", "--memory", "2g"),
            *("--read-only", "--read-only-tmpfs=false", "--tmpfs", "/state:rw,size=16m,mode=1777"),
            *("--cap-drop", "all", "--security-opt", "no-new-privileges", *_ulimits(), *words, image),
        )
        yield Container(name, port, operations, began)
    finally:
        subprocess.run(["podman", "rm", "--force", "--time", "0", name], capture_output=True)


@contextlib.asynccontextmanager
async def _typing(typists: list[Typist], keystrokes: int) -> AsyncIterator[None]:
    """People who type; at the end of the block, until all keystrokes are answered."""
    tasks = [asyncio.create_task(one.type(keystrokes)) for one in typists]
    try:
        yield
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _stop(name: str) -> tuple[int, float]:
    """The exit code of a container after SIGTERM, and the seconds until its end."""
    began = time.perf_counter()
    _podman("kill", "--signal", "TERM", name)
    code = int(_podman("wait", name))
    return code, time.perf_counter() - began


def _texts(count: int) -> list[str]:
    """Texts of at least 2,000 characters: parts of a document of this project."""
    whole = " ".join((ROOT / "docs" / "architecture.md").read_text("utf-8").split())
    step = (len(whole) - 2000) // count
    return [whole[number * step :] for number in range(count)]


async def _measure(image: str, typists: int, seconds: int) -> dict[str, float | None]:
    token = secrets.token_urlsafe(24)
    size, model = _sizes(image)
    texts = _texts(typists + 1)
    async with aiohttp.ClientSession() as http, contextlib.AsyncExitStack() as ending:
        first = ending.enter_context(container(image, token))
        await first.ready(http)
        alone = Typist(http, [first.address], token, texts.pop(), PACE_S)
        await alone.type(1)
        healthy, memory = first.is_healthy(), first.memory_mb()
        second = ending.enter_context(container(image, token))
        await second.ready(http)
        addresses = [first.address, second.address]
        people = [Typist(http, addresses, token, text, PACE_S, seed) for seed, text in enumerate(texts)]
        keystrokes = round(seconds / PACE_S)
        async with _typing(people, keystrokes):
            await asyncio.sleep(seconds / 3)
            async with asyncio.timeout(STOP_TIMEOUT_S):
                code, stop_s = await asyncio.to_thread(_stop, first.name)
            user = _podman("inspect", "--format", "{{.Config.User}}", first.name)
    told = [one.told for one in people]
    return {
        "size_mb": size - model,
        "model_mb": model,
        "ready_s": first.ready_s,
        "second_ready_s": second.ready_s,
        "first_answer_ms": alone.slowest_s * 1000,
        "unhealthy": float(not healthy),
        "privileged": float(not user.startswith(str(USER))),
        "memory_mb": memory,
        "stop_code": float(code),
        "stop_s": stop_s,
        "keystrokes": float(typists * keystrokes),
        "lost": float(typists * keystrokes - sum(one.answered for one in people)),
        "refused": float(sum(one.errors["overloaded"] for one in told)),
        "cut": float(sum(one.cut for one in told)),
        "moved": float(sum(one.moved for one in told)),
        "sent_again": float(sum(one.sent_again for one in people)),
        "slowest_ms": max(one.slowest_s for one in people) * 1000,
    }


WORDS: Mapping[str, str] = {
    "size_mb": "megabytes of the image without the model",
    "model_mb": "megabytes of the model",
    "ready_s": "seconds until /readyz says 200, with podman's own part",
    "second_ready_s": "the same for the second container",
    "first_answer_ms": "milliseconds until the first keystroke was answered, with its connection",
    "unhealthy": "1 if the image's own health check failed",
    "privileged": f"1 if the server does not run as user {USER}",
    "memory_mb": "megabytes of resident memory after the first keystroke",
    "stop_code": "exit code after SIGTERM under people who type",
    "stop_s": "seconds from SIGTERM to the end",
    "keystrokes": "keystrokes that were typed",
    "lost": "keystrokes without an answer",
    "refused": "of the answered ones, those with the answer `overloaded`: too little processor time",
    "cut": "sockets that ended without the error `draining`",
    "moved": "sockets that the stopped server closed with the error `draining`",
    "sent_again": "keystrokes that were sent to the second container again",
    "slowest_ms": "milliseconds of the slowest keystroke, with its reconnection",
}


@app.command()
def main(
    image: Annotated[
        str, typer.Option(help="An image with a model: make image MODEL=...")
    ] = "localhost/foretype",
    typists: Annotated[int, typer.Option(min=1, help="People who type while a container stops.")] = 12,
    seconds: Annotated[int, typer.Option(min=6, help="How long they type.")] = 18,
    out: FiguresFile = OUT / "image.json",
    check: Check = None,
) -> None:
    """Start two containers, type, and stop one of them. Takes half a minute. It needs podman and root."""
    console = Console()
    with errors_as_sentences(console, "image"):
        if shutil.which("podman") is None:
            raise MeasurementError("podman is needed here: tools/need podman")
        budget = find_optional_budget(check)
        flat = run(_measure(image, typists, seconds))
    write_figures(out, {"image": image, "typists": typists, "flat": flat})
    console.print(f"{machine()}, {image}, {typists} typists")
    for name, value in flat.items():
        console.print(f"{value:10.1f}  {WORDS[name]}")
    exit_if_missed(budget, flat, console)


if __name__ == "__main__":
    app(prog_name="python -m latency.image")
