"""The life of `foretype serve` once its sockets listen: open, load the model, serve, drain, close."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket as sockets
import ssl
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from foretype.cli.commands import install
from foretype.cli.common import FAILED, USAGE, fail, progress_console, say
from foretype.cli.start import CannotServeError, Loading
from foretype.engine.contract import Engine
from foretype.server.provider_errors import ProviderError, UnreachableProviderError
from foretype.server.server import Server
from foretype.server.state_file import CODE_LIFETIME, BadStateError, UnreadableStateError
from foretype.server.traced import TracesMissingError
from foretype.server.watched_file import BadFileError
from foretype.support import logs
from foretype.support.ending import INTERRUPTED, leave
from foretype.support.malloc import give_back
from foretype.support.mapped_files import drop_pages
from foretype.support.metrics import Stages
from foretype.support.open_files import make_room
from foretype.support.settings import Settings
from foretype.support.streams import print_line

T = TypeVar("T")
CLOSING_SECONDS = 4.0
QUIET_SECONDS = 1.0  # a model that is loaded within this time needs no words, and `rich` need not be imported


def serve_until_stopped(
    settings: Settings,
    bound: list[sockets.socket],
    tls: ssl.SSLContext | None,
    operations: list[sockets.socket] | None,
    loading: Loading,
) -> int:
    """Serve on listening sockets. Returns the exit code if no model could be served; otherwise the process
    ends here.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(settings, bound, tls, operations, loading))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # there is no uvloop for Windows
        return None
    return uvloop.new_event_loop


async def _serve(
    settings: Settings,
    bound: list[sockets.socket],
    tls: ssl.SSLContext | None,
    operations: list[sockets.socket] | None,
    loading: Loading,
) -> int:
    """The phases of the server's life, one after the other. Returns as `serve_until_stopped` does."""
    loop = asyncio.get_running_loop()
    logs.quiet_loop(loop)
    stopping = _stop_on_signals(loop)
    room = make_room(settings.connections)
    if room.connections < settings.connections:
        say(
            f"Warning: at most {room.connections} connections can be open at once, because this process may "
            f"open only {room.files} files: allow {room.needed} (ulimit -n), or lower FORETYPE_CONNECTIONS."
        )
    try:
        server = Server(settings, bound, tls=tls, room=room, operations=operations)
    except BadFileError as bad:
        fail(
            f"{bad} FORETYPE_TOKENS_KEYS and FORETYPE_TOKENS_REVOKED name the files of signed tokens.", USAGE
        )
    except TracesMissingError as missing:
        fail(f"{missing} Install them with: {install('trace')}", USAGE)
    if (trouble := _state_trouble(server)) is not None:
        say(f"Warning: {trouble}")
    await _open(server)
    try:
        engine = await _unless(stopping, _loaded(loading, server.service.metrics.stages))
        if engine is None:
            leave(INTERRUPTED)  # a model that is not finished has no manifest, so it is not served later
        server.ready(engine)
        _announce(server)
        _settle_memory([model.folder for model in await loading.ready()])
        broken = await _unless(stopping, engine.broken())
        if broken is not None:
            say(broken)
    except CannotServeError as error:
        say(error)
        return 1
    finally:
        await _close(server, settings.drain_seconds)
    return leave(0 if broken is None else 1)  # while the event loop still hears a second Ctrl-C


async def _open(server: Server) -> None:
    """Begin to answer requests. If a provider's keys cannot be fetched, prints why and exits."""
    try:
        await server.open()
    except ProviderError as error:
        may_pass = isinstance(error, UnreachableProviderError)
        advice = (
            "Try again, or check that this machine reaches the provider and trusts its certificate "
            "(SSL_CERT_FILE names other roots)."
            if may_pass
            else "Correct FORETYPE_OIDC_ISSUER, or ask the provider's administrator."
        )
        fail(f"{error} {advice}", FAILED if may_pass else USAGE)


def _settle_memory(folders: Sequence[Path]) -> None:
    """Give back the memory that only loading needed, and begin to collect garbage: 50 ms, after the
    announcement.

    The objects that exist now stay until the end. Without freeze, each garbage collection would visit all of
    them and delay keystrokes.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    give_back()
    for folder in folders:
        drop_pages(folder)


def _state_trouble(server: Server) -> str | None:
    """The reason why clients cannot pair now, and what to do. None if they can.

    The server still serves: a client with the fixed token needs no list of paired clients.
    """
    try:
        server.pairing.check()
    except UnreadableStateError as error:
        return f"{error} Until then, paired clients get an error."
    except BadStateError as error:
        return f"{error} Until then, no new client can be paired."
    return None


def _tell(line: str) -> None:
    """Print a line. If nobody can read it, the server continues."""
    print_line(line, sys.stdout)


def _announce(server: Server) -> None:
    if _state_trouble(server) is None:
        _tell(f"{server.address}/#code={server.pairing.own_code()}")
        minutes = round(CODE_LIFETIME / 60)
        _tell(
            f"The code in this address works once, within {minutes} minutes; `foretype pair` makes another. "
            "Ctrl-C stops the server."
        )
    else:  # a pairing code would not work now
        _tell(f"{server.address}/")
        _tell("Ctrl-C stops the server.")


async def _close(server: Server, drain_seconds: float) -> None:
    """Within `CLOSING_SECONDS`, after up to `drain_seconds` of draining."""
    try:
        # If the timeout cancels this, some clients are not told. The process ends next, which closes all
        # sockets.
        async with asyncio.timeout(CLOSING_SECONDS + drain_seconds):
            await server.drain()
            await server.close()
    except TimeoutError:
        logs.logger().warning("closing_cut_short")


def _stop_on_signals(loop: asyncio.AbstractEventLoop) -> asyncio.Event:
    """An event that the first Ctrl-C or SIGTERM sets. The second ends the process at once."""
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


async def _loaded(loading: Loading, stages: Stages) -> Engine:
    """The engine for the settings' models. Raises `CannotServeError`."""
    for ready in await loading.ready():
        _tell(f"{ready.reason[:1].upper()}{ready.reason[1:]}".rstrip(".") + ".")
    engine = asyncio.ensure_future(loading.engine(stages))
    await asyncio.wait({engine}, timeout=QUIET_SECONDS)
    if engine.done() or not sys.stderr.isatty():
        return await engine
    with progress_console().status("Loading the model"):
        return await engine


async def _unless(stopping: asyncio.Event, work: Awaitable[T]) -> T | None:
    """The result of the work. None if `stopping` is set first; then the work is cancelled."""
    task = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(stopping.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if task.done():
        return task.result()
    task.cancel()
    return None
