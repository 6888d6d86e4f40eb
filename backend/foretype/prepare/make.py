"""Making a model: fetch, make the float32 graph, quantise, check, keep. It takes gigabytes of memory, so a
process that serves never does it.

After an interruption the next call continues from the last complete step: the weights if their checksum was
right, the export if it was on the disk. Incomplete files are in folders that nothing reads.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from foretype.engine.vocabulary import Vocabulary
from foretype.models.errors import (
    DiskFullError,
    FileLimitError,
    ModelsFolderError,
)
from foretype.models.field_kind import FieldKind
from foretype.models.manifest import (
    EMBEDDING,
    GRAPH,
    TOKENIZER,
    WORD_ENDS,
    Figures,
    FileEntry,
    Manifest,
    PassedOver,
)
from foretype.models.prepared import Prepared, is_prepared, load_prepared, read_manifest, sha256
from foretype.models.recipe import Recipe, WheelSource
from foretype.models.store import Store, is_disk_full
from foretype.prepare.candidates import Chosen, choose_weights
from foretype.prepare.fetch import Weights, fetch, has_changed
from foretype.prepare.float32 import Float32, Work, make_float32
from foretype.prepare.packages import require_export, versions
from foretype.prepare.quiet import quiet
from foretype.prepare.word_ends import measure_word_ends
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
                is_current = made.recipe_digest == recipe.digest and not _lacks_word_ends(made)
                if is_current and not has_changed(made.source, recipe, given):
                    whole = load_prepared(store.folder)
                    progress.say(f"{recipe.name} is prepared already; --force makes it again.")
                    return whole
                progress.say(
                    f"{recipe.name} was made from other weights, by another recipe or by an earlier version: "
                    "making it again."
                )
            if not isinstance(recipe.source, WheelSource):  # its file is a GGUF file
                require_export(f"Preparing {recipe.name}")
            _require_space(recipe, store)
            with quiet():
                _Making(Work(recipe, store, threads, progress)).run(given)
        return load_prepared(store.folder)


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
        chosen, others = choose_weights(exact, self._work)
        self._note_word_ends(chosen.folder, exact)
        self._keep(chosen, others, weights, exact)

    def _note_word_ends(self, folder: Path, exact: Float32) -> None:
        """Only the fused graph reads many tokens after one text in one run; other models serve without it."""
        if exact.kind != "fused":
            return
        with self._progress.step("measure where words end"):
            vocabulary = Vocabulary.load(exact.tokeniser, exact.geometry.vocab_size)
            begin = exact.text.ids[: len(self._recipe.begin)].tolist()
            prompt = self._recipe.prompts.get(FieldKind.EMAIL, "")
            measured = measure_word_ends(
                folder / GRAPH, exact.geometry, vocabulary, begin, prompt, self._work.threads
            )
            np.save(folder / WORD_ENDS, measured)

    def _keep(self, chosen: Chosen, others: list[PassedOver], weights: Weights, exact: Float32) -> None:
        with self._progress.step("put the model in place"), self._store.making("whole") as part:
            for name in (GRAPH, EMBEDDING, WORD_ENDS):
                if (chosen.folder / name).is_file():
                    _place(chosen.folder / name, part / name)
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
                weights=chosen.weights,
                geometry=exact.geometry,
                begin_ids=tuple(int(token) for token in exact.text.ids[: len(self._recipe.begin)]),
                prompts=self._recipe.prompts,
                threshold=self._recipe.threshold,
                thresholds=self._recipe.thresholds,
                languages=self._recipe.languages,
                figures=Figures(
                    bits_per_byte_float32=exact.bits_per_byte,
                    bits_per_byte=chosen.bits_per_byte,
                    bits_per_byte_stepwise=chosen.bits_per_byte_stepwise,
                    step_ms=chosen.speed.step_ms,
                    prefill_ms=chosen.speed.prefill_ms,
                    machine=machine_name(),
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


def _lacks_word_ends(made: Manifest) -> bool:
    """Whether an earlier version made the model, without the table that saves runs."""
    return made.graph == "fused" and WORD_ENDS not in made.files


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
