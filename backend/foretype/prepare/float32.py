"""The float32 model from which the candidates are made: its fused graph, its tokeniser, and its quality.

The weights of a GGUF file become the fused graph directly. Other weights are exported by Optimum first, and
the fused graph is compared with the export.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from foretype.engine.vocabulary import UnsupportedTokenizerError, Vocabulary
from foretype.models.errors import NotAModelError, QualityRefusedError
from foretype.models.manifest import GRAPH, TOKENIZER, Geometry
from foretype.models.recipe import Recipe
from foretype.models.store import Store
from foretype.prepare.check import (
    LOGITS_APART_AT_MOST,
    ExportReader,
    GateText,
    Logits,
    Reader,
    open_reader,
    tokens_of_gate,
)
from foretype.prepare.fetch import Weights
from foretype.prepare.gguf_file import GgufFile, UnknownGgufError
from foretype.prepare.graph_files import save_graph
from foretype.prepare.packages import require_export, versions
from foretype.support.progress import Progress
from foretype.support.wording import first_line

GraphKind = Literal["fused", "plain"]


@dataclass(frozen=True, slots=True)
class Work:
    """The values that the steps of one preparation share. The process holds the recipe's lock in `store`."""

    recipe: Recipe
    store: Store
    threads: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Float32:
    """The float32 model. `graph` is the folder with its graph, `tokeniser` the folder with its tokeniser.

    bits_per_byte: of `text`, read in one pass.
    """

    kind: GraphKind
    graph: Path
    tokeniser: Path
    geometry: Geometry
    text: GateText
    bits_per_byte: float


def make_float32(weights: Weights, work: Work) -> Float32:
    """Raises NotAModelError, QualityRefusedError, and ExportMissingError if the weights need the packages of
    the extra `export` and these are not installed.
    """
    if weights.gguf is not None:
        try:
            return _from_gguf(weights, weights.gguf, work)
        except UnknownGgufError as reason:
            require_export(f"Preparing {work.recipe.name}", str(reason))
            work.progress.say(f"Optimum exports the model, which takes longer: {reason}.")
    return _from_export(weights, work)


# -- from a GGUF file --------------------------------------------------------


def _from_gguf(weights: Weights, name: str, work: Work) -> Float32:
    """Raises UnknownGgufError if the file holds something that the graph is not known for."""
    from foretype.prepare.fuse import lay
    from foretype.prepare.gguf_model import open_model

    model = open_model(GgufFile(weights.folder / name), work.recipe.vocabulary)
    _check_family(model.config.model_type, weights, work.recipe)
    geometry = _geometry(model.config, work.recipe)
    made = f"float32-{_key(weights, work.recipe)}"
    folder = work.store.work / made
    if not folder.is_dir():
        with work.progress.step("make the graph from the weights"), work.store.making(made) as part:
            model.write_tokeniser(part / TOKENIZER)
            _check_tokeniser(part, geometry, weights)
            save_graph(lay(model.weights, model.config, geometry), part)
    text = _gate_text(folder / TOKENIZER, work.recipe, geometry.context_length)
    with work.progress.step("read the text in float32"):
        logits = _read(open_reader(folder, "fused", geometry, work.threads), text, work.recipe)
    return Float32("fused", folder, folder, geometry, text, text.bits_per_byte(logits))


def _check_family(family: str, weights: Weights, recipe: Recipe) -> None:
    if family != recipe.family:
        raise NotAModelError(
            f"{weights.source.name} holds a model of the family {family}; the recipe {recipe.name} is for "
            f"{recipe.family}."
        )


def _check_tokeniser(folder: Path, geometry: Geometry, weights: Weights) -> None:
    try:
        Vocabulary.load(folder, geometry.vocab_size)
    except UnsupportedTokenizerError as error:
        raise NotAModelError(f"The model in {weights.folder} cannot be served: {error}.") from error


# -- through Optimum's export --------------------------------------------------------


def _from_export(weights: Weights, work: Work) -> Float32:
    """An export that an earlier try made from the same weights is used again."""
    from foretype.prepare.export import export
    from foretype.prepare.pretrained import read_config

    made = f"export-{_key(weights, work.recipe)}"
    exported = work.store.work / made
    if not exported.is_dir():
        with work.store.making(made) as part:
            export(weights, work.recipe, part, work.progress)
    config = read_config(exported)
    geometry = _geometry(config, work.recipe)
    text = _gate_text(exported / TOKENIZER, work.recipe, geometry.context_length)
    with work.progress.step("read the text with the float32 export"):
        logits = _read(ExportReader(exported / GRAPH, geometry, work.threads), text, work.recipe)
    kind, graph = _fuse(exported, config, geometry, text, logits, work)
    return Float32(kind, graph, exported, geometry, text, text.bits_per_byte(logits))


def _fuse(
    exported: Path, config: Any, geometry: Geometry, text: GateText, expected: Logits, work: Work
) -> tuple[GraphKind, Path]:
    """The fused graph's folder, or the export's if it cannot be fused."""
    import onnx

    from foretype.prepare.fuse import NotFusableError, fuse

    try:
        with work.progress.step("fuse the graph"):
            fused = fuse(onnx.load(exported / GRAPH), config, geometry)
            with work.store.making("fused") as part:
                save_graph(fused, part)
    except NotFusableError as reason:
        work.progress.say(f"Optimum's export will be served without fusing, which is slower: {reason}.")
        return "plain", exported
    folder = work.store.work / "fused"
    with work.progress.step("compare the fused graph with the export"):
        reader = open_reader(folder, "fused", geometry, work.threads)
        apart = float(np.abs(reader.read(text.ids) - expected).max())
    if not apart <= LOGITS_APART_AT_MOST:
        raise QualityRefusedError(
            f"The fused graph of {work.recipe.name} does not give the export's logits: they are "
            f"{apart:.2g} apart."
        )
    return "fused", folder


# -- both ways --------------------------------------------------------


def _read(reader: Reader, text: GateText, recipe: Recipe) -> Logits:
    """The float32 logits of the text. Raises NotAModelError if the model does not run or gives no numbers."""
    try:
        logits = reader.read(text.ids)
    except MemoryError:
        raise
    except Exception as error:  # ONNX Runtime's own errors, and numpy's for shapes that do not match
        raise NotAModelError(
            f"The export of {recipe.name} ({recipe.family}) does not take past key values as Foretype keeps "
            f"them, so it cannot be served: {first_line(error)}"
        ) from error
    if not np.isfinite(logits).all():
        raise NotAModelError(
            f"The model {recipe.name} gives logits that are not numbers, so its weights are damaged. Copy "
            "them again."
        )
    return logits


def _key(weights: Weights, recipe: Recipe) -> str:
    """Names what is made from the weights with these versions of the packages and this vocabulary, so that no
    other is used.
    """
    rule = "" if recipe.vocabulary is None else recipe.vocabulary.model_dump_json()
    parts = [weights.source.model_dump_json(), rule, *versions().values()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


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
    return tokens_of_gate(tokeniser, begin, context_length)


def _begin_id(tokeniser: Any, token: str, recipe: Recipe) -> int:
    found = tokeniser.token_to_id(token)
    if found is None:
        raise NotAModelError(
            f"The tokeniser of {recipe.name} has no token “{token}”, with which its recipe begins every text."
        )
    return int(found)
