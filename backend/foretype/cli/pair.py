"""`foretype pair`: make a pairing code, list the paired clients, revoke one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from foretype.cli.common import FAILED, fail, settings_or_exit
from foretype.cli.options import Given, takes
from foretype.server.pairing import Pairing
from foretype.server.state_file import CODE_LIFETIME, BadStateError


@takes("state_dir")
def pair(
    given: Given,
    list_: Annotated[bool, typer.Option("--list", help="List the paired clients.")] = False,
    revoke: Annotated[
        str | None,
        typer.Option("--revoke", metavar="ID", help="Revoke the client with this id.", show_default=False),
    ] = None,
) -> None:
    """Make a one-time code that connects the browser extension, or another client, with the server.

    This also works while the server runs, from another terminal.

    **Examples**

    `foretype pair` prints a code. Enter it within ten minutes, on the extension's welcome page or in its
    options.

    `foretype pair --list` lists the paired clients with their ids.

    `foretype pair --revoke 1f0c9a2b` revokes the client with this id.
    """
    settings = settings_or_exit(given)
    pairing = Pairing(settings.state_dir)
    try:
        if list_:
            _list(pairing)
        elif revoke is not None:
            if not pairing.revoke(revoke):
                fail(f"No client has the id {revoke}: `foretype pair --list` prints the ids.", FAILED)
            typer.echo(f"{revoke} is revoked.")
        else:
            typer.echo(pairing.new_code())
            minutes = round(CODE_LIFETIME / 60)
            typer.echo(
                f"Enter this code within {minutes} minutes, on the extension's welcome page or in its "
                "options (press Foretype's icon in the toolbar, then Options). It works once."
            )
    except BadStateError as bad:
        fail(str(bad))


def _list(pairing: Pairing) -> None:
    clients = pairing.clients()
    if not clients:
        typer.echo("No client is paired.")
    for client in clients:
        when = datetime.fromtimestamp(client.paired_at).strftime("%Y-%m-%d %H:%M")
        # A client chose its name: it must not send control characters to the terminal.
        name = "".join(char if char.isprintable() else "?" for char in client.client)
        typer.echo(f"{client.id}  {when}  {name or '(no name)'}")
