"""The status that a kubelet writes of a pod."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from deploy.lab.api import Manifest
from deploy.lab.network import NODE
from deploy.lab.pod import container_of


def time_of(moment: datetime | None = None) -> str:
    """A moment, by default now, as Kubernetes writes times."""
    return (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the node knows of a pod. started: whether the startup probe has succeeded. exit_code: None while
    the server runs.
    """

    address: str
    began: str
    changed: str
    started: bool = False
    ready: bool = False
    exit_code: int | None = None


def status_of(pod: Manifest, seen: Seen) -> dict[str, Any]:
    """A strategic merge patch of the status: it leaves the scheduler's condition as it is."""
    runs = seen.exit_code is None
    container = container_of(pod)
    state = (
        {"running": {"startedAt": seen.began}}
        if runs
        else {"terminated": {"exitCode": seen.exit_code, "startedAt": seen.began, "finishedAt": seen.changed}}
    )
    return {
        "phase": "Running" if runs else "Succeeded" if seen.exit_code == 0 else "Failed",
        "hostIP": NODE,
        "podIP": seen.address,
        "podIPs": [{"ip": seen.address}],
        "startTime": seen.began,
        "conditions": [
            {"type": "Initialized", "status": "True", "lastTransitionTime": seen.began},
            _condition("ContainersReady", seen),
            _condition("Ready", seen),
        ],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": "",
                "ready": seen.ready,
                "started": seen.started,
                "restartCount": 0,
                "state": state,
            }
        ],
    }


def _condition(kind: str, seen: Seen) -> dict[str, str]:
    return {"type": kind, "status": str(seen.ready), "lastTransitionTime": seen.changed}
