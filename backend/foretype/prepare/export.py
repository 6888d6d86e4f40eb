"""Optimum's ONNX export of the weights, with the model's config and its tokeniser beside it.

The functions import the large packages (torch, transformers, Optimum). Serving never calls them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foretype.engine.vocabulary import UnsupportedTokenizerError, Vocabulary
from foretype.models.errors import NotAModelError
from foretype.models.manifest import GRAPH, TOKENIZER
from foretype.models.recipe import Recipe
from foretype.prepare.fetch import Weights
from foretype.prepare.pretrained import check_vocabulary, read_tokeniser, read_weights
from foretype.support.progress import Progress
from foretype.support.wording import first_line

OPSET = 18
TASK = "text-generation-with-past"


def export(weights: Weights, recipe: Recipe, folder: Path, progress: Progress) -> None:
    """Write `model.onnx` (float32, past key values in and out), `config.json` and `tokenizer.json` to
    `folder`.

    Raises NotAModelError if Optimum does not support the family, if the weights are damaged, incomplete or of
    another family, or if the tokeniser does not match the model or is of a kind that cannot be served.
    """
    with progress.step("load PyTorch and Optimum"):
        from optimum.exporters.onnx import onnx_export_from_model

        _require_exportable(recipe)
    with progress.step("read the weights"):
        model = read_model(weights, recipe)
    with progress.step("read the tokeniser"):
        _write_tokeniser(weights, folder / TOKENIZER, model.config.vocab_size)
    with progress.step("export to ONNX"):
        try:
            onnx_export_from_model(model, folder, task=TASK, opset=OPSET, do_validation=False)
        except (MemoryError, OSError):
            raise
        except Exception as error:  # PyTorch's tracer raises many types
            raise NotAModelError(
                f"Optimum cannot export {recipe.name} ({recipe.family}): {first_line(error)}"
            ) from error
    if not (folder / GRAPH).is_file():
        raise NotAModelError(f"Optimum made no {GRAPH} from {weights.source.name}.")


def _require_exportable(recipe: Recipe) -> None:
    from optimum.exporters.tasks import TasksManager

    try:
        tasks = TasksManager.get_supported_tasks_for_model_type(
            recipe.family, "onnx", library_name="transformers"
        )
    except KeyError:
        tasks = {}
    if TASK not in tasks:
        raise NotAModelError(
            f"Optimum cannot export models of the family {recipe.family} that continue text, so "
            f"{recipe.name} cannot be prepared. It supports gpt2, llama, mistral, qwen2, gpt_neox, opt and "
            "others."
        )


def read_model(weights: Weights, recipe: Recipe) -> Any:
    """The transformers model, in float32. Raises NotAModelError."""
    options = {"gguf_file": weights.gguf} if weights.gguf else {}
    model = read_weights(weights.folder, **options)
    if model.config.model_type != recipe.family:
        raise NotAModelError(
            f"{weights.source.name} holds a model of the family {model.config.model_type}; the recipe "
            f"{recipe.name} is for {recipe.family}."
        )
    return model


def _write_tokeniser(weights: Weights, file: Path, vocab_size: int) -> None:
    options = {"gguf_file": weights.gguf} if weights.gguf else {}
    tokeniser = read_tokeniser(weights.folder, **options)
    check_vocabulary(tokeniser, weights.folder, vocab_size)
    tokeniser.backend_tokenizer.save(str(file))
    try:
        Vocabulary.load(file.parent, vocab_size)
    except UnsupportedTokenizerError as error:
        raise NotAModelError(f"The model in {weights.folder} cannot be served: {error}.") from error
