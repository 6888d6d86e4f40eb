"""The choice of the teacher's layers that the student starts with."""

from __future__ import annotations


def chosen_layers(teacher: int, student: int) -> list[int]:
    """Choose `student` of the layers 0 to `teacher` - 1: evenly spaced, including the first and the last.

    Six of twelve are 0, 2, 4, 7, 9, 11, which is the choice that DistilGPT2's authors wrote down
    (`distillation/scripts/extract.py`). They give none for other numbers. A single layer is the first.
    """
    if not 1 <= student <= teacher:
        raise ValueError(f"{student} of {teacher} layers")
    if student == 1:
        return [0]
    gaps = student - 1
    return [(2 * index * (teacher - 1) + gaps) // (2 * gaps) for index in range(student)]


def default_layers(teacher: int) -> int:
    """Half of the teacher's layers, as in DistilGPT2, rounded up."""
    return (teacher + 1) // 2
