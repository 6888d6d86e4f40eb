"""`foretype serve`: prepare a model if there is none, load it, serve it until Ctrl-C."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket as sockets
import threading
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from foretype import logs
from foretype.cli.common import Config, fail, option, say, settings_or_exit
from foretype.cli.engine import CannotServeError, Prepared, prepared, started
from foretype.ending import INTERRUPTED, leave
from foretype.engine import Engine
from foretype.settings import Settings
from foretype.socket.pairing import BadStateError
from foretype.socket.server import CannotListenError, Server, bind
from foretype.stages import Stages

T = TypeVar("T")
CLOSING_SECONDS = 4.0


def serve(
    host: Annotated[str | None, option("host")] = None,
    port: Annotated[int | None, option("port")] = None,
    model: Annotated[str | None, option("model")] = None,
    models_dir: Annotated[str | None, option("models_dir")] = None,
    distilgpt2_folder: Annotated[str | None, option("distilgpt2_folder")] = None,
    state_dir: Annotated[str | None, option("state_dir")] = None,
    budget_ms: Annotated[int | None, option("budget_ms")] = None,
    threads: Annotated[int | None, option("threads")] = None,
    provider: Annotated[str | None, option("provider")] = None,
    gpu_memory_mb: Annotated[int | None, option("gpu_memory_mb")] = None,
    runs_ahead: Annotated[int | None, option("runs_ahead")] = None,
    threshold: Annotated[float | None, option("threshold")] = None,
    allowed_hosts: Annotated[str | None, option("allowed_hosts")] = None,
    allowed_origins: Annotated[str | None, option("allowed_origins")] = None,
    log_level: Annotated[str | None, option("log_level")] = None,
    config: Config = None,
) -> None:
    """Serve completions, and print the address of a page to try them on.

    The first run fetches and prepares a model, which takes some minutes; later runs are ready in seconds.
    Examples:

    `foretype serve` with everything as it comes.

    `foretype serve --port 9000 --model distilgpt2` on another port, with a model of your choice.

    `FORETYPE_TOKEN=... foretype serve --host 0.0.0.0 --allowed-hosts complete.example.org` for a team.
    """
    settings = settings_or_exit(
        config,
        host=host,
        port=port,
        model=model,
        models_dir=models_dir,
        distilgpt2_folder=distilgpt2_folder,
        state_dir=state_dir,
        budget_ms=budget_ms,
        threads=threads,
        provider=provider,
        gpu_memory_mb=gpu_memory_mb,
        runs_ahead=runs_ahead,
        threshold=threshold,
        allowed_hosts=allowed_hosts,
        allowed_origins=allowed_origins,
        log_level=log_level,
    )
    logs.configure(settings.log_level.value)
    logs.quiet_hooks()
    try:
        bound = bind(settings.host, settings.port)
    except CannotListenError as error:
        fail(str(error))
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        code = runner.run(_serve(settings, bound))
    raise typer.Exit(code)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # Windows has none
        return None
    return uvloop.new_event_loop


async def _serve(settings: Settings, bound: list[sockets.socket]) -> int:
    """The phases of the server's life, each in its line. Returns the exit code if no model could be served;
    otherwise the process ends here.
    """
    loop = asyncio.get_running_loop()
    logs.quiet_loop(loop)
    stopping = _stop_on_signals(loop)
    server = Server(settings, bound)
    await server.open()
    try:
        engine = await _unless(stopping, _loaded(settings, server.service.metrics.stages))
        if engine is None:
            leave(INTERRUPTED)  # half-made models are told from whole ones by their manifest
        # What is there now stays: looking through it again and again would hold up keystrokes.
        gc.collect()
        gc.freeze()
        server.ready(engine)
        typer.echo(f"{server.address}/#code={server.pairing.own_code()}")
        typer.echo("Ctrl-C stops.")
        broken = await _unless(stopping, engine.broken())
        if broken is not None:
            say(broken)
    except (CannotServeError, BadStateError) as error:
        say(str(error))
        return 1
    finally:
        await _close(server)
    return leave(0 if broken is None else 1)  # while the event loop still hears a second Ctrl-C


async def _close(server: Server) -> None:
    """Within `CLOSING_SECONDS`."""
    try:
        # Cancelled by the timeout, some clients are not told: the process ends next, and with it all sockets.
        async with asyncio.timeout(CLOSING_SECONDS):
            await server.drain()
            await server.close()
    except TimeoutError:
        logs.logger().warning("closing_cut_short")


def _stop_on_signals(loop: asyncio.AbstractEventLoop) -> asyncio.Event:
    """Set at the first Ctrl-C or SIGTERM; at the second the process ends where it stands."""
    stopping = asyncio.Event()

    def stop() -> None:
        if stopping.is_set():
            leave(INTERRUPTED)
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # Windows: through the loop, so that it wakes up
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    return stopping


async def _loaded(settings: Settings, stages: Stages) -> Engine:
    """The engine for the settings' model. Raises `CannotServeError`."""
    ready = await _in_thread(lambda: prepared(settings))
    typer.echo(f"{ready.reason[:1].upper()}{ready.reason[1:]}".rstrip(".") + ".")
    return await started(ready.folder, settings, stages)


async def _in_thread(work: Callable[[], Prepared]) -> Prepared:
    """Run what blocks for minutes in a thread of its own that does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[Prepared] = loop.create_future()

    def settle(value: Prepared | None, error: BaseException | None) -> None:
        if result.done():
            return  # cancelled: nobody waits any more
        if error is not None:
            result.set_exception(error)
        elif value is not None:
            result.set_result(value)

    def run() -> None:
        try:
            value = work()
        except BaseException as error:
            loop.call_soon_threadsafe(settle, None, error)
        else:
            loop.call_soon_threadsafe(settle, value, None)

    threading.Thread(target=run, name="prepare", daemon=True).start()
    return await result


async def _unless(stopping: asyncio.Event, work: Awaitable[T]) -> T | None:
    """The work's result; None where the server is to stop first, and the work is cancelled."""
    task = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(stopping.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if task.done():
        return task.result()
    task.cancel()
    return None
