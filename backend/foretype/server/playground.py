"""The playground's files: read once and served from memory under fixed names, so that no request's path is
used to open a file.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "playground"

_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".txt": "text/plain",
}
_TEXT = frozenset({".html", ".js", ".css", ".svg", ".json", ".txt"})

_SOCKETS = {"http": "ws", "https": "wss"}

NOT_BUILT = (
    "The playground is missing from this installation: it is built from the extension's sources. "
    "In a checkout, run `make playground`. The server itself works without it.\n"
)


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    content_type: str
    charset: str | None


def load(folder: Path = FOLDER) -> dict[str, File]:
    """Every file that may be served, by path; `/` is `index.html`. Empty if the playground is not built."""
    files: dict[str, File] = {}
    for path in sorted(folder.rglob("*")):
        suffix = path.suffix.lower()
        if suffix in _TYPES and path.is_file() and not path.is_symlink():
            charset = "utf-8" if suffix in _TEXT else None
            files["/" + path.relative_to(folder).as_posix()] = File(
                path.read_bytes(), _TYPES[suffix], charset
            )
    index = files.pop("/index.html", None)
    return {"/": index, **files} if index is not None else {}


def policy(host: str, own: Container[str]) -> str:
    """The page's Content-Security-Policy: its own files and its own server only, and no frames.

    `host` is the request's Host, which the guard has checked. It is named because in some browsers 'self'
    does not include WebSockets. `own` are the origins of the server's own pages: they say whether those
    pages come over HTTP, over HTTPS, or over both through a proxy.
    """
    sockets = "".join(f" {ws}://{host}" for http, ws in _SOCKETS.items() if f"{http}://{host.lower()}" in own)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'{sockets}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
