"""Making a model: fetch, make the float32 graph, quantise, check, keep. It takes gigabytes of memory, so a
process that serves never does it.

After an interruption the next call continues from the last complete step: the weights if their checksum was
right, the export if it was on the disk. Incomplete files are in folders that nothing reads.
"""

from __future__ import annotations

import errno
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from foretype.models.errors import (
    DiskFullError,
    FileLimitError,
    ModelsFolderError,
    QualityRefusedError,
)
from foretype.models.manifest import (
    EMBEDDING,
    GRAPH,
    TOKENIZER,
    Figures,
    FileEntry,
    Manifest,
    PassedOver,
)
from foretype.models.prepared import Prepared, is_prepared, load_prepared, read_manifest, sha256
from foretype.models.recipe import Recipe, WheelSource
from foretype.models.store import Store, is_disk_full
from foretype.models.weights import FLOAT16, FLOAT32
from foretype.prepare.check import Measured, measure, open_reader
from foretype.prepare.fetch import Weights, fetch, has_changed
from foretype.prepare.float32 import Float32, Work, make_float32
from foretype.prepare.graph_files import save_graph
from foretype.prepare.grid import NotOnGridError
from foretype.prepare.half import halve
from foretype.prepare.packages import require_export, versions
from foretype.prepare.quantise import Blocks, quantise
from foretype.prepare.quiet import quiet
from foretype.support.machine import machine_name
from foretype.support.progress import SILENT, Progress

FULL_BELOW = 20_000_000  # bytes free: not every library says that it failed because the disk is full


def make(
    recipe: Recipe,
    models_dir: Path,
    *,
    threads: int,
    given: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Prepared:
    """The recipe's model. It is made if it is missing, or again if `force` is True.

    `given` is a folder or file in place of the recipe's source. Raises ModelError. One process prepares a
    recipe at a time; a second process waits and uses the model of the first.
    """
    store = Store(models_dir, recipe.name)
    with _disk_trouble_said(models_dir):
        with store.lock(lambda: progress.say(f"Another process is preparing {recipe.name}: waiting for it.")):
            store.tidy()
            if not force and is_prepared(store.folder):
                made = read_manifest(store.folder)
                if made.recipe_digest == recipe.digest and not has_changed(made.source, recipe, given):
                    whole = load_prepared(store.folder)
                    progress.say(f"{recipe.name} is prepared already; --force makes it again.")
                    return whole
                progress.say(
                    f"{recipe.name} was made from other weights, or by another recipe: making it again."
                )
            if not isinstance(recipe.source, WheelSource):  # its file is a GGUF file
                require_export(f"Preparing {recipe.name}")
            _require_space(recipe, store)
            with quiet():
                _Making(Work(recipe, store, threads, progress)).run(given)
        return load_prepared(store.folder)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A model with one kind of weights, and its measured figures."""

    weights: str
    folder: Path
    measured: Measured

    def passed_over(self, refused: str | None = None) -> PassedOver:
        found = self.measured
        return PassedOver(
            weights=self.weights,
            bits_per_byte=found.bits_per_byte if math.isfinite(found.bits_per_byte) else None,
            step_ms=found.step_ms,
            prefill_ms=found.prefill_ms,
            refused=refused,
        )


class _Making:
    """All steps, once. The caller holds the recipe's lock."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._recipe = work.recipe
        self._store = work.store
        self._progress = work.progress

    def run(self, given: Path | None) -> None:
        weights = fetch(self._recipe, self._store, given, self._progress)
        exact = make_float32(weights, self._work)
        best, others = self._best(exact)
        self._keep(best, others, weights, exact)

    def _best(self, exact: Float32) -> tuple[_Candidate, list[PassedOver]]:
        """The fastest candidate that is good enough, and the others. float32 is tried only if no other
        passes.
        """
        others: list[PassedOver] = []
        passed: list[_Candidate] = []
        refused: list[str] = []
        for weights in sorted(self._recipe.weights, key=lambda name: name == FLOAT32):
            if weights == FLOAT32 and passed:
                break
            try:
                folder = self._candidate_folder(exact, weights)
            except NotOnGridError as reason:
                refused.append(f"{weights}: {reason}")
                self._progress.say(f"Skipped {refused[-1]}.")
                continue
            with self._progress.step(f"check the quality of {weights}") as step:
                reader = open_reader(folder, exact.kind, exact.geometry, self._work.threads)
                measured = measure(reader, exact.text, step)
            refusal = measured.refusal(exact.bits_per_byte)
            if refusal is None:
                passed.append(_Candidate(weights, folder, measured))
            else:
                refused.append(f"{weights}: {refusal}")
                others.append(_Candidate(weights, folder, measured).passed_over(refusal))
                self._progress.say(f"Refused {refused[-1]}.")
        if not passed:
            raise QualityRefusedError(
                f"No weights of {self._recipe.name} that were tried are good enough to serve on this "
                f"machine: {'; '.join(refused)}. float32 loses no quality. An "
                "earlier model stays as it is."
            )
        best = min(passed, key=lambda candidate: candidate.measured.step_ms)
        return best, [*(one.passed_over() for one in passed if one is not best), *others]

    def _candidate_folder(self, exact: Float32, weights: str) -> Path:
        if weights == FLOAT32:
            return exact.graph
        import onnx

        if weights == FLOAT16:
            with self._progress.step("round to float16"), self._store.making(weights) as part:
                save_graph(halve(onnx.load(exact.graph / GRAPH)), part)
            return self._store.work / weights
        with self._progress.step(f"quantise to {weights}"), self._store.making(weights) as part:
            save_graph(quantise(onnx.load(exact.graph / GRAPH), Blocks.named(weights)), part)
        return self._store.work / weights

    def _keep(self, best: _Candidate, others: list[PassedOver], weights: Weights, exact: Float32) -> None:
        with self._progress.step("put the model in place"), self._store.making("whole") as part:
            for name in (GRAPH, EMBEDDING):
                if (best.folder / name).is_file():
                    _place(best.folder / name, part / name)
            _place(exact.tokeniser / TOKENIZER, part / TOKENIZER)
            files = {
                file.name: FileEntry(sha256=sha256(file), bytes=file.stat().st_size)
                for file in part.iterdir()
            }
            manifest = Manifest(
                recipe=self._recipe.name,
                recipe_digest=self._recipe.digest,
                family=self._recipe.family,
                description=self._recipe.description,
                licence=self._recipe.licence,
                source=weights.source,
                files=files,
                versions=versions(),
                graph=exact.kind,
                weights=best.weights,
                geometry=exact.geometry,
                begin_ids=tuple(int(token) for token in exact.text.ids[: len(self._recipe.begin)]),
                prompts=self._recipe.prompts,
                threshold=self._recipe.threshold,
                figures=Figures(
                    bits_per_byte_float32=exact.bits_per_byte,
                    machine=machine_name(),
                    **asdict(best.measured),
                ),
                passed_over=tuple(others),
            )
            manifest.write(part)
        self._store.install(self._store.work / "whole")


# -- parts of the steps --------------------------------------------------------


def _place(source: Path, target: Path) -> None:
    """A hard link to a file, or a copy if the file system has no hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _require_space(recipe: Recipe, store: Store) -> None:
    free = shutil.disk_usage(store.models_dir).free
    if free < recipe.work_bytes:
        raise DiskFullError(store.models_dir, recipe.work_bytes, free)


@contextmanager
def _disk_trouble_said(folder: Path) -> Iterator[None]:
    """Turn any library's error that the disk or its limits cause into a `ModelError`."""
    try:
        yield
    except Exception as error:
        if is_disk_full(error, folder, FULL_BELOW):
            raise DiskFullError(folder) from error
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            raise FileLimitError(folder) from error
        if isinstance(error, OSError) and error.errno in (errno.EROFS, errno.EIO):
            raise ModelsFolderError(folder, os.strerror(error.errno)) from error
        raise
