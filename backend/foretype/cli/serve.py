"""`foretype serve`: prepare the model if necessary, load it, and serve it until Ctrl-C."""

from __future__ import annotations

import gc
import socket as sockets
import ssl

import typer

from foretype.cli.common import USAGE, fail, say, settings_or_exit
from foretype.cli.options import OPTIONS, Given, takes
from foretype.cli.signals import leave_on_interrupt
from foretype.cli.start import Loading
from foretype.server.listen import CannotListenError, OpenToOthersError, bind, bind_other_loopback
from foretype.server.reach import bound_addresses, who_can_connect
from foretype.server.tls import BadCertificateError, server_context
from foretype.support import logs
from foretype.support.settings import Settings


@takes(*OPTIONS)
def serve(given: Given) -> None:
    """Serve suggestions, and print the address of a page to try them on.

    The first run fetches and prepares a model, which takes some minutes. Later runs are ready in seconds.
    Every setting is an option, except the token: every user of a machine can read the command lines of all
    processes on it. A fixed token comes from `FORETYPE_TOKEN` or the settings file.

    **Examples**

    `foretype serve` serves the default model on this machine.

    `foretype serve --port 9000 --model distilgpt2` serves another model on another port.

    `foretype serve --model smollm2-135m --also-models gpt2` serves two models. The page that it prints shows
    the suggestions of both side by side.

    `foretype serve --host 0.0.0.0 --allowed-hosts complete.example.org --tls-certificate chain.pem
    --tls-key key.pem` serves a team over HTTPS.
    """
    gc.disable()  # `serve_until_stopped` switches it on: a start makes little garbage and many objects
    settings = settings_or_exit(given)
    logs.configure(settings.log_level.value)
    logs.quiet_hooks()
    tls, bound = _opened(settings)
    operations = _operations(settings)
    leave_on_interrupt()
    loading = Loading(settings)  # not before: a port that is in use must not wait for a model
    loading.wait_for_imports()
    from foretype.cli.serving import serve_until_stopped

    raise typer.Exit(serve_until_stopped(settings, bound, tls, operations, loading))


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
    say(f"Anybody who can reach port {bound[0].getsockname()[1]} can read the metrics of this server there.")
    return bound
