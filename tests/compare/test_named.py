"""From the names that the user gives to models, each with a unique label."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretype.compare.errors import NotPreparedError
from foretype.compare.named import RANDOM_WEIGHTS, find_models
from latency import shapes
from tests.compare.conftest import DRAWN, LEARNT, copied


def labels(*names: object, models_dir: Path) -> list[str]:
    return [one.label for one in find_models([str(name) for name in names], models_dir)]


def test_a_name_means_the_models_folder_and_anything_else_a_folder(models_dir: Path, tmp_path: Path) -> None:
    elsewhere = copied(models_dir / LEARNT, tmp_path / "elsewhere", weights="int8-block32")
    found = find_models([LEARNT, str(elsewhere)], models_dir)
    assert [one.prepared.folder for one in found] == [models_dir / LEARNT, elsewhere]
    assert [one.label for one in found] == [LEARNT, "elsewhere"]


def test_labels_are_as_short_as_unique_labels_can_be(models_dir: Path) -> None:
    assert labels(LEARNT, DRAWN, models_dir=models_dir) == [LEARNT, DRAWN]
    assert labels(LEARNT, LEARNT, models_dir=models_dir) == [f"{LEARNT} (1)", f"{LEARNT} (2)"]
    assert labels(LEARNT, models_dir / LEARNT, models_dir=models_dir) == [
        LEARNT,
        f"{models_dir.name}/{LEARNT}",
    ]


def test_only_the_suffix_of_latency_shapes_marks_random_weights(models_dir: Path) -> None:
    assert [one.random_weights for one in find_models([LEARNT, DRAWN], models_dir)] == [False, True]
    assert shapes.SUFFIX == RANDOM_WEIGHTS


@pytest.mark.parametrize("name", ["", ".", "..", "../models"])
def test_a_name_does_not_lead_out_of_the_models_folder(
    models_dir: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotPreparedError):
        find_models([name], models_dir / LEARNT)
