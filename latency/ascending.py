"""The steps of a measurement, from an option such as `--typists 24,48,96`."""

from __future__ import annotations

from latency.errors import MeasurementError


class NotAscendingError(MeasurementError):
    """The option's value is not a list of numbers in ascending order."""

    def __init__(self, option: str, value: str) -> None:
        super().__init__(f"{option} {value}: give numbers in ascending order, for example 24,48,96.")
        self.option = option
        self.value = value


def ascending(option: str, value: str, least: int = 1) -> list[int]:
    """The numbers in `value`, of which the first is at least `least`. Raises `NotAscendingError`."""
    texts = [text.strip() for text in value.split(",")]
    numbers = [int(text) for text in texts if text.isdecimal()]
    if len(numbers) < len(texts) or numbers != sorted(set(numbers)) or numbers[0] < least:
        raise NotAscendingError(option, value)
    return numbers
