"""The loss curve of a run: bits per byte of the held-out texts above, the three losses below."""

from __future__ import annotations

from collections.abc import Sequence

from foretype.distil.journal import Measured, Trained
from foretype.distil.plan import Plan
from foretype.support.picture import LEFT, Axis, Box, Panel, Picture, Tone, apart, numbered, spanning

WIDTH, HEIGHT = 780, 540
RIGHT = 580  # of both panels; names of lines stand to the right of them
MEASURED = Box(LEFT, 100, RIGHT, 256)
LOSSES = Box(LEFT, 326, RIGHT, 482)
GAP = 17  # between the names of lines
MOST_POINTS = 200  # of one line: more steps are averaged

SERIES: tuple[tuple[str, str, Tone], ...] = (
    ("soft_targets", "soft targets", "first"),
    ("language_model", "language model", "second"),
    ("hidden_states", "hidden states", "third"),
)


def loss_curve(trained: Sequence[Trained], measured: Sequence[Measured], plan: Plan) -> str:
    """The picture as SVG, as far as the run has come; `measured` is not empty."""
    first, last = measured[0], measured[-1]
    description = (
        f"Bits per byte of held-out texts: {last.student_bits_per_byte:.3f} after {last.step} of "
        f"{plan.steps} steps, {first.student_bits_per_byte:.3f} before; the teacher "
        f"{first.teacher_bits_per_byte:.3f}"
    )
    picture = Picture(WIDTH, HEIGHT, "A student learning from its teacher", description)
    _measured_panel(picture, numbered("", 0, max(1, plan.steps)), measured)
    if trained:
        _losses_panel(picture, numbered("steps", 0, max(1, plan.steps)), trained)
    return picture.svg()


def _measured_panel(picture: Picture, across: Axis, measured: Sequence[Measured]) -> None:
    teacher = measured[0].teacher_bits_per_byte
    student = [(entry.step, entry.student_bits_per_byte) for entry in measured]
    up = spanning("bits per byte of held-out texts", [teacher, *(bits for _, bits in student)])
    panel = Panel(picture, MEASURED, across, up)
    panel.line([(across.low, teacher), (across.high, teacher)], "soft", width=1.5, dashes="6 5")
    panel.line(student, "first")
    for point in student:
        panel.dot(*point, "first", hollow=True)
    heights = [panel.at(0, bits)[1] for bits in (student[-1][1], teacher)]
    student_at, teacher_at = apart(heights, GAP)
    picture.write(RIGHT + 10, student_at + 4, f"student {student[-1][1]:.3f}", "strong", "first")
    picture.write(RIGHT + 10, teacher_at + 4, f"teacher {teacher:.3f}", "", "soft")


def _losses_panel(picture: Picture, across: Axis, trained: Sequence[Trained]) -> None:
    lines = [averaged([(entry.step, getattr(entry, name)) for entry in trained]) for name, _, _ in SERIES]
    values = [value for line in lines for _, value in line]
    up = spanning("losses in training, before they are weighted", values, log=True)
    panel = Panel(picture, LOSSES, across, up)
    for line, (_, _, tone) in zip(lines, SERIES, strict=True):
        panel.line(line, tone, width=2)
    ends = apart([panel.at(*line[-1])[1] for line in lines], GAP)
    for line, (_, name, tone), end in zip(lines, SERIES, ends, strict=True):
        picture.write(RIGHT + 10, end + 4, f"{name} {line[-1][1]:.3f}", "strong", tone)


def averaged(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """No more than `MOST_POINTS` of them: neighbours become their mean."""
    size = -(-len(points) // MOST_POINTS)
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    return [
        (sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)) for group in groups
    ]
