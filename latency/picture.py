"""Line charts as SVG: text stays text, and the colours follow the reader's screen, light or dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal

WIDTH, HEIGHT = 880, 460
LEFT, RIGHT, TOP, BOTTOM = 64, 40, 100, 84  # around the plot

Tone = Literal["ink", "soft", "grid", "first", "second", "limit"]
Point = tuple[float, float]

LIGHT = {
    "page": "#ffffff",
    "ink": "#1f2328",
    "soft": "#59636e",
    "grid": "#d9dee3",
    "first": "#0969da",
    "second": "#bf5b04",
    "limit": "#cf222e",
}
DARK = {
    "page": "#0d1117",
    "ink": "#e6edf3",
    "soft": "#9198a1",
    "grid": "#2a313a",
    "first": "#58a6ff",
    "second": "#f0a35e",
    "limit": "#ff7b72",
}
FONTS = 'system-ui, -apple-system, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif'


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`; `ticks` are values and what stands beside them."""

    title: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value lies: 0 at `low`, 1 at `high`; what lies outside is put on the edge."""
        low, high, at = (math.log(v) if self.log else v for v in (self.low, self.high, self._clamped(value)))
        return (at - low) / (high - low)

    def _clamped(self, value: float) -> float:
        return min(max(value, self.low), self.high)


class Chart:
    """Draw into it in the order in which things lie on each other; `svg` is the whole picture."""

    def __init__(self, title: str, subtitle: str, caption: str, x: Axis, y: Axis) -> None:
        self._x = x
        self._y = y
        self._parts: list[str] = []
        self._write(LEFT, 32, title, "title")
        self._write(LEFT, 56, subtitle, "", "soft")
        self._write(LEFT, HEIGHT - 14, caption, "small", "soft")
        self._axes()
        self._description = f"{title}. {subtitle}. {caption}"

    def line(self, points: Sequence[Point], tone: Tone, *, width: float = 2.5, dashes: str = "") -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self._at(*point) for point in points))
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self._parts.append(
            f'<polyline points="{path}" fill="none" stroke="var(--{tone})" stroke-width="{width}" '
            f'stroke-linejoin="round" stroke-linecap="round"{dashed}/>'
        )

    def dot(self, x: float, y: float, tone: Tone, *, hollow: bool = False) -> None:
        left, top = self._at(x, y)
        fill = "page" if hollow else tone
        self._parts.append(
            f'<circle cx="{left:.1f}" cy="{top:.1f}" r="4.5" fill="var(--{fill})" stroke="var(--{tone})" '
            'stroke-width="2"/>'
        )

    def beyond(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Tint what lies beyond a limit, from one corner to the other."""
        (left, bottom), (right, top) = self._at(x[0], y[0]), self._at(x[1], y[1])
        self._parts.append(
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
        """A word beside a point, `shift` pixels right and down of it."""
        left, top = self._at(x, y)
        kind = "strong" if strong else ""
        self._write(left + shift[0], top + shift[1], text, kind, tone, anchor=anchor)

    def svg(self) -> str:
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
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

    def _at(self, x: float, y: float) -> Point:
        return (
            LEFT + self._x.place(x) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - self._y.place(y) * (HEIGHT - TOP - BOTTOM),
        )

    def _axes(self) -> None:
        for value, label in self._y.ticks:
            self.line([(self._x.low, value), (self._x.high, value)], "grid", width=1)
            self.note(self._x.low, value, label, "soft", anchor="end", shift=(-10, 4.5))
        for value, label in self._x.ticks:
            left, top = self._at(value, self._y.low)
            self._parts.append(f'<path d="M{left:.1f},{top:.1f}v5" stroke="var(--soft)"/>')
            self.note(value, self._y.low, label, "soft", anchor="middle", shift=(0, 21))
        self._write(WIDTH - RIGHT, HEIGHT - BOTTOM + 42, self._x.title, "", "soft", anchor="end")
        self._write(LEFT, TOP - 10, self._y.title, "", "soft")

    def _write(
        self, left: float, top: float, text: str, kind: str, tone: Tone = "ink", *, anchor: str = "start"
    ) -> None:
        self._parts.append(
            f'<text x="{left:.1f}" y="{top:.1f}" class="{kind}" text-anchor="{anchor}" '
            f'style="fill: var(--{tone})">{escape(text)}</text>'
        )


def _style() -> str:
    light, dark = ("; ".join(f"--{tone}: {colour}" for tone, colour in of.items()) for of in (LIGHT, DARK))
    return "\n".join(
        [
            f"svg {{ {light} }}",
            f"@media (prefers-color-scheme: dark) {{ svg {{ {dark} }} }}",
            f"text {{ font: 13px {FONTS} }}",
            ".title { font-size: 19px; font-weight: 600 }",
            ".strong { font-weight: 600 }",
            ".small { font-size: 12px }",
        ]
    )
