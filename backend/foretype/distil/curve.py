"""The picture of a run: bits per byte of the held-out texts above, the three training losses below."""

from __future__ import annotations

from collections.abc import Sequence

from foretype.distil.journal import Evaluation, TrainingStep
from foretype.distil.plan import TrainingPlan
from foretype.support.picture import (
    LEFT,
    Axis,
    Box,
    Panel,
    Picture,
    Tone,
    axis_around,
    axis_between,
    moved_apart,
)

WIDTH, HEIGHT = 780, 540
RIGHT = 580  # right edge of both panels; the names of the lines are to the right of it
BITS_PANEL = Box(LEFT, 100, RIGHT, 256)
LOSSES_PANEL = Box(LEFT, 326, RIGHT, 482)
NAME_GAP = 17  # pixels between the names of two lines
MAX_POINTS = 200  # of one line

SERIES: tuple[tuple[str, str, Tone], ...] = (
    ("soft_targets", "soft targets", "first"),
    ("language_model", "language model", "second"),
    ("hidden_states", "hidden states", "third"),
)


def loss_curve(steps: Sequence[TrainingStep], evaluations: Sequence[Evaluation], plan: TrainingPlan) -> str:
    """The picture as SVG, of the run so far. `evaluations` must not be empty."""
    first, last = evaluations[0], evaluations[-1]
    description = (
        f"Bits per byte of held-out texts: {last.student_bits_per_byte:.3f} after {last.step} of "
        f"{plan.steps} steps, {first.student_bits_per_byte:.3f} before; the teacher has "
        f"{first.teacher_bits_per_byte:.3f}"
    )
    picture = Picture(WIDTH, HEIGHT, "A student learning from its teacher", description)
    _draw_bits(picture, axis_between("", 0, max(1, plan.steps)), evaluations)
    if steps:
        _draw_losses(picture, axis_between("steps", 0, max(1, plan.steps)), steps)
    return picture.svg()


def _draw_bits(picture: Picture, across: Axis, evaluations: Sequence[Evaluation]) -> None:
    teacher = evaluations[0].teacher_bits_per_byte
    student = [(entry.step, entry.student_bits_per_byte) for entry in evaluations]
    up = axis_around("bits per byte of held-out texts", [teacher, *(bits for _, bits in student)])
    panel = Panel(picture, BITS_PANEL, across, up)
    panel.line([(across.low, teacher), (across.high, teacher)], "soft", width=1.5, dashes="6 5")
    panel.line(student, "first")
    for point in student:
        panel.dot(*point, "first", hollow=True)
    heights = [panel.at(0, bits)[1] for bits in (student[-1][1], teacher)]
    student_at, teacher_at = moved_apart(heights, NAME_GAP)
    picture.write(RIGHT + 10, student_at + 4, f"student {student[-1][1]:.3f}", "strong", "first")
    picture.write(RIGHT + 10, teacher_at + 4, f"teacher {teacher:.3f}", "", "soft")


def _draw_losses(picture: Picture, across: Axis, steps: Sequence[TrainingStep]) -> None:
    lines = [averaged([(entry.step, getattr(entry, name)) for entry in steps]) for name, _, _ in SERIES]
    values = [value for line in lines for _, value in line]
    up = axis_around("training losses, unweighted", values, log=True)
    panel = Panel(picture, LOSSES_PANEL, across, up)
    for line, (_, _, tone) in zip(lines, SERIES, strict=True):
        panel.line(line, tone, width=2)
    ends = moved_apart([panel.at(*line[-1])[1] for line in lines], NAME_GAP)
    for line, (_, name, tone), end in zip(lines, SERIES, ends, strict=True):
        picture.write(RIGHT + 10, end + 4, f"{name} {line[-1][1]:.3f}", "strong", tone)


def averaged(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most `MAX_POINTS` points: if there are more, neighbours are replaced by their mean."""
    size = -(-len(points) // MAX_POINTS)
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    return [
        (sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)) for group in groups
    ]
