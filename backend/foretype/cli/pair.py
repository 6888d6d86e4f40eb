"""`foretype pair`: let a client in, list those that are in, let one in no more."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from foretype.cli.common import FAILED, fail, settings_or_exit
from foretype.cli.options import Given, takes
from foretype.server.pairing import CODE_LIFETIME, BadStateError, Pairing


@takes("state_dir")
def pair(
    given: Given,
    list_: Annotated[bool, typer.Option("--list", help="List the clients that are paired.")] = False,
    revoke: Annotated[
        str | None,
        typer.Option("--revoke", metavar="ID", help="Let this client in no more.", show_default=False),
    ] = None,
) -> None:
    """Make a one-time code that lets the browser extension (or any client) in.

    Works while the server runs, from another terminal. Examples:

    `foretype pair` makes a code: type it in the extension's options within ten minutes.

    `foretype pair --list` shows who is paired; `foretype pair --revoke 1f0c9a2b` ends one pairing.
    """
    settings = settings_or_exit(given)
    pairing = Pairing(settings.state_dir)
    try:
        if list_:
            _list(pairing)
        elif revoke is not None:
            if not pairing.revoke(revoke):
                fail(f"No client has the id {revoke}: `foretype pair --list` shows those there are.", FAILED)
            typer.echo(f"{revoke} is let in no more.")
        else:
            typer.echo(pairing.new_code())
            minutes = round(CODE_LIFETIME / 60)
            typer.echo(f"Type it in the extension's options within {minutes} minutes. It works once.")
    except BadStateError as bad:
        fail(str(bad))


def _list(pairing: Pairing) -> None:
    clients = pairing.clients()
    if not clients:
        typer.echo("No client is paired.")
    for client in clients:
        when = datetime.fromtimestamp(client.paired_at).strftime("%Y-%m-%d %H:%M")
        # What a client called itself is shown to a terminal: no control characters.
        name = "".join(char if char.isprintable() else "?" for char in client.client)
        typer.echo(f"{client.id}  {when}  {name or '(no name)'}")
