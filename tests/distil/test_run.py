"""Whole runs with tiny teachers: the student is as expected, and an interruption changes nothing."""

from __future__ import annotations

import errno
import json
import math
import shutil
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from foretype.distil import run as running
from foretype.distil import teacher as distil_teacher
from foretype.distil.errors import (
    BadPlanError,
    BadTeacherError,
    BadTextsError,
    CheckpointError,
    DistilDiskFullError,
    DistilError,
    NotANumberError,
    OtherRunError,
    OutFolderError,
    StoppedError,
)
from foretype.distil.journal import Evaluation, TrainingStep, read_journal
from foretype.distil.plan import PlanOptions, TrainingPlan
from foretype.distil.run import FinishedRun, RunRequest, TrainingProgress, distil
from foretype.distil.run_folder import RunFolder
from foretype.models.manifest import GRAPH, MANIFEST
from foretype.support.progress import SILENT, Progress

OPTIONS = PlanOptions(steps=8, every=3, length=32, batch_size=2, learning_rate=1e-3)
WEIGHTS = "model.safetensors"


class Crash(BaseException):
    """Stands for the death of the process: nothing catches it, nothing is saved."""


class Diary:
    """Records the progress of a run. Crashes after step `crash_at`."""

    def __init__(self, crash_at: int | None = None) -> None:
        self.steps: list[int] = []
        self.evaluations: list[int] = []
        self.measuring_now = False
        self._crash_at = crash_at

    @contextmanager
    def preparing(self) -> Iterator[Progress]:
        yield SILENT

    @contextmanager
    def training(self, plan: TrainingPlan, done: int) -> Iterator[TrainingProgress]:
        yield self

    def trained(self, entry: TrainingStep) -> None:
        self.steps.append(entry.step)
        self.measuring_now = False
        if entry.step == self._crash_at:
            raise Crash

    def measuring(self, done: int, total: int) -> None:
        self.measuring_now = True

    def measured(self, entry: Evaluation) -> None:
        self.evaluations.append(entry.step)


def never() -> bool:
    return False


def make(
    run_request: RunRequest, diary: Diary | None = None, stop: Callable[[], bool] = never
) -> FinishedRun:
    return distil(run_request, diary or Diary(), stop)


def losses(out: Path) -> list[object]:
    """All entries of the journal, without their speed."""
    return [
        replace(entry, tokens_per_second=0) if isinstance(entry, TrainingStep) else entry
        for entry in read_journal(out / "training.jsonl")
    ]


@pytest.fixture
def run_request(gpt2: Path, texts: Path, tmp_path: Path) -> RunRequest:
    return RunRequest(gpt2, texts, tmp_path / "out", OPTIONS)


@pytest.fixture(scope="session")
def whole(gpt2: Path, texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an uninterrupted run."""
    out = tmp_path_factory.mktemp("whole") / "out"
    make(RunRequest(gpt2, texts, out, OPTIONS))
    return out


# -- what the student becomes --------------------------------------------------------


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_student_comes_nearer_to_its_teacher_at_every_evaluation(
    family: str, texts: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    teacher: Path = request.getfixturevalue(family)
    options = PlanOptions(steps=36, every=12, length=64, learning_rate=1e-3)
    student = make(RunRequest(teacher, texts, tmp_path / "out", options))
    entries = read_journal(tmp_path / "out" / "training.jsonl")
    bits = [entry.student_bits_per_byte for entry in entries if isinstance(entry, Evaluation)]
    assert len(bits) == 4
    assert all(after < before for before, after in pairwise(bits))
    assert bits[-1] - student.last.teacher_bits_per_byte < 0.5 * (
        bits[0] - student.last.teacher_bits_per_byte
    )
    trained = [entry for entry in entries if isinstance(entry, TrainingStep)]
    for part in ("loss", "soft_targets", "hidden_states"):
        early, late = (
            np.mean([getattr(entry, part) for entry in some]) for some in (trained[:10], trained[-10:])
        )
        assert late < early


def test_the_folder_holds_a_transformers_model_with_the_teachers_tokeniser(whole: Path, gpt2: Path) -> None:
    student = AutoModelForCausalLM.from_pretrained(whole)
    teacher = AutoModelForCausalLM.from_pretrained(gpt2)
    assert (student.config.n_layer, teacher.config.n_layer) == (2, 4)
    ids = AutoTokenizer.from_pretrained(whole).encode("Please sign the report", return_tensors="pt")
    assert student(ids).logits.shape == teacher(ids).logits.shape
    assert torch.equal(student.transformer.wpe.weight, teacher.transformer.wpe.weight)
    assert student.lm_head.weight.data_ptr() == student.transformer.wte.weight.data_ptr()
    assert sorted(file.name for file in (whole / "run").iterdir()) == ["lock", "plan.json"]


def test_bits_per_byte_are_the_cost_of_predicting_the_held_out_texts(gpt2: Path, tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for name in "abcdefghij":
        (folder / f"{name}.txt").write_text(f"Please {name * 90} today.\n")
    options = PlanOptions(layers=4, steps=1, length=96, batch_size=1)
    first = make(RunRequest(gpt2, folder, tmp_path / "out", options)).first
    assert first.student_bits_per_byte == first.teacher_bits_per_byte  # all of its layers: the teacher itself
    model, tokeniser = AutoModelForCausalLM.from_pretrained(gpt2).eval(), AutoTokenizer.from_pretrained(gpt2)
    candidates = []
    for file in folder.iterdir():
        text = file.read_text()
        ids = torch.tensor([[0, *tokeniser.encode(text)]])
        with torch.no_grad():
            windows = [ids[:, :97], ids[:, 96:]]
            nats = sum(
                -torch.log_softmax(model(window[:, :-1]).logits[0], -1)
                .gather(1, window[0, 1:, None])
                .sum()
                .item()
                for window in windows
            )
        candidates.append(nats / math.log(2) / len(text.encode()))
    assert min(abs(first.teacher_bits_per_byte - found) for found in candidates) < 1e-4


def test_the_curve_is_a_picture_with_the_figures(whole: Path) -> None:
    picture = ElementTree.parse(whole / "loss.svg").getroot()
    words = " ".join(picture.itertext())
    last = [entry for entry in read_journal(whole / "training.jsonl") if isinstance(entry, Evaluation)][-1]
    for expected in (
        f"student {last.student_bits_per_byte:.3f}",
        f"teacher {last.teacher_bits_per_byte:.3f}",
        "soft targets",
    ):
        assert expected in words


def test_a_student_is_made_ready_to_serve_like_any_model(whole: Path, tmp_path: Path) -> None:
    from foretype.models.recipe import FolderSource, Recipe
    from foretype.prepare.make import make as prepare

    recipe = Recipe(
        name="student",
        description="A student",
        licence="Apache-2.0",
        family="gpt2",
        parameters=100_000,
        context_length=96,
        begin=("<|endoftext|>",),
        weights=("float32",),
        source=FolderSource(kind="folder", path=whole),
    )
    prepared = prepare(recipe, tmp_path / "build", threads=1)
    assert (prepared.manifest.graph, prepared.manifest.geometry.layers) == ("fused", 2)


# -- interruptions --------------------------------------------------------


@pytest.mark.parametrize("step", [3, 7])
def test_a_stopped_and_continued_run_equals_an_uninterrupted_run(
    run_request: RunRequest, whole: Path, step: int
) -> None:
    diary = Diary()
    with pytest.raises(StoppedError) as stopped:
        make(run_request, diary, stop=lambda: len(diary.steps) == step)
    assert stopped.value.step == step
    later = Diary()
    make(replace(run_request, resume=True), later)
    assert later.steps == list(range(step + 1, 9))
    assert (run_request.out / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    assert losses(run_request.out) == losses(whole)


@pytest.mark.parametrize(("step", "again"), [(2, 1), (8, 7)])
def test_a_run_whose_process_died_continues_from_its_last_checkpoint(
    run_request: RunRequest, whole: Path, step: int, again: int
) -> None:
    with pytest.raises(Crash):
        make(run_request, Diary(crash_at=step))
    with (run_request.out / "training.jsonl").open("a") as journal:
        journal.write('{"step": 99, "lo')  # a line that was being written
    later = Diary()
    make(replace(run_request, resume=True), later)
    assert later.steps[0] == again
    assert (run_request.out / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    assert losses(run_request.out) == losses(whole)


def test_a_run_can_be_stopped_while_it_measures(run_request: RunRequest, whole: Path) -> None:
    diary = Diary()
    with pytest.raises(StoppedError):
        make(run_request, diary, stop=lambda: diary.steps == [1, 2, 3] and diary.measuring_now)
    assert 3 not in diary.evaluations
    make(replace(run_request, resume=True))
    assert losses(run_request.out) == losses(whole)


def test_a_student_that_could_not_be_put_in_place_is_put_there_later(
    run_request: RunRequest, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(running, "write_student", _crash)
        with pytest.raises(Crash):
            make(run_request)
    assert not (run_request.out / WEIGHTS).exists()
    later = Diary()
    make(replace(run_request, resume=True), later)
    assert (later.steps, later.evaluations) == ([], [])
    assert (run_request.out / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()


def _crash(*_: object) -> None:
    raise Crash


def test_resuming_a_finished_run_returns_it_and_trains_nothing(
    run_request: RunRequest, whole: Path, tmp_path: Path
) -> None:
    shutil.copytree(whole, run_request.out)
    diary = Diary()
    student = make(replace(run_request, resume=True), diary)
    assert student.last.step == 8
    assert diary.steps == []


def test_resume_begins_a_run_if_there_is_none(run_request: RunRequest) -> None:
    assert make(replace(run_request, options=replace(OPTIONS, steps=1), resume=True)).last.step == 1


def test_a_run_that_failed_before_its_first_step_can_be_begun_again(
    run_request: RunRequest, tmp_path: Path
) -> None:
    """The teacher's weights were cut off. Once they are complete, the same command begins a run."""
    whole = run_request.teacher / "model.safetensors"
    cut = Path(shutil.copytree(run_request.teacher, tmp_path / "cut"))
    (cut / "model.safetensors").write_bytes(whole.read_bytes()[:5000])
    for resume in (False, True):
        with pytest.raises(BadTeacherError):
            make(replace(run_request, teacher=cut, resume=resume))
    assert make(replace(run_request, options=replace(OPTIONS, steps=1))).last.step == 1
    student = run_request.out / "model.safetensors"
    assert student.stat().st_mode == (run_request.out / "config.json").stat().st_mode


def test_a_teacher_without_read_permission_is_refused_with_a_sentence(
    run_request: RunRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(file: Path) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(file))

    monkeypatch.setattr(distil_teacher, "sha256", refused)
    with pytest.raises(BadTeacherError, match=r"model\.safetensors cannot be read \(Permission denied\)\."):
        make(run_request)


# -- what is refused --------------------------------------------------------


def test_an_unfinished_run_is_not_begun_again_by_mistake(run_request: RunRequest) -> None:
    with pytest.raises(StoppedError):
        make(run_request, stop=lambda: True)
    with pytest.raises(OutFolderError, match=r"a run that is not finished\. Continue it with --resume"):
        make(run_request)


def test_continuing_with_other_settings_is_refused_and_names_them(
    run_request: RunRequest, llama: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoppedError):
        make(run_request, stop=lambda: True)
    other = replace(run_request, resume=True, options=PlanOptions(temperature=3.0, length=32))
    with pytest.raises(OtherRunError, match=r"its --temperature is 2\.0, not 3\.0") as refused:
        make(other)
    assert len(refused.value.differences) == 1
    with pytest.raises(OtherRunError, match=r"its teacher, from .*, has other weights"):
        make(replace(run_request, resume=True, teacher=llama))
    with pytest.raises(OtherRunError, match="its texts are"):
        make(replace(run_request, resume=True, texts=tmp_path))
    make(replace(run_request, resume=True, options=PlanOptions()))


def test_a_folder_with_other_things_in_it_is_left_alone(run_request: RunRequest, tmp_path: Path) -> None:
    run_request.out.mkdir()
    (run_request.out / "thesis.txt").write_text("mine")
    with pytest.raises(OutFolderError, match="not empty and holds no run"):
        make(run_request)
    assert [file.name for file in run_request.out.iterdir()] == ["thesis.txt"]
    with pytest.raises(OutFolderError, match="is a file"):
        make(replace(run_request, out=run_request.out / "thesis.txt"))


def test_two_processes_do_not_work_on_one_folder(run_request: RunRequest) -> None:
    with RunFolder(run_request.out).locked(), pytest.raises(OutFolderError, match="Another process"):
        make(run_request)


def altered(folder: Path, copy: Path, **config: object) -> Path:
    """A copy of a teacher's folder with other values in its config."""
    shutil.copytree(folder, copy)
    file = copy / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **config}))
    return copy


def prepared_files(folder: Path) -> None:
    for name in (MANIFEST, GRAPH):
        (folder / name).touch()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: shutil.rmtree(folder), "There is no folder"),
        (lambda folder: (folder / "config.json").unlink(), "it needs a transformers config.json"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json is not JSON"),
        (lambda folder: (folder / WEIGHTS).unlink(), "holds no weights"),
        (lambda folder: (folder / WEIGHTS).write_bytes(b"\0" * 99), "weights .* cannot be read"),
        (
            lambda folder: (folder / WEIGHTS).rename(folder / "pytorch_model.bin"),
            r"no weights as \.safetensors",
        ),
        (lambda folder: prepared_files(folder), "holds a prepared model"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "holds no tokeniser"),
        (lambda folder: (folder / "tokenizer.json").write_text("{}"), "tokeniser .* cannot be read"),
    ],
)
def test_a_folder_that_holds_no_teacher_is_refused(
    run_request: RunRequest, tmp_path: Path, change: Callable[[Path], object], said: str
) -> None:
    folder = altered(run_request.teacher, tmp_path / "teacher")
    change(folder)
    with pytest.raises(BadTeacherError, match=said):
        make(replace(run_request, teacher=folder))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            {"model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"]},
            "is a GPTNeoXForCausalLM; only GPT2LMHeadModel or LlamaForCausalLM can be distilled",
        ),
        ({"architectures": ["GPT2ForSequenceClassification"]}, "is a GPT2ForSequenceClassification"),
        ({"vocab_size": 200}, "has 257 tokens, the model only 200"),
        ({"n_layer": 5}, "are incomplete: 12 are missing"),
    ],
)
def test_a_teacher_of_another_kind_is_refused(
    run_request: RunRequest, tmp_path: Path, config: dict[str, object], said: str
) -> None:
    folder = altered(run_request.teacher, tmp_path / "teacher", **config)
    with pytest.raises(BadTeacherError, match=said):
        make(replace(run_request, teacher=folder))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (PlanOptions(layers=5), "--layers is 5; the teacher has 4: choose 1 to 4"),
        (PlanOptions(length=97), "--length is 97; the teacher reads up to 96"),
        (PlanOptions(temperature=0), "--temperature is 0; it must be more than 0"),
        (PlanOptions(learning_rate=0), "--learning-rate is 0; it must be more than 0"),
        (PlanOptions(alpha_soft=0, alpha_language=0, alpha_hidden=0), "nothing to train on"),
    ],
)
def test_options_that_do_not_fit_are_refused_and_leave_no_folder(
    run_request: RunRequest, options: PlanOptions, said: str
) -> None:
    with pytest.raises(BadPlanError, match=said):
        make(replace(run_request, options=options))
    assert not run_request.out.exists()


def test_too_little_text_is_refused_with_what_one_step_takes(run_request: RunRequest) -> None:
    with pytest.raises(BadTextsError, match=r"tokens to train on; one step takes 96,000\."):
        make(replace(run_request, options=PlanOptions(batch_size=1000, length=96)))
    assert not run_request.out.exists()


Usage = namedtuple("Usage", "total used free")


def test_too_little_disk_space_is_reported_before_the_work(
    run_request: RunRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9 - 1000, 1000))
    with pytest.raises(DistilDiskFullError, match=r"GB are needed, 0\.00 GB are free"):
        make(run_request)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), RuntimeError("write failed")])
def test_a_disk_that_fills_up_costs_no_checkpoint(
    run_request: RunRequest, whole: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    save = torch.save

    def failing(state: dict[str, object], part: Path) -> None:
        save(state, part)
        if state["step"] == 6:
            part.write_bytes(b"half")
            monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9, 0))
            raise error

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", failing)
        with pytest.raises(DistilDiskFullError, match="run the command again with --resume"):
            make(run_request)
    monkeypatch.undo()
    later = Diary()
    make(replace(run_request, resume=True), later)
    assert later.steps[0] == 4
    assert (run_request.out / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()


def test_a_damaged_checkpoint_is_reported(run_request: RunRequest) -> None:
    with pytest.raises(StoppedError):
        make(run_request, stop=lambda: True)
    checkpoint = run_request.out / "run" / "checkpoint.pt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="Remove it to begin this run again"):
        make(replace(run_request, resume=True))
    checkpoint.unlink()
    make(replace(run_request, resume=True, options=PlanOptions()))


def test_a_loss_that_is_no_number_ends_the_run(run_request: RunRequest) -> None:
    with pytest.raises(NotANumberError, match="lower --learning-rate"):
        make(replace(run_request, options=replace(OPTIONS, learning_rate=1e30)))


def test_every_error_is_one_that_the_command_prints() -> None:
    for kind in (BadPlanError, BadTeacherError, BadTextsError, CheckpointError, OtherRunError):
        assert issubclass(kind, DistilError)


def test_batches_that_are_added_up_are_one_large_batch(run_request: RunRequest, tmp_path: Path) -> None:
    calm = altered(run_request.teacher, tmp_path / "calm", resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)

    def trained(batch_size: int, accumulate: int) -> list[float]:
        out = tmp_path / f"{batch_size}-{accumulate}"
        options = replace(OPTIONS, steps=3, batch_size=batch_size, accumulate=accumulate)
        make(replace(run_request, teacher=calm, out=out, options=options))
        return [
            entry.loss for entry in read_journal(out / "training.jsonl") if isinstance(entry, TrainingStep)
        ]

    assert trained(8, 1) == pytest.approx(trained(2, 4), rel=1e-4)
