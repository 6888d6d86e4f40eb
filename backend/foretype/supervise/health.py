"""The state of the program that answers at a server's address."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable
from enum import Enum, auto
from urllib.parse import urlsplit

SECONDS = 5


class Health(Enum):
    READY = auto()
    LOADING = auto()
    """Foretype, which does not complete text yet, or no longer."""
    STRANGER = auto()
    """Another program."""
    NOBODY = auto()


Look = Callable[[str], Health]


def look(address: str) -> Health:
    """Ask the program at an address of this machine. Only its state is read and nothing is sent, so that any
    certificate is accepted.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port
    connection = (
        http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl._create_unverified_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=SECONDS)
    )
    try:
        connection.request("GET", "/healthz")
        status = json.loads(connection.getresponse().read(4096)).get("status")
    except ConnectionRefusedError:
        return Health.NOBODY
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return Health.STRANGER
    finally:
        connection.close()
    match status:
        case "ready":
            return Health.READY
        case "loading" | "draining":
            return Health.LOADING
        case _:
            return Health.STRANGER
