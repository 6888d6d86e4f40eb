"""The loss curve of a run: bits per byte of the held-out texts above, the three losses below."""

from __future__ import annotations

from collections.abc import Sequence

from foretype.distil.journal import Measured, Trained
from foretype.distil.plan import Plan
from foretype.picture import Axis, Picture, apart, spanning

WIDTH, HEIGHT = 760, 520
LEFT, RIGHT = 64, 580  # of both panels; names of lines stand to the right of them
MEASURED_TOP, MEASURED_BOTTOM = 84, 240
LOSSES_TOP, LOSSES_BOTTOM = 312, 468
MOST_POINTS = 200  # of one line: more steps are averaged

SERIES = (
    ("soft_targets", "soft targets"),
    ("language_model", "language model"),
    ("hidden_states", "hidden states"),
)


def loss_curve(trained: Sequence[Trained], measured: Sequence[Measured], plan: Plan) -> str:
    """The picture as SVG, as far as the run has come; `measured` is not empty."""
    first, last = measured[0], measured[-1]
    description = (
        f"Bits per byte of held-out texts: {last.student_bits_per_byte:.3f} after {last.step} of "
        f"{plan.steps} steps, {first.student_bits_per_byte:.3f} before; the teacher "
        f"{first.teacher_bits_per_byte:.3f}"
    )
    picture = Picture(WIDTH, HEIGHT, "Distillation", description)
    picture.text(LEFT, 28, "A student learning from its teacher", kind="title")
    picture.text(LEFT, 46, description, kind="quiet")
    across = Axis(0, max(1, plan.steps), LEFT, RIGHT)
    _measured_panel(picture, across, measured)
    if trained:
        _losses_panel(picture, across, trained)
    return picture.svg()


def _measured_panel(picture: Picture, across: Axis, measured: Sequence[Measured]) -> None:
    teacher = measured[0].teacher_bits_per_byte
    student = [(entry.step, entry.student_bits_per_byte) for entry in measured]
    up = spanning([teacher, *(bits for _, bits in student)], MEASURED_BOTTOM, MEASURED_TOP)
    picture.frame(across, up, up_name="bits per byte of held-out texts")
    points = [(across.place(step), up.place(bits)) for step, bits in student]
    level = up.place(teacher)
    picture.rule((LEFT, level), (RIGHT, level))
    picture.line(points, 0)
    for point in points:
        picture.dot(point, 0)
    student_at, teacher_at = apart([points[-1][1], level], 16)
    picture.label(RIGHT + 10, student_at + 4, f"student {student[-1][1]:.3f}", 0)
    picture.text(RIGHT + 10, teacher_at + 4, f"teacher {teacher:.3f}", kind="quiet")


def _losses_panel(picture: Picture, across: Axis, trained: Sequence[Trained]) -> None:
    lines = [averaged([(entry.step, getattr(entry, name)) for entry in trained]) for name, _ in SERIES]
    values = [value for line in lines for _, value in line]
    up = spanning(values, LOSSES_BOTTOM, LOSSES_TOP, log=True)
    picture.frame(across, up, across_name="steps", up_name="losses in training, before they are weighted")
    for colour, line in enumerate(lines):
        picture.line([(across.place(step), up.place(max(value, up.low))) for step, value in line], colour)
    ends = apart([up.place(max(line[-1][1], up.low)) for line in lines], 16)
    for colour, (line, (_, name), end) in enumerate(zip(lines, SERIES, ends, strict=True)):
        picture.label(RIGHT + 10, end + 4, f"{name} {line[-1][1]:.3f}", colour)


def averaged(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """No more than `MOST_POINTS` of them: neighbours become their mean."""
    size = -(-len(points) // MOST_POINTS)
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    return [
        (sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)) for group in groups
    ]
