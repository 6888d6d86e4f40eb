"""Small pictures of figures, as SVG written by hand: axes with round numbers, lines, dots, labels.

A drawing library would be the largest thing that is installed, for two pictures. These are readable on light
and on dark pages, and by a screen reader through their title and description.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape

COLOURS = ("#2563eb", "#d9480f", "#0f8a5f", "#8b5cf6")
"""By number, for `Picture.line` and `dot`; each has 3:1 or more against white and near-black."""

_STYLE = """
svg { font: 12px system-ui, sans-serif; background: #fff; fill: #1f2933; }
.title { font-size: 15px; font-weight: 600; }
.quiet { fill: #5b6672; }
.grid { stroke: #e3e7ec; }
.rule { stroke: #5b6672; stroke-dasharray: 5 4; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
@media (prefers-color-scheme: dark) {
  svg { background: #14181d; fill: #e6eaee; }
  .quiet { fill: #9aa5b1; }
  .grid { stroke: #2c333b; }
  .rule { stroke: #9aa5b1; }
}
"""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low` to `high` along a line from `start` to `end`, in pixels; a `log` one has no zero."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def place(self, value: float) -> float:
        low, high, at = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        return self.start + (self.end - self.start) * (at - low) / (high - low)

    def ticks(self, most: int = 6) -> list[float]:
        """Round numbers between `low` and `high`, no more than about `most`."""
        if not self.log:
            return _round_numbers(self.low, self.high, most)
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for digits in ((1, 2, 5), (1, 3), (1,)):
            found = [d * 10.0**power for power in decades for d in digits]
            found = [value for value in found if self.low <= value <= self.high]
            if len(found) <= most:
                break
        return found


def spanning(values: Iterable[float], start: float, end: float, *, log: bool = False) -> Axis:
    """An axis that holds all values, with some room on both sides."""
    found = [value for value in values if not log or value > 0] or [1.0]
    low, high = min(found), max(found)
    if log:
        return Axis(low / 1.15, high * 1.15, start, end, log)
    room = 0.06 * (high - low) or 0.06 * abs(high) or 1.0
    return Axis(low - room, high + room, start, end)


class Picture:
    """Elements in the order in which they are drawn."""

    def __init__(self, width: int, height: int, title: str, description: str) -> None:
        self._width = width
        self._height = height
        self._title = title
        self._description = description
        self._elements: list[str] = []

    def text(self, x: float, y: float, words: str, *, kind: str = "", anchor: str = "start") -> None:
        """`kind` is a class of the style: “title”, “quiet”, or none."""
        self._elements.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def rule(self, start: Point, end: Point, kind: str = "rule") -> None:
        (x1, y1), (x2, y2) = start, end
        self._elements.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'
        )

    def line(self, points: Sequence[Point], colour: int) -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._elements.append(f'<polyline points="{path}" class="line" stroke="{COLOURS[colour]}"/>')

    def dot(self, point: Point, colour: int, radius: float = 3) -> None:
        x, y = point
        self._elements.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{COLOURS[colour]}"/>')

    def label(self, x: float, y: float, words: str, colour: int) -> None:
        """Words in a series' colour."""
        self._elements.append(
            f'<text x="{x:.1f}" y="{y:.1f}" style="fill: {COLOURS[colour]}">{escape(words)}</text>'
        )

    def frame(self, across: Axis, up: Axis, *, across_name: str = "", up_name: str = "") -> None:
        """The grid with its numbers. `up.start` is the bottom; names stand at the right and at the top."""
        for value in up.ticks():
            y = up.place(value)
            self.rule((across.start, y), (across.end, y), "grid")
            self.text(across.start - 8, y + 4, number(value), kind="quiet", anchor="end")
        for value in across.ticks():
            x = across.place(value)
            self.rule((x, up.start), (x, up.start + 4), "grid")
            self.text(x, up.start + 18, number(value), kind="quiet", anchor="middle")
        self.text(across.end, up.start + 36, across_name, kind="quiet", anchor="end")
        self.text(across.start, up.end - 10, up_name, kind="quiet")

    def svg(self) -> str:
        body = "\n".join(self._elements)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self._width} {self._height}" '
            f'width="{self._width}" height="{self._height}" role="img" aria-labelledby="title description">\n'
            f'<title id="title">{escape(self._title)}</title>\n'
            f'<desc id="description">{escape(self._description)}</desc>\n'
            f"<style>{_STYLE}</style>\n{body}\n</svg>\n"
        )


def number(value: float) -> str:
    """As short as it can be said: “20,000”, “0.5”."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.6g}"


def apart(wanted: Sequence[float], gap: float) -> list[float]:
    """Heights near the wanted ones, in the same order from the top, none closer than `gap` to another."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = list(wanted)
    for above, below in pairwise(order):
        placed[below] = max(placed[below], placed[above] + gap)
    return placed


def _round_numbers(low: float, high: float, most: int) -> list[float]:
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step)
    return [round(index * step, 10) for index in range(first, math.floor(high / step) + 1)]
