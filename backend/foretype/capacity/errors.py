"""Errors of a plan. `str()` is a sentence for the user that says what to do."""

from __future__ import annotations

from pathlib import Path

MEASURE = "Measure in a checkout, on a machine of this kind, with: python -m latency.capacity --json FILE"


class CapacityError(Exception):
    """The command line prints it without a stack trace."""


class NoMeasurementError(CapacityError):
    """The file is missing, or it is not what a measurement writes."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file} cannot be used: {reason}. {MEASURE}")
        self.file = file


class NobodyServedError(CapacityError):
    """By the measurement, a server of this kind serves no typist, or none is left with the head room."""

    def __init__(self, kind: str, typists: int, head_room: float) -> None:
        reason = (
            "served no typist within the budget: use a faster machine or a smaller model"
            if typists == 0
            else f"serves {typists}, which leaves none with a head room of {head_room:.0%}: lower --head-room"
        )
        super().__init__(f"A server on {kind} {reason}.")
        self.kind = kind


class PricesError(CapacityError):
    """There are more or fewer prices than kinds of machines."""

    def __init__(self, kinds: int, prices: int) -> None:
        if prices == 0:
            each = "" if kinds == 1 else f", one for each of the {kinds} measurements, in the same order"
            example = " ".join(["--price 0.08"] * min(kinds, 3))
            super().__init__(
                f"No price is known. Give the dollars an hour for one machine{each}, for example {example}."
            )
            return
        measurements = "1 measurement" if kinds == 1 else f"{kinds} measurements"
        some = "1 price" if prices == 1 else f"{prices} prices"
        super().__init__(
            f"There are {measurements}, but {some}. Give one --price for each "
            "measurement, in the same order, for example --price 0.08."
        )
