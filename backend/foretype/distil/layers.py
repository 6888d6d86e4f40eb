"""Which of the teacher's layers the student begins with."""

from __future__ import annotations


def chosen_layers(teacher: int, student: int) -> list[int]:
    """`student` of the layers 0 to `teacher` - 1: evenly spaced, the first and the last among them.

    Six of twelve are 0, 2, 4, 7, 9, 11, which is the choice that DistilGPT2's authors wrote down
    (`distillation/scripts/extract.py`); they give none for other numbers. One layer alone is the first.
    """
    if not 1 <= student <= teacher:
        raise ValueError(f"{student} of {teacher} layers")
    if student == 1:
        return [0]
    gaps = student - 1
    return [(2 * index * (teacher - 1) + gaps) // (2 * gaps) for index in range(student)]


def default_layers(teacher: int) -> int:
    """Half of them, as DistilGPT2 has; the odd one stays."""
    return (teacher + 1) // 2
