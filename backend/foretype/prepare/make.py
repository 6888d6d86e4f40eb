"""Making a model: fetch, export, fuse, quantise, check, keep. It takes minutes and gigabytes, so a process
that serves never does it.

After an interruption the next call continues from the last complete step: the weights if their checksum was
right, the export if it was on the disk. Incomplete files are in folders that nothing reads.
"""

from __future__ import annotations

import errno
import hashlib
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from foretype import __version__
from foretype.models.errors import (
    DiskFullError,
    FileLimitError,
    ModelsFolderError,
    NotAModelError,
    QualityRefusedError,
)
from foretype.models.manifest import (
    EMBEDDING,
    GRAPH,
    TOKENIZER,
    Figures,
    FileEntry,
    Geometry,
    Manifest,
    PassedOver,
)
from foretype.models.prepared import Prepared, is_prepared, load_prepared, read_manifest, sha256
from foretype.models.recipe import Recipe
from foretype.models.store import Store, is_disk_full
from foretype.models.weights import FLOAT16, FLOAT32
from foretype.prepare.check import (
    LOGITS_APART_AT_MOST,
    ExportReader,
    GateText,
    Logits,
    Measured,
    measure,
    open_reader,
)
from foretype.prepare.export import export
from foretype.prepare.fetch import Weights, fetch, has_changed
from foretype.prepare.gate import gate_text
from foretype.prepare.grid import NotOnGridError
from foretype.prepare.half import halve
from foretype.prepare.quantise import Blocks, quantise
from foretype.prepare.quiet import quiet
from foretype.runtime.providers import installed_versions
from foretype.support.machine import machine_name
from foretype.support.progress import SILENT, Progress
from foretype.support.wording import first_line

PACKAGES = ("torch", "transformers", "optimum", "optimum-onnx", "onnx", "onnxruntime", "onnxruntime-gpu")
FULL_BELOW = 20_000_000  # bytes free: not every library says that it failed because the disk is full

GraphKind = Literal["fused", "plain"]


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
            _require_space(recipe, store)
            with quiet():
                _Making(recipe, store, threads, progress).run(given)
        return load_prepared(store.folder)


@dataclass(frozen=True, slots=True)
class _Reference:
    """The result of Optimum's float32 export for the text."""

    logits: Logits
    bits_per_byte: float


@dataclass(frozen=True, slots=True)
class _Graph:
    """The float32 graph from which candidates are made."""

    kind: GraphKind
    folder: Path


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

    def __init__(self, recipe: Recipe, store: Store, threads: int, progress: Progress) -> None:
        self._recipe = recipe
        self._store = store
        self._threads = threads
        self._progress = progress

    def run(self, given: Path | None) -> None:
        weights = fetch(self._recipe, self._store, given, self._progress)
        exported = self._export(weights)
        config = _read_config(exported)
        geometry = _geometry(config, self._recipe)
        text = _gate_text(exported / TOKENIZER, self._recipe, geometry.context_length)
        reference = self._reference(exported, geometry, text)
        graph = self._fuse(exported, config, geometry, text, reference)
        best, others = self._best(graph, geometry, text, reference)
        self._keep(best, others, weights, exported, graph, geometry, text, reference)

    # -- the steps, in their order --------------------------------------------------------

    def _export(self, weights: Weights) -> Path:
        """The export's folder. An export that an earlier try made from the same weights is used again."""
        name = f"export-{_export_key(weights)}"
        folder = self._store.work / name
        if not folder.is_dir():
            with self._store.making(name) as part:
                export(weights, self._recipe, part, self._progress)
        return folder

    def _reference(self, exported: Path, geometry: Geometry, text: GateText) -> _Reference:
        with self._progress.step("read the text with the float32 export"):
            reader = ExportReader(exported / GRAPH, geometry, self._threads)
            try:
                logits = reader.read(text.ids)
            except MemoryError:
                raise
            except Exception as error:  # ONNX Runtime's own errors, and numpy's for shapes that do not match
                raise NotAModelError(
                    f"The export of {self._recipe.name} ({self._recipe.family}) does not take past key "
                    f"values as Foretype keeps them, so it cannot be served: {first_line(error)}"
                ) from error
            if not np.isfinite(logits).all():
                raise NotAModelError(
                    f"The model {self._recipe.name} gives logits that are not numbers, so its weights are "
                    "damaged. Copy them again."
                )
            return _Reference(logits, text.bits_per_byte(logits))

    def _fuse(
        self, exported: Path, config: Any, geometry: Geometry, text: GateText, reference: _Reference
    ) -> _Graph:
        """The float32 graph from which candidates are made: fused, or the export if it cannot be fused."""
        import onnx

        from foretype.prepare.fuse import NotFusableError, fuse

        try:
            with self._progress.step("fuse the graph"):
                fused = fuse(onnx.load(exported / GRAPH), config, geometry)
                with self._store.making("fused") as part:
                    _save(fused, part)
        except NotFusableError as reason:
            self._progress.say(f"Optimum's export will be served without fusing, which is slower: {reason}.")
            return _Graph("plain", exported)
        folder = self._store.work / "fused"
        with self._progress.step("compare the fused graph with the export"):
            reader = open_reader(folder, "fused", geometry, self._threads)
            apart = float(np.abs(reader.read(text.ids) - reference.logits).max())
        if not apart <= LOGITS_APART_AT_MOST:
            raise QualityRefusedError(
                f"The fused graph of {self._recipe.name} does not give the export's logits: they are "
                f"{apart:.2g} apart."
            )
        return _Graph("fused", folder)

    def _best(
        self, graph: _Graph, geometry: Geometry, text: GateText, reference: _Reference
    ) -> tuple[_Candidate, list[PassedOver]]:
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
                folder = self._candidate_folder(graph, weights)
            except NotOnGridError as reason:
                refused.append(f"{weights}: {reason}")
                self._progress.say(f"Skipped {refused[-1]}.")
                continue
            with self._progress.step(f"check the quality of {weights}") as step:
                measured = measure(open_reader(folder, graph.kind, geometry, self._threads), text, step)
            refusal = measured.refusal(reference.bits_per_byte)
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

    def _candidate_folder(self, graph: _Graph, weights: str) -> Path:
        if weights == FLOAT32:
            return graph.folder
        import onnx

        if weights == FLOAT16:
            with self._progress.step("round to float16"), self._store.making(weights) as part:
                _save(halve(onnx.load(graph.folder / GRAPH)), part)
            return self._store.work / weights
        with self._progress.step(f"quantise to {weights}"), self._store.making(weights) as part:
            _save(quantise(onnx.load(graph.folder / GRAPH), Blocks.named(weights)), part)
        return self._store.work / weights

    def _keep(
        self,
        best: _Candidate,
        others: list[PassedOver],
        weights: Weights,
        exported: Path,
        graph: _Graph,
        geometry: Geometry,
        text: GateText,
        reference: _Reference,
    ) -> None:
        with self._progress.step("put the model in place"), self._store.making("whole") as part:
            for name in (GRAPH, EMBEDDING):
                if (best.folder / name).is_file():
                    _place(best.folder / name, part / name)
            _place(exported / TOKENIZER, part / TOKENIZER)
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
                versions=_versions(),
                graph=graph.kind,
                weights=best.weights,
                geometry=geometry,
                begin_ids=tuple(int(token) for token in text.ids[: len(self._recipe.begin)]),
                prompts=self._recipe.prompts,
                threshold=self._recipe.threshold,
                figures=Figures(
                    bits_per_byte_float32=reference.bits_per_byte,
                    machine=machine_name(),
                    **asdict(best.measured),
                ),
                passed_over=tuple(others),
            )
            manifest.write(part)
        self._store.install(self._store.work / "whole")


# -- parts of the steps --------------------------------------------------------


def _export_key(weights: Weights) -> str:
    """A name for the export that depends on its weights and packages, so that no other is used."""
    parts = [weights.source.model_dump_json(), *_versions().values()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _versions() -> dict[str, str]:
    """Versions of the installed packages that make a model. ONNX Runtime has one of two names."""
    return {"foretype": __version__, **installed_versions(PACKAGES)}


def _read_config(exported: Path) -> Any:
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(exported, local_files_only=True, trust_remote_code=False)


def _geometry(config: Any, recipe: Recipe) -> Geometry:
    heads = config.num_attention_heads
    return Geometry(
        layers=config.num_hidden_layers,
        kv_heads=getattr(config, "num_key_value_heads", None) or heads,
        head_dim=getattr(config, "head_dim", None) or config.hidden_size // heads,
        vocab_size=config.vocab_size,
        context_length=min(
            recipe.context_length, getattr(config, "max_position_embeddings", None) or recipe.context_length
        ),
    )


def _gate_text(tokeniser_file: Path, recipe: Recipe, context_length: int) -> GateText:
    """The gate's text as this model's tokens, cut to its context."""
    from tokenizers import Tokenizer

    tokeniser = Tokenizer.from_file(str(tokeniser_file))
    begin = [_begin_id(tokeniser, token, recipe) for token in recipe.begin]
    text = gate_text()
    encoded = tokeniser.encode(text, add_special_tokens=False)
    kept = encoded.ids[: context_length - len(begin)]
    end = encoded.offsets[len(kept) - 1][1]
    return GateText(ids=np.array([*begin, *kept], np.int64), begin=len(begin), bytes=len(text[:end].encode()))


def _begin_id(tokeniser: Any, token: str, recipe: Recipe) -> int:
    found = tokeniser.token_to_id(token)
    if found is None:
        raise NotAModelError(
            f"The tokeniser of {recipe.name} has no token “{token}”, with which its recipe begins every text."
        )
    return int(found)


def _save(model: Any, folder: Path) -> None:
    """Write a graph, and the embedding of a fused graph to a file beside it. That file is mapped, so only the
    rows in use take memory.

    Quantised weights must not be in that file: if they are mapped, a step takes 2.5 times as long (AVX2, ONNX
    Runtime 1.32).
    """
    import onnx
    from onnx.external_data_helper import set_external_data

    for tensor in model.graph.initializer:
        if tensor.name == "embedding":
            set_external_data(tensor, location=EMBEDDING)
    onnx.save(model, folder / GRAPH)
    if (folder / EMBEDDING).exists():
        (folder / EMBEDDING).chmod((folder / GRAPH).stat().st_mode)  # onnx: for the owner only


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
