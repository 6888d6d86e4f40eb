"""From weights to Optimum's ONNX export, with the model's config and its tokeniser beside it.

Everything heavy (torch, transformers, Optimum) is imported by what is called here, and nothing that serves
calls it.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foretype.models.errors import NotAModelError
from foretype.models.fetch import Weights
from foretype.models.manifest import GRAPH, TOKENIZER
from foretype.models.progress import Progress
from foretype.models.recipe import Recipe

OPSET = 18
TASK = "text-generation-with-past"


@contextmanager
def quiet() -> Iterator[None]:
    """Let nothing through of what these libraries tell their developers: tracer warnings, bars of their
    own. Errors stay.
    """
    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.disable(before)


def export(weights: Weights, recipe: Recipe, folder: Path, progress: Progress) -> None:
    """Write `model.onnx` (float32, past key values in and out), `config.json` and `tokenizer.json` to
    `folder`.

    Raises NotAModelError where the weights are damaged, another family's, or have no fast tokeniser.
    """
    with progress.step("load PyTorch and Optimum"):
        from optimum.exporters.onnx import onnx_export_from_model
    with progress.step("read the weights"):
        model = _read_model(weights, recipe)
    with progress.step("read the tokeniser"):
        _write_tokeniser(weights, folder / TOKENIZER)
    with progress.step("export to ONNX"):
        onnx_export_from_model(model, folder, task=TASK, opset=OPSET, do_validation=False)
    if not (folder / GRAPH).is_file():
        raise NotAModelError(f"Optimum made no {GRAPH} from {weights.source.name}.")


def _read_model(weights: Weights, recipe: Recipe) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    options = {"gguf_file": weights.gguf} if weights.gguf else {}
    try:
        # The code that a model folder may bring is never run.
        model = AutoModelForCausalLM.from_pretrained(
            weights.folder, dtype=torch.float32, local_files_only=True, trust_remote_code=False, **options
        )
    except MemoryError:
        raise
    except (
        Exception
    ) as error:  # a dozen types, from safetensors' own to KeyError: each means that this is no model
        raise NotAModelError(
            f"The weights in {weights.folder} cannot be read: {_first_line(error)}"
        ) from error
    if model.config.model_type != recipe.family:
        raise NotAModelError(
            f"{weights.source.name} holds a model of the family {model.config.model_type}; the recipe "
            f"{recipe.name} is for {recipe.family}."
        )
    return model.eval()


def _write_tokeniser(weights: Weights, file: Path) -> None:
    from transformers import AutoTokenizer

    options = {"gguf_file": weights.gguf} if weights.gguf else {}
    try:
        tokeniser = AutoTokenizer.from_pretrained(
            weights.folder, use_fast=True, local_files_only=True, trust_remote_code=False, **options
        )
    except Exception as error:
        raise NotAModelError(
            f"The tokeniser in {weights.folder} cannot be read: {_first_line(error)}"
        ) from error
    if not getattr(tokeniser, "is_fast", False):
        raise NotAModelError(
            f"The model in {weights.folder} has no fast tokeniser, so there is no tokenizer.json."
        )
    tokeniser.backend_tokenizer.save(str(file))


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".") + "."
