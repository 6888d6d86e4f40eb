"""`foretype serve`: prepare the model if necessary, load it, and serve it until Ctrl-C."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket as sockets
import ssl
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer

from foretype.cli.common import USAGE, fail, say, settings_or_exit
from foretype.cli.options import OPTIONS, Given, takes
from foretype.cli.start import CannotServeError, ReadyModel, load_engine, prepare_model
from foretype.engine.contract import Engine
from foretype.server.reach import bound_addresses, who_can_connect
from foretype.server.server import CannotListenError, OpenToOthersError, Server, bind, bind_other_loopback
from foretype.server.state_file import CODE_LIFETIME, BadStateError, UnreadableStateError
from foretype.server.tls import BadCertificateError, server_context
from foretype.server.watched_file import BadFileError
from foretype.support import logs
from foretype.support.ending import INTERRUPTED, leave
from foretype.support.metrics import Stages
from foretype.support.open_files import make_room
from foretype.support.settings import Settings
from foretype.support.streams import print_line

T = TypeVar("T")
CLOSING_SECONDS = 4.0


@takes(*OPTIONS)
def serve(given: Given) -> None:
    """Serve suggestions, and print the address of a page to try them on.

    The first run fetches and prepares a model, which takes some minutes. Later runs are ready in seconds.
    Every setting is an option, except the token: every user of a machine can read the command lines of all
    processes on it. A fixed token comes from `FORETYPE_TOKEN` or the settings file.

    **Examples**

    `foretype serve` serves the default model on this machine.

    `foretype serve --port 9000 --model distilgpt2` serves another model on another port.

    `foretype serve --host 0.0.0.0 --allowed-hosts complete.example.org --tls-certificate chain.pem
    --tls-key key.pem` serves a team over HTTPS.
    """
    settings = settings_or_exit(given)
    logs.configure(settings.log_level.value)
    logs.quiet_hooks()
    tls, bound = _opened(settings)
    operations = _operations(settings)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        code = runner.run(_serve(settings, bound, tls, operations))
    raise typer.Exit(code)


def _opened(settings: Settings) -> tuple[ssl.SSLContext | None, list[sockets.socket]]:
    """The context for TLS, or None, and the listening sockets. If one of them cannot be made, prints why and
    exits.
    """
    tls = None
    try:
        if settings.tls_certificate is not None and settings.tls_key is not None:
            tls = server_context(settings.tls_certificate, settings.tls_key)
        is_encrypted = tls is not None or settings.tls_in_front
        bound = bind(settings.host, settings.port, is_encrypted=is_encrypted)
        missing = bind_other_loopback(bound)
    except (BadCertificateError, OpenToOthersError) as error:
        fail(str(error), USAGE)
    except CannotListenError as error:
        fail(error)
    if (reached := who_can_connect(bound_addresses(bound), speaks_tls=tls is not None)) is not None:
        say(reached)
    if missing is not None:
        say(missing)
    return tls, bound


def _operations(settings: Settings) -> list[sockets.socket] | None:
    """The listening sockets of the operations port, or None. If they cannot be made, prints why and exits."""
    if settings.operations_port is None:
        return None
    try:
        # No text passes through this port, so it needs no TLS.
        bound = bind(settings.host, settings.operations_port, is_encrypted=True)
    except CannotListenError as error:
        fail(f"The operations port: {error}")
    say(f"Anybody who can reach port {bound[0].getsockname()[1]} can read the figures of this server there.")
    return bound


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
) -> int:
    """The phases of the server's life, one after the other. Returns the exit code if no model could be
    served; otherwise the process ends here.
    """
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
    if (trouble := _state_trouble(server)) is not None:
        say(f"Warning: {trouble}")
    await server.open()
    try:
        engine = await _unless(stopping, _loaded(settings, server.service.metrics.stages))
        if engine is None:
            leave(INTERRUPTED)  # a model that is not finished has no manifest, so it is not served later
        # The objects that exist now stay until the end. Without freeze, each garbage collection would visit
        # all of them and delay keystrokes.
        gc.collect()
        gc.freeze()
        server.ready(engine)
        _announce(server)
        broken = await _unless(stopping, engine.broken())
        if broken is not None:
            say(broken)
    except CannotServeError as error:
        say(error)
        return 1
    finally:
        await _close(server, settings.drain_seconds)
    return leave(0 if broken is None else 1)  # while the event loop still hears a second Ctrl-C


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
            "Ctrl-C stops."
        )
    else:  # a pairing code would not work now
        _tell(f"{server.address}/")
        _tell("Ctrl-C stops.")


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


async def _loaded(settings: Settings, stages: Stages) -> Engine:
    """The engine for the settings' model. Raises `CannotServeError`."""
    ready = await _in_thread(lambda: prepare_model(settings))
    _tell(f"{ready.reason[:1].upper()}{ready.reason[1:]}".rstrip(".") + ".")
    return await load_engine(ready.folder, settings, stages)


async def _in_thread(work: Callable[[], ReadyModel]) -> ReadyModel:
    """Run work of minutes in a daemon thread, which does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[ReadyModel] = loop.create_future()

    def settle(value: ReadyModel | None, error: BaseException | None) -> None:
        if result.done():
            return  # cancelled: the result is no longer needed
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
    """The result of the work. None if `stopping` is set first; then the work is cancelled."""
    task = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(stopping.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if task.done():
        return task.result()
    task.cancel()
    return None
