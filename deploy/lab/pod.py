"""What a pod's manifest means on this machine: the environment of its server, its files and its ports."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deploy.lab.api import Manifest
from deploy.lab.image import EVERY_ADDRESS, MODELS, MODELS_MOUNT


def container_of(pod: Manifest) -> Manifest:
    """The chart's pods have one container."""
    (only,) = pod["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def key_of(pod: Manifest) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def is_ready(pod: Manifest) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def port_of(pod: Manifest, port: int | str) -> int:
    """The number of a port that a probe names."""
    if isinstance(port, int):
        return port
    (found,) = [one for one in container_of(pod)["ports"] if one["name"] == port]
    number: int = found["containerPort"]
    return number


def environment_of(pod: Manifest, of_image: Mapping[str, str], address: str, folder: Path) -> dict[str, str]:
    """The variables of the pod and of its image, as the server needs them here.

    address: that on which the server listens, in place of all addresses. folder: that of the pod; paths in a
    mounted volume become paths there.
    """
    given = dict(of_image) | {one["name"]: one["value"] for one in container_of(pod).get("env", [])}
    mounts = mounts_of(pod, folder)

    def here(value: str) -> str:
        if value == EVERY_ADDRESS:
            return address
        for mount, there in mounts.items():
            if value == mount or value.startswith(f"{mount}/"):
                return str(there) + value.removeprefix(mount)
        return value

    return {name: here(value) for name, value in given.items()}


def mounts_of(pod: Manifest, folder: Path) -> dict[str, Path]:
    """The folder of each mounted volume, by the path at which the container has it."""
    mounted = {one["mountPath"]: folder / one["name"] for one in container_of(pod).get("volumeMounts", [])}
    return {MODELS_MOUNT: MODELS} | mounted


def secrets_of(pod: Manifest) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name of each projected volume with a Secret, and the source in it."""
    for volume in pod["spec"].get("volumes", []):
        for source in volume.get("projected", {}).get("sources", []):
            if "secret" in source:
                yield volume["name"], source["secret"]


def files_of(source: Mapping[str, Any], secret: Manifest) -> dict[str, bytes]:
    """The files that a source of a projected volume makes of its Secret. Raises `KeyError` if a key that is
    not optional is missing.
    """
    data = secret.get("data", {})
    items = [one for one in source["items"] if one["key"] in data or not source.get("optional")]
    return {one["path"]: base64.b64decode(data[one["key"]]) for one in items}
