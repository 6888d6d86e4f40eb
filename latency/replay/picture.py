"""The picture of a replay: which share of the keystrokes was answered within how many milliseconds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from foretype.support.picture import Axis, Chart, Point
from latency.machine import machine
from latency.replay.figures import Latency, Waits
from latency.replay.report import Report

LOW_MS, HIGH_MS = 0.3, 1000.0
RESOLUTION = 400  # points of a line


def draw(report: Report, waits: Waits) -> Chart:
    milliseconds = Axis(
        "milliseconds from the key to the answer",
        LOW_MS,
        HIGH_MS,
        [(at, f"{at:g}") for at in (0.3, 1, 3, 10, 30, 100, 300)] + [(1000, "1,000")],
        log=True,
    )
    keystrokes = Axis("answered keystrokes", 0, 1, [(at / 100, f"{at} %") for at in (0, 25, 50, 75, 100)])
    chart = Chart(
        "How fast keystrokes are answered",
        f"{report.model}, {report.typed_by}, {report.figures.keystrokes:,} keystrokes",
        machine(),
        milliseconds,
        keystrokes,
    )
    chart.beyond((report.budget_ms, HIGH_MS), (0, 1))
    chart.line([(report.budget_ms, 0), (report.budget_ms, 1)], "limit", width=1.5, dashes="6 5")
    chart.note(
        report.budget_ms, 0, f"{report.budget_ms:g} ms", "limit", anchor="end", shift=(-8, -10), strong=True
    )
    chart.line(cumulative(waits.first, waits.owed), "second", width=2, dashes="1 5")
    chart.line(cumulative(waits.final, waits.owed), "first", width=3)
    _mark(chart, report.figures.final)
    _legend(chart)
    return chart


def cumulative(milliseconds: Sequence[float], whole: int) -> list[Point]:
    """For times along the axis, the share of `whole` that was answered by then. Ends with the last answer."""
    ordered = sorted(milliseconds)
    if not ordered:
        return []
    times = [LOW_MS * (HIGH_MS / LOW_MS) ** (step / RESOLUTION) for step in range(RESOLUTION + 1)]
    before_last = [(time, bisect_right(ordered, time) / whole) for time in times if time < ordered[-1]]
    return [*before_last, (ordered[-1], len(ordered) / whole)]


def _mark(chart: Chart, final: Latency) -> None:
    """Dots on the line. Their labels are a list beside it, because dots may be too close for labels."""
    marks = ((final.p50, 0.50), (final.p95, 0.95), (final.p99, 0.99), (final.worst, 1.0))
    names = ("median", "95 %", "99 %", "worst")
    for row, ((at, share), name) in enumerate(zip(marks, names, strict=True)):
        if at is None:
            return
        chart.dot(at, share, "first", hollow=True)
        chart.note(25, 0.46 - 0.062 * row, name, "soft", anchor="end", shift=(0, 4))
        chart.note(25, 0.46 - 0.062 * row, f"{at:.3g} ms", shift=(10, 4), strong=True)


def _legend(chart: Chart) -> None:
    chart.line([(0.42, 0.93), (0.6, 0.93)], "first", width=3)
    chart.note(0.6, 0.93, "final answer")
    chart.line([(0.42, 0.85), (0.6, 0.85)], "second", width=2, dashes="1 5")
    chart.note(0.6, 0.85, "first answer")
