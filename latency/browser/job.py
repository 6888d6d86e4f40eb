"""One measurement in a browser: the folder that the browser gets, and the figures that come back."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from aiohttp import web

from foretype.models.manifest import GRAPH, Geometry
from latency.browser.browsers import Gpu, Place, browser, memory_of, processor_ms_of
from latency.browser.forms import WEIGHTS
from latency.browser.runtime_files import PAGE, runtime_files
from latency.browser.work import ROUNDS, STEPS, WARM, Measured, Times, Work
from latency.errors import MeasurementError

TIMEOUT_S = 300
ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers without which a page has no threads of WebAssembly."""
FILES = ("page.html", "page.js", "measure.js", "worker.js")


class JobFailedError(MeasurementError):
    """The browser, or the runtime in it, cannot do the job. The message is what it says."""


@dataclass(frozen=True, slots=True)
class Job:
    """`form`: a folder of `latency.browser.forms.write_form`. `webgpu_on`: the adapter for that provider."""

    place: Place
    form: Path
    provider: str
    threads: int
    webgpu_on: Gpu = Gpu.SOFTWARE

    @property
    def gpu(self) -> Gpu:
        return self.webgpu_on if self.provider == "webgpu" else Gpu.NONE


@dataclass(frozen=True, slots=True)
class Done:
    """fetch_ms: reading graph and weights from the extension's package (or from the web server). create_ms:
    making a session of them. heap_bytes: memory of WebAssembly; process_bytes: of the browser's process with
    the model. adapter: what WebGPU computed on.
    """

    measured: Measured
    fetch_ms: float
    create_ms: float
    heap_bytes: int
    process_bytes: int
    isolated: bool
    adapter: str | None


async def do(job: Job, work: Work, geometry: Geometry, scratch: Path) -> Done:
    """Raises JobFailedError, NoBrowserError, NoRuntimeError. `scratch`: a folder on the disk of the forms."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        extension = Path(folder)
        async with _Home(extension) as home:
            _lay_out(extension, job, _described(job, work, geometry, home.address))
            async with browser(job.place, extension, f"{home.address}/page.html", job.gpu) as running:
                home.browser.set_result(running.process)
                await asyncio.wait(
                    {home.figures, running.ended}, timeout=TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED
                )
                if running.ended.done():
                    raise JobFailedError(f"the browser ended with exit code {running.ended.result()}")
                if not home.figures.done():
                    raise JobFailedError(f"no figures after {TIMEOUT_S} s")
                figures = home.figures.result()
                process_bytes = memory_of(running.process)
    return Done(
        measured=Measured(
            wall=Times(*(figures[name]["wall"] for name in Times.__slots__)),
            processor=Times(*(figures[name]["processor"] for name in Times.__slots__)),
            logits=np.frombuffer(home.logits, np.float32).reshape(-1, geometry.vocab_size),
        ),
        fetch_ms=figures["fetch_ms"],
        create_ms=figures["create_ms"],
        heap_bytes=figures["heap_bytes"],
        process_bytes=process_bytes,
        isolated=figures["isolated"],
        adapter=figures["adapter"],
    )


def _described(job: Job, work: Work, geometry: Geometry, home: str) -> Mapping[str, object]:
    """What `measure.js` reads."""
    return {
        "home": home,
        "graph": GRAPH,
        "weights": WEIGHTS,
        "provider": job.provider,
        "threads": job.threads,
        "layers": geometry.layers,
        "kv_heads": geometry.kv_heads,
        "head_dim": geometry.head_dim,
        "first": work.first.tolist(),
        "long": [part.tolist() for part in work.long],
        "nodes": work.nodes.tolist(),
        "warm": WARM,
        "steps": STEPS,
        "rounds": ROUNDS,
    }


def _lay_out(extension: Path, job: Job, described: Mapping[str, object]) -> None:
    kind = "chromium" if job.place is Place.CHROMIUM else "firefox"
    shutil.copy(PAGE / f"manifest.{kind}.json", extension / "manifest.json")
    for name in FILES:
        shutil.copy(PAGE / name, extension)
    (extension / "runtime").mkdir()
    for file in runtime_files(job.provider):
        shutil.copy(file, extension / "runtime")
    for name in (GRAPH, WEIGHTS):
        os.link(job.form / name, extension / name)
    (extension / "job.json").write_text(json.dumps(described), "utf-8")


class _Home:
    """A web server with the extension's files, which gets the figures. `async with` starts and stops it."""

    def __init__(self, extension: Path) -> None:
        self.address = ""
        self.logits = b""
        self.browser: asyncio.Future[psutil.Process] = asyncio.get_running_loop().create_future()
        self.figures: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        app = web.Application(client_max_size=2**30)
        app.router.add_get("/processor", self._say_processor_time)
        app.router.add_post("/logits", self._take_logits)
        app.router.add_post("/figures", self._take_figures)
        app.router.add_post("/error", self._take_error)
        app.router.add_static("/", extension)
        app.on_response_prepare.append(_with_headers)
        self._runner = web.AppRunner(app)

    async def __aenter__(self) -> _Home:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _say_processor_time(self, request: web.Request) -> web.Response:
        return web.json_response(processor_ms_of(await self.browser))

    async def _take_logits(self, request: web.Request) -> web.Response:
        self.logits = await request.read()
        return web.Response()

    async def _take_figures(self, request: web.Request) -> web.Response:
        self.figures.set_result(await request.json())
        return web.Response()

    async def _take_error(self, request: web.Request) -> web.Response:
        self.figures.set_exception(JobFailedError(await request.text()))
        return web.Response()


async def _with_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(ISOLATED)
    response.headers["Access-Control-Allow-Origin"] = "*"  # the extension has an origin of its own
