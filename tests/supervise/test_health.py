"""What answers at an address, with real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from foretype.supervise.health import Health, look


@contextmanager
def answering(body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/healthz"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        thread.join()


@pytest.mark.parametrize(
    ("body", "health"),
    [
        (b'{"status": "ready"}', Health.READY),
        (b'{"status": "loading"}', Health.LOADING),
        (b'{"status": "draining"}', Health.LOADING),
        (b'{"status": ["ready"]}', Health.STRANGER),
        (b'{"status": "fine"}', Health.STRANGER),
        (b'["ready"]', Health.STRANGER),
        (b"<!doctype html>", Health.STRANGER),
    ],
)
def test_only_foretype_is_taken_for_foretype(body: bytes, health: Health) -> None:
    with answering(body) as address:
        assert look(address) is health


def test_nobody_listens() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        assert look(f"http://127.0.0.1:{port}") is Health.NOBODY
