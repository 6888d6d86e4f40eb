"""Starts a browser that opens the page of an experiment, and ends it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import aiohttp
import psutil

from latency.errors import MeasurementError


class Place(StrEnum):
    """Where the page is opened.

    An extension of Firefox cannot have threads of WebAssembly, because its pages are never isolated from
    other origins. A page of a web server can.
    """

    CHROMIUM = "chromium"
    FIREFOX = "firefox"
    FIREFOX_PAGE = "firefox-page"


class Gpu(StrEnum):
    """The graphics adapter that WebGPU gets in Chromium. `SOFTWARE` is SwiftShader, which comes with Chromium
    and computes on the processor.
    """

    NONE = "none"
    SOFTWARE = "software"
    REAL = "real"


PROGRAMS = {
    Place.CHROMIUM: ("FORETYPE_CHROMIUM", "chromium"),
    Place.FIREFOX: ("FORETYPE_FIREFOX", "firefox-esr"),
    Place.FIREFOX_PAGE: ("FORETYPE_FIREFOX", "firefox-esr"),
}
CHROMIUM_FLAGS = (
    "--headless=new",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
WEBGPU = ("--enable-unsafe-webgpu", "--enable-features=Vulkan")
GPU_FLAGS = {
    Gpu.NONE: ("--disable-gpu",),
    Gpu.SOFTWARE: (*WEBGPU, "--use-webgpu-adapter=swiftshader"),
    Gpu.REAL: WEBGPU,
}
FIREFOX_PREFERENCES = """\
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
user_pref("network.proxy.failover_direct", false);
user_pref("extensions.background.idle.timeout", 600000);
"""
"""No request to another machine leaves the browser. It does not end the background page, which it does after
30 s without an event otherwise.
"""
PATIENCE_S = 5
"""After which a browser that was asked to end is killed."""
LISTENING = re.compile(r"listening on (ws:\S+)")


class NoBrowserError(MeasurementError):
    """A browser cannot be started. The message says why."""


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that runs. `ended` gives its exit code."""

    process: psutil.Process
    ended: asyncio.Task[int]


@asynccontextmanager
async def browser(place: Place, extension: Path, page: str, gpu: Gpu) -> AsyncIterator[Browser]:
    """A browser with a new profile that has the extension, or shows the page. Raises NoBrowserError."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        arguments = _arguments(place, Path(profile), extension, page, gpu)
        try:
            started = await asyncio.create_subprocess_exec(
                *arguments, stdout=DEVNULL, stderr=PIPE if place is Place.FIREFOX else DEVNULL
            )
        except OSError as error:
            raise NoBrowserError(f"{arguments[0]} cannot be run: {error.strerror}.") from error
        process = psutil.Process(started.pid)
        try:
            if place is Place.FIREFOX:
                await _install(extension, await _address(started))
            ended = asyncio.create_task(started.wait())
            yield Browser(process, ended)
        finally:
            await _end(started, process)


def version_of(place: Place) -> str:
    """As the browser says it. Raises NoBrowserError."""
    program = _program(place)
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoBrowserError(f"{program} cannot be run: {error}.") from error
    return said.stdout.strip()


def memory_of(process: psutil.Process) -> int:
    """Resident bytes of the largest process of the browser: the one that runs the model."""
    return max(one.memory_info().rss for one in (process, *process.children(recursive=True)))


def processor_ms_of(process: psutil.Process) -> float:
    """Processor time of all processes of the browser until now."""
    every = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return 1000 * sum(times.user + times.system for times in every)


def _program(place: Place) -> str:
    variable, usual = PROGRAMS[place]
    return os.environ.get(variable) or shutil.which(usual) or usual


def _arguments(place: Place, profile: Path, extension: Path, page: str, gpu: Gpu) -> Sequence[str]:
    if place is Place.CHROMIUM:
        flags = [*CHROMIUM_FLAGS, *GPU_FLAGS[gpu]]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")
        loading = [f"--load-extension={extension}", f"--disable-extensions-except={extension}"]
        return [_program(place), *flags, f"--user-data-dir={profile}", *loading]
    (profile / "user.js").write_text(FIREFOX_PREFERENCES, "utf-8")
    opened = [page] if place is Place.FIREFOX_PAGE else ["--remote-debugging-port=0"]
    return [_program(place), "--headless", "--no-remote", "--profile", str(profile), *opened]


async def _address(started: asyncio.subprocess.Process) -> str:
    """Of Firefox's WebDriver BiDi. Raises NoBrowserError if Firefox ends before it listens."""
    assert started.stderr is not None
    async for line in started.stderr:
        if (found := LISTENING.search(line.decode())) is not None:
            return found[1]
    raise NoBrowserError("Firefox ended before it could be controlled.")


async def _install(extension: Path, address: str) -> None:
    """https://w3c.github.io/webdriver-bidi/ with an extension, until the browser ends."""
    data = {"extensionData": {"type": "path", "path": str(extension)}}
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{address}/session") as socket:
        for number, (method, parameters) in enumerate(
            [("session.new", {"capabilities": {}}), ("webExtension.install", data)]
        ):
            await socket.send_json({"id": number, "method": method, "params": parameters})
            while (answer := await socket.receive_json()).get("id") != number:
                pass
            if answer["type"] == "error":
                raise NoBrowserError(f"Firefox refuses {method}: {answer['message']}")


async def _end(started: asyncio.subprocess.Process, process: psutil.Process) -> None:
    """Ends the browser and its processes.

    Only the event loop may wait for the browser itself: libuv, which uvloop waits with, never reports a child
    whose exit status psutil has taken, so the loop would wait for it without end.
    """
    if started.returncode is not None:
        return
    descendants = process.children(recursive=True)
    for one in (*descendants, process):
        _signal(one.terminate)
    try:
        await asyncio.wait_for(started.wait(), PATIENCE_S)
    except TimeoutError:
        _signal(started.kill)
        await started.wait()
    for one in psutil.wait_procs(descendants, timeout=PATIENCE_S)[1]:
        _signal(one.kill)


def _signal(send: Callable[[], None]) -> None:
    """Nothing, if the process has ended."""
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        send()
