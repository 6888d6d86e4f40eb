"""`foretype token`: mint, list and revoke signed tokens, which several servers accept."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import platformdirs
import typer

from foretype.cli.common import FAILED, USAGE, fail, say
from foretype.cli.lazy import new_app

if TYPE_CHECKING:
    from foretype.server.token_folder import Minted, TokenFolder

DAY_S = 24 * 60 * 60
DEFAULT_DAYS = 90
MOST_DAYS = 3650
NAME_CHARS = 64

token = new_app(
    name="token",
    no_args_is_help=True,
    help="Mint, list and revoke signed tokens for a team. Every server with their public keys accepts them.",
    short_help="Tokens for a team, which several servers accept.",
)

Folder = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        metavar="<path>",
        help="The folder with the keys and the lists; by default `tokens` in the user's data folder.",
        show_default=False,
    ),
]


@token.command()
def mint(
    tenant: Annotated[
        str, typer.Argument(help="The organisation whose quota the token uses, such as example.org.")
    ],
    name: Annotated[
        str, typer.Option(metavar="<text>", help="The person's name, for the list.", show_default=False)
    ] = "",
    days: Annotated[
        int, typer.Option(min=1, max=MOST_DAYS, metavar="<integer>", help="Days until the token expires.")
    ] = DEFAULT_DAYS,
    folder: Folder = None,
) -> None:
    """Print a new token. It is stored nowhere, so it cannot be printed again.

    The first call makes a key. Give keys.json and revoked.json of the folder to the servers, and keep
    signing-key.pem and minted.json to yourself. To change the key, move signing-key.pem to another folder.
    The next call makes a new key. Tokens of the old key stay valid until you delete its entry in keys.json.

    **Example**

    `foretype token mint example.org --name "Ada, laptop" --days 30` makes a token for one person.
    """
    from foretype.server.signed_tokens import TENANT

    if not TENANT.fullmatch(tenant):
        fail(
            "A tenant is 1 to 63 of these characters: a to z, 0 to 9, '.', '_' and '-'. It begins with a "
            "letter or a digit.",
            USAGE,
        )
    if len(name) > NAME_CHARS or not (name.isprintable() or not name):
        fail(f"--name takes at most {NAME_CHARS} printable characters.", USAGE)
    opened = _opened(folder)
    try:
        made, entry = opened.mint(tenant, name, days * DAY_S)
    except _folder_error() as bad:
        fail(str(bad))
    typer.echo(made)
    say(
        f"Token {entry.id} for {tenant} is valid until {_day(entry.expires_at)}. Servers accept it with "
        f"FORETYPE_TOKENS_KEYS={opened.keys}"
    )


@token.command("list")
def list_(folder: Folder = None) -> None:
    """List the tokens of a folder. A line has the token's id, tenant, validity, and person."""
    opened = _opened(folder)
    try:
        entries = opened.minted()
    except _folder_error() as bad:
        fail(str(bad))
    if not entries:
        typer.echo(f"No token was minted in {opened.path}. {_other_folder(folder)}")
    for entry in entries:
        typer.echo(f"{entry.id}  {entry.tenant}  {_state(entry)}  {entry.name or '(no name)'}")


@token.command()
def revoke(
    identity: Annotated[str, typer.Argument(metavar="ID", help="The id that `foretype token list` prints.")],
    of_provider: Annotated[
        bool,
        typer.Option("--of-provider", help="ID is the jti of a token of your OpenID Connect provider."),
    ] = False,
    folder: Folder = None,
) -> None:
    """Revoke a token. Servers that read the folder's revoked.json refuse it within a second."""
    opened = _opened(folder)
    if of_provider:
        _revoke_of_provider(opened, identity)
        return
    try:
        found = opened.revoke(identity)
    except _folder_error() as bad:
        fail(str(bad))
    if not found:
        fail(
            f"No token in {opened.path} has the id {identity}: `foretype token list` prints the ids. "
            f"{_other_folder(folder)}",
            FAILED,
        )
    typer.echo(f"{identity} is revoked.")


def _revoke_of_provider(folder: TokenFolder, jti: str) -> None:
    from foretype.server.signed_tokens import MOST_ID_CHARS

    if not (0 < len(jti) <= MOST_ID_CHARS and jti.isprintable()):
        fail(f"A jti has 1 to {MOST_ID_CHARS} printable characters.", USAGE)
    try:
        folder.revoke_of_provider(jti)
    except _folder_error() as bad:
        fail(str(bad))
    typer.echo(f"{jti} is revoked.")


def _opened(folder: Path | None) -> TokenFolder:
    from foretype.server.token_folder import TokenFolder

    return TokenFolder(folder or Path(platformdirs.user_data_dir("foretype", False)) / "tokens")


def _other_folder(asked: Path | None) -> str:
    """The advice for a user whose tokens are in another folder."""
    if asked is None:
        return "If you minted with --folder, give the same --folder here."
    return "If the tokens are in another folder, name it with --folder."


def _folder_error() -> type[Exception]:
    from foretype.server.token_folder import TokenFolderError

    return TokenFolderError


def _state(entry: Minted) -> str:
    if entry.revoked_at is not None:
        return f"revoked on {_day(entry.revoked_at)}"
    has_expired = entry.expires_at <= datetime.now().timestamp()
    return f"{'expired on' if has_expired else 'valid until'} {_day(entry.expires_at)}"


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")
