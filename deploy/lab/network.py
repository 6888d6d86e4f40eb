"""The cluster's addresses. A pod's address is of 10.89.0.0/16, because Kubernetes refuses loopback; its
server listens on the address of 127.89.0.0/16 with the same end, where only this machine reaches it.
"""

from __future__ import annotations

from collections.abc import Iterator

SERVICES = "10.90.0.0/16"
"""Addresses of Services. Nothing leads there."""
NOBODY = "10.89.255.254"
NODE = "10.89.0.1"
_PODS = "10.89."
_LOOPBACK = "127.89."


def pod_addresses() -> Iterator[str]:
    """Each address once."""
    for third in range(1, 255):
        for fourth in range(1, 255):
            yield f"{_PODS}{third}.{fourth}"


def on_this_machine(pod_address: str) -> str:
    """Where a pod's server listens."""
    assert pod_address.startswith(_PODS)
    return _LOOPBACK + pod_address.removeprefix(_PODS)
