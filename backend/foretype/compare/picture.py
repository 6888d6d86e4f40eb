"""A picture of quality against latency. The best models are at the top left.

Models without quality have a lane of their own below the plot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from foretype.compare.article import ANSWER_CPU_MS, ANSWER_GPU_MS
from foretype.compare.report import Report, short_name
from foretype.compare.run import MeasuredModel
from foretype.support.picture import LEFT, Axis, Box, Panel, Picture, Point
from foretype.support.wording import many

WIDTH = 880
RIGHT = 840
TOP, BOTTOM = 104, 364  # of the plot
LANE_GAP = 14
LANE_ROW = 26
BOTTOM_MARGIN = 84  # below the last axis
NAME_ROW = 18
STRONG_CHAR, SMALL_CHAR = 7.3, 6.2  # pixels of a letter: upper bounds of the average in a label
DOT_RADIUS = 9  # pixels around a dot that labels do not cover
TICKS_MS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)


def draw(report: Report) -> Picture:
    measured = [one for one in report.models if one.quality is not None]
    unmeasured = [one for one in report.models if one.quality is None]
    lane_top = BOTTOM + LANE_GAP if measured else TOP
    lane = Box(LEFT, lane_top, RIGHT, lane_top + LANE_ROW * len(unmeasured))
    quality = f" Quality: {report.texts.source}." if measured else ""
    picture = Picture(
        WIDTH,
        round(lane.bottom if unmeasured else BOTTOM) + BOTTOM_MARGIN,
        "Quality against latency",
        "Higher: more keystrokes saved. Further left: faster answers.",
        f"{report.machine}, {many(report.threads, 'thread')}.{quality}",
    )
    milliseconds = _milliseconds(report)
    if measured:
        _plot(picture, report, milliseconds, measured, last=not unmeasured)
    if unmeasured:
        _lane(picture, report, milliseconds, unmeasured, lane, alone=not measured)
    return picture


def _milliseconds(report: Report) -> Axis:
    """From less than the fastest answer to more than the slowest, the article's answers and the budget."""
    times = [one.speed.answer_ms for one in report.models] + [ANSWER_CPU_MS, report.budget_ms]
    low = max([tick for tick in TICKS_MS if tick <= min(10, min(times) / 1.5)], default=TICKS_MS[0])
    high = max(times) * 1.6
    ticks = [(tick, f"{tick:,g}") for tick in TICKS_MS if low <= tick <= high]
    return Axis("milliseconds to an answer in a new field", low, high, ticks, log=True)


def _plot(
    picture: Picture, report: Report, milliseconds: Axis, measured: Sequence[MeasuredModel], *, last: bool
) -> None:
    high = 10 * (int(max([_saved(one) for one in measured], default=0) / 10) + 1)
    every = range(0, high + 1, 10 if high <= 60 else 20)
    percents = Axis("keystrokes saved", 0, high, [(at, f"{at} %") for at in every])
    across = milliseconds if last else Axis("", milliseconds.low, milliseconds.high, (), log=True)
    panel = Panel(picture, Box(LEFT, TOP, RIGHT, BOTTOM), across, percents)
    _limits(panel, report, milliseconds, 0, high, names=0)
    points = [(one.speed.answer_ms, _saved(one)) for one in measured]
    for point in points:
        panel.dot(*point, "first", hollow=True)
    _label(picture, [panel.at(*point) for point in points], measured)


def _lane(
    picture: Picture,
    report: Report,
    milliseconds: Axis,
    unmeasured: Sequence[MeasuredModel],
    box: Box,
    *,
    alone: bool,
) -> None:
    rows = Axis("", 0, len(unmeasured), ())
    panel = Panel(picture, box, milliseconds, rows)
    if alone:
        _limits(panel, report, milliseconds, 0, rows.high, names=rows.high)
    for row, one in enumerate(unmeasured):
        y = len(unmeasured) - row - 0.5
        at = one.speed.answer_ms
        panel.dot(at, y, "second", hollow=True)
        words = f"{short_name(one.model)}: random weights · {one.speed.step_ms:.3g} ms per token"
        if panel.at(at, y)[0] + 14 + STRONG_CHAR * len(words) < RIGHT:
            panel.note(at, y, words, "soft", shift=(14, 4))
        else:
            panel.note(at, y, words, "soft", anchor="end", shift=(-14, 4))


def _limits(panel: Panel, report: Report, milliseconds: Axis, low: float, high: float, names: float) -> None:
    """Lines at the budget and at the article's two answers, with their names at the height `names`."""
    budget = report.budget_ms
    panel.beyond((budget, milliseconds.high), (low, high))
    panel.line([(budget, low), (budget, high)], "limit", width=1.5, dashes="6 5")
    panel.note(budget, names, f"budget {budget:g} ms", "limit", shift=(8, -10), strong=True)
    for at, what, row in ((ANSWER_GPU_MS, "GPU", 0), (ANSWER_CPU_MS, "CPU", 1)):
        panel.line([(at, low), (at, high)], "soft", width=1.5, dashes="1 5")
        name = f"article, {what} {at:g} ms"
        panel.note(at, names, name, "soft", anchor="end", shift=(-8, -10 - NAME_ROW * row))


def _saved(one: MeasuredModel) -> float:
    assert one.quality is not None
    return 100 * one.quality.saved_share


# -- labels that do not overlap ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _LabelPosition:
    """The position of a label of two lines, and the area that it covers."""

    x: float
    y: float  # of the first line's bottom
    anchor: str
    covers: Box
    far: bool = False  # whether a line has to connect it with its dot


def _label(picture: Picture, dots: Sequence[Point], measured: Sequence[MeasuredModel]) -> None:
    """Write a name and two figures beside each dot, so that no label covers a dot or another label."""
    taken = [Box(x - DOT_RADIUS, y - DOT_RADIUS, x + DOT_RADIUS, y + DOT_RADIUS) for x, y in dots]
    for dot, one in zip(dots, measured, strict=True):
        assert one.quality is not None
        name = short_name(one.model)
        more = f"{one.speed.step_ms:.3g} ms per token · {one.quality.bits_per_byte:.3f} bits per byte"
        positions = list(_label_positions(dot, max(STRONG_CHAR * len(name), SMALL_CHAR * len(more))))
        label = next((each for each in positions if _is_free(each.covers, taken)), positions[0])
        taken.append(label.covers)
        if label.far:
            picture.add(f'<path d="{_path(dot, label)}" stroke="var(--soft)"/>')
        picture.write(label.x, label.y, name, "strong", anchor=label.anchor)
        picture.write(label.x, label.y + 16, more, "small", "soft", anchor=label.anchor)


def _path(dot: Point, label: _LabelPosition) -> str:
    return f"M{dot[0]:.1f},{dot[1]:.1f}L{label.x:.1f},{label.y:.1f}"


def _label_positions(dot: Point, width: float) -> Iterator[_LabelPosition]:
    """Right and left of a dot, then the same further up and down. There is always at least one."""
    x, y = dot
    for lower in (0, -34, 34, -68, 68):
        first = y - 3 + lower
        for left, anchor in ((x + 14, "start"), (x - 14 - width, "end")):
            covers = Box(left, first - 12, left + width, first + 20)
            inside = left >= LEFT and left + width <= WIDTH
            if inside and covers.top >= TOP and covers.bottom <= BOTTOM:
                at = left + width if anchor == "end" else left
                yield _LabelPosition(at, first, anchor, covers, far=lower != 0)
    yield _LabelPosition(x + 14, y - 3, "start", Box(x + 14, y - 15, x + 14 + width, y + 17))


def _is_free(box: Box, taken: Sequence[Box]) -> bool:
    return not any(
        box.left < other.right
        and other.left < box.right
        and box.top < other.bottom
        and other.top < box.bottom
        for other in taken
    )
