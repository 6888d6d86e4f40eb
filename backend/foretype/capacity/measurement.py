"""Reads how many typists one server serves from the file that `latency.capacity` or `latency.gpu` wrote."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foretype.capacity.errors import NoMeasurementError

SHIPPED = Path(__file__).parent / "measured" / "epyc-2-cores.json"
"""The figures of docs/measured.md, which `make bench` wrote on one kind of machine. A test compares them."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Typists that one server served on one kind of machine, all of them typing at once.

    more: whether the largest crowd that was tried was served, so that more might be. price: of the machine in
    dollars an hour, if the measurement knows it.
    """

    kind: str
    model: str
    typists: int
    wpm: float
    more: bool = False
    price: float | None = None


def read_measurements(file: Path) -> list[Measurement]:
    """One for each device in the file. Raises `NoMeasurementError`."""
    try:
        written = json.loads(file.read_text("utf-8"))
        found = _devices(written) if "devices" in written else [_server(written)]
    except OSError as error:
        raise NoMeasurementError(file, error.strerror or "it cannot be read") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoMeasurementError(file, "a measurement of capacity did not write it") from error
    if not found:
        raise NoMeasurementError(file, "no device in it has served typists")
    return found


def _server(written: dict[str, Any]) -> Measurement:
    tried = [int(step["typists"]) for step in written["steps"]]
    served = int(written["served"])
    return Measurement(
        str(written["machine"]), str(written["model"]), served, float(written["wpm"]), served == max(tried)
    )


def _devices(written: dict[str, Any]) -> list[Measurement]:
    """Devices whose part with many typists is missing are left out."""
    return [
        Measurement(
            f"{device['device']}, {written['machine']}",
            str(written.get("model", device["weights"])),
            int(device["flat"]["typists"]),
            40.0,  # latency.gpu has no other speed
            price=device["price"],
        )
        for device in written["devices"]
        if device["flat"]["typists"] is not None
    ]
