"""The student: made of the teacher's layers, and written to a transformers folder."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

from foretype.distil.teacher import Family, Model, TeacherFolder
from foretype.prepare.folder import CONFIG

WEIGHTS = "model.safetensors"


def make_student(teacher: Model, family: Family, layers: list[int]) -> Model:
    """A model with the teacher's embeddings, head and final norm, and with `layers` of its layers, in this
    order.

    Learned positions are the teacher's and are not trained: the authors' published command freezes them.
    """
    config = copy.deepcopy(teacher.config)
    setattr(config, family.count, len(layers))
    student = type(teacher)(config)
    student.load_state_dict(_student_weights(teacher.state_dict(), family, layers))
    for name, parameter in student.named_parameters():
        parameter.requires_grad_(name != family.positions)
    return student


def _student_weights(weights: dict[str, Any], family: Family, layers: list[int]) -> dict[str, Any]:
    chosen = {}
    for name, value in weights.items():
        if not name.startswith(family.layers):
            chosen[name] = value
            continue
        number, rest = name.removeprefix(family.layers).split(".", 1)
        if int(number) in layers:
            chosen[f"{family.layers}{layers.index(int(number))}.{rest}"] = value
    return chosen


def write_student(student: Model, teacher: TeacherFolder, folder: Path) -> None:
    """Write a transformers folder: config, the teacher's tokeniser files, weights."""
    student.save_pretrained(folder, safe_serialization=True, max_shard_size="100GB")
    for file in teacher.tokeniser_files():
        shutil.copyfile(file, folder / file.name)
    # safetensors makes its file readable to its owner only; it gets the permissions of the other files.
    (folder / WEIGHTS).chmod((folder / CONFIG).stat().st_mode)
