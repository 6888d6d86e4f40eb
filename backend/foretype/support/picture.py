"""Small charts as SVG. Text stays text, and the colours follow the reader's light or dark mode.

There is no drawing library, because it would be the largest installed package, for a few lines.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Literal

WIDTH, HEIGHT = 880, 460  # of a chart
LEFT, RIGHT, TOP, BOTTOM = 64, 40, 100, 84  # margins around its plot

LETTER_PX, LINE_PX = 7.5, 13  # at most, of the text beside a point
Side = Literal["start", "end"]
PLACES: tuple[tuple[Side, float, float], ...] = (
    ("end", -10, -10),
    ("start", 10, 22),
    ("start", 10, -10),
    ("end", -10, 22),
    ("end", -10, -30),
    ("start", 10, 42),
    ("start", 10, -30),
    ("end", -10, 42),
)
"""Where a text may stand: its side that is near the point, and the pixels to the right of the point and below
it. The first two leave a rising line free."""

Tone = Literal["ink", "soft", "grid", "first", "second", "third", "limit"]
Point = tuple[float, float]

LIGHT = {
    "page": "#ffffff",
    "ink": "#1f2328",
    "soft": "#59636e",
    "grid": "#d9dee3",
    "first": "#0969da",
    "second": "#bf5b04",
    "third": "#1a7f37",
    "limit": "#cf222e",
}
DARK = {
    "page": "#0d1117",
    "ink": "#e6edf3",
    "soft": "#9198a1",
    "grid": "#2a313a",
    "first": "#58a6ff",
    "second": "#f0a35e",
    "third": "#3fb950",
    "limit": "#ff7b72",
}
FONTS = 'system-ui, -apple-system, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif'
# Around text, to keep it readable on lines.
HALO = "paint-order: stroke; stroke: var(--page); stroke-width: 4px; stroke-linejoin: round"


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`. `ticks` are values and their labels."""

    title: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    log: bool = False

    def fraction(self, value: float) -> float:
        """The position of a value: 0 at `low`, 1 at `high`. A value outside is moved to the nearer end."""
        low, high, at = (math.log(v) if self.log else v for v in (self.low, self.high, self._clamped(value)))
        return (at - low) / (high - low)

    def _clamped(self, value: float) -> float:
        return min(max(value, self.low), self.high)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in pixels from the left and the top of the picture."""

    left: float
    top: float
    right: float
    bottom: float


class Picture:
    """A title, a subtitle, a caption, and the elements that are drawn into it. Later elements cover earlier
    ones.
    """

    def __init__(self, width: int, height: int, title: str, subtitle: str, caption: str = "") -> None:
        self._width = width
        self._height = height
        self._parts: list[str] = []
        self.write(LEFT, 32, title, "title")
        self.write(LEFT, 56, subtitle, "", "soft")
        if caption:
            self.write(LEFT, height - 14, caption, "small", "soft")
        self._description = ". ".join(part.rstrip(".") for part in (title, subtitle, caption) if part)

    def add(self, element: str) -> None:
        self._parts.append(element)

    def write(
        self, left: float, top: float, text: str, kind: str, tone: Tone = "ink", *, anchor: str = "start"
    ) -> None:
        """`kind` is a class of the style: “title”, “strong”, “small”, or "" for plain text."""
        self.add(
            f'<text x="{left:.1f}" y="{top:.1f}" class="{kind}" text-anchor="{anchor}" '
            f'style="fill: var(--{tone})">{escape(text)}</text>'
        )

    def svg(self) -> str:
        """The whole picture. A screen reader reads its title, subtitle and caption."""
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self._width} {self._height}" '
                'role="img">',
                f"<title>{escape(self._description)}</title>",
                f"<style>\n{_style()}\n</style>",
                '<rect width="100%" height="100%" fill="var(--page)"/>',
                *self._parts,
                "</svg>\n",
            ]
        )

    def save(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.svg(), "utf-8")


class Panel:
    """A plot with its axes. Positions in it are given as values on the axes."""

    def __init__(self, picture: Picture, box: Box, x: Axis, y: Axis) -> None:
        self._picture = picture
        self._box = box
        self._x = x
        self._y = y
        self._taken: list[Box] = []
        self._axes()

    def at(self, x: float, y: float) -> Point:
        """Pixels from the left and the top of the picture."""
        box = self._box
        return (
            box.left + self._x.fraction(x) * (box.right - box.left),
            box.bottom - self._y.fraction(y) * (box.bottom - box.top),
        )

    def line(self, points: Sequence[Point], tone: Tone, *, width: float = 2.5, dashes: str = "") -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*point) for point in points))
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self._picture.add(
            f'<polyline points="{path}" fill="none" stroke="var(--{tone})" stroke-width="{width}" '
            f'stroke-linejoin="round" stroke-linecap="round"{dashed}/>'
        )

    def dot(self, x: float, y: float, tone: Tone, *, hollow: bool = False) -> None:
        left, top = self.at(x, y)
        fill = "page" if hollow else tone
        self._picture.add(
            f'<circle cx="{left:.1f}" cy="{top:.1f}" r="4.5" fill="var(--{fill})" stroke="var(--{tone})" '
            'stroke-width="2"/>'
        )

    def beyond(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Tint the area beyond a limit: the rectangle from `x[0]`, `y[0]` to `x[1]`, `y[1]`."""
        (left, bottom), (right, top) = self.at(x[0], y[0]), self.at(x[1], y[1])
        self._picture.add(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" '
            'fill="var(--limit)" opacity="0.07"/>'
        )

    def note(
        self,
        x: float,
        y: float,
        text: str,
        tone: Tone = "ink",
        *,
        anchor: str = "start",
        shift: tuple[float, float] = (8, 4),
        strong: bool = False,
    ) -> None:
        """Text beside a point, `shift` pixels to the right of it and below it."""
        left, top = self.at(x, y)
        kind = "strong" if strong else ""
        self._picture.write(left + shift[0], top + shift[1], text, kind, tone, anchor=anchor)

    def note_apart(self, x: float, y: float, text: str, tone: Tone, *, strong: bool = False) -> None:
        """Text beside a point, where it covers no other text of this method and stays in the plot."""
        left, top = self.at(x, y)
        width = LETTER_PX * len(text)
        boxes = {place: _text_box(left + place[1], top + place[2], width, place[0]) for place in PLACES}
        anchor, right, down = next((place for place in PLACES if self._is_free(boxes[place])), PLACES[0])
        self._taken.append(boxes[anchor, right, down])
        self.note(x, y, text, tone, anchor=anchor, shift=(right, down), strong=strong)

    def _is_free(self, box: Box) -> bool:
        inside = self._box.left <= box.left and box.right <= self._box.right
        return inside and self._box.top <= box.top and not any(_overlap(box, one) for one in self._taken)

    def _axes(self) -> None:
        box = self._box
        for value, label in self._y.ticks:
            self.line([(self._x.low, value), (self._x.high, value)], "grid", width=1)
            self.note(self._x.low, value, label, "soft", anchor="end", shift=(-10, 4.5))
        for value, label in self._x.ticks:
            left, top = self.at(value, self._y.low)
            self._picture.add(f'<path d="M{left:.1f},{top:.1f}v5" stroke="var(--soft)"/>')
            self.note(value, self._y.low, label, "soft", anchor="middle", shift=(0, 21))
        self._picture.write(box.right, box.bottom + 42, self._x.title, "", "soft", anchor="end")
        self._picture.write(box.left, box.top - 10, self._y.title, "", "soft")


class Chart(Panel):
    """A picture of one panel, with a caption below it."""

    def __init__(self, title: str, subtitle: str, caption: str, x: Axis, y: Axis) -> None:
        picture = Picture(WIDTH, HEIGHT, title, subtitle, caption)
        super().__init__(picture, Box(LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM), x, y)

    def svg(self) -> str:
        return self._picture.svg()

    def save(self, file: Path) -> None:
        self._picture.save(file)


# -- axes and labels that fit the values -------------------------------------------------


def axis_around(title: str, values: Iterable[float], *, log: bool = False) -> Axis:
    """An axis that holds all values, with a margin on both sides. A logarithmic axis ignores values that are
    not positive.
    """
    found = [value for value in values if not log or value > 0] or [1.0]
    low, high = min(found), max(found)
    if log:
        return axis_between(title, low / 1.15, high * 1.15, log=True)
    margin = 0.06 * (high - low) or 0.06 * abs(high) or 1.0
    return axis_between(title, low - margin, high + margin)


def axis_between(title: str, low: float, high: float, *, log: bool = False) -> Axis:
    """An axis with ticks at round numbers."""
    values = _round_logs(low, high) if log else _round_numbers(low, high)
    return Axis(title, low, high, [(value, tick_label(value)) for value in values], log)


def tick_label(value: float) -> str:
    """A number without trailing zeros: “20,000”, “0.5”."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:.6g}"


def moved_apart(wanted: Sequence[float], gap: float) -> list[float]:
    """The wanted heights, moved down where needed so that no two are closer than `gap`. Their order from the
    top stays.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = list(wanted)
    for above, below in pairwise(order):
        placed[below] = max(placed[below], placed[above] + gap)
    return placed


def _text_box(left: float, base: float, width: float, anchor: str) -> Box:
    start = left - width if anchor == "end" else left
    return Box(start, base - LINE_PX, start + width, base + 4)


def _overlap(one: Box, other: Box) -> bool:
    is_beside = one.right <= other.left or other.right <= one.left
    return not is_beside and one.top < other.bottom and other.top < one.bottom


def _round_numbers(low: float, high: float, most: int = 6) -> list[float]:
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step)
    return [round(index * step, 10) for index in range(first, math.floor(high / step) + 1)]


def _round_logs(low: float, high: float, most: int = 6) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        found = [d * 10.0**power for power in decades for d in digits]
        found = [value for value in found if low <= value <= high]
        if len(found) <= most:
            break
    return found


def _style() -> str:
    light, dark = ("; ".join(f"--{tone}: {colour}" for tone, colour in of.items()) for of in (LIGHT, DARK))
    return "\n".join(
        [
            f"svg {{ {light} }}",
            f"@media (prefers-color-scheme: dark) {{ svg {{ {dark} }} }}",
            f"text {{ font: 13px {FONTS}; {HALO} }}",
            ".title { font-size: 19px; font-weight: 600 }",
            ".strong { font-weight: 600 }",
            ".small { font-size: 12px }",
        ]
    )
