"""A language of a few hundred sentences, a tokeniser of single bytes, and tiny models that learn the
language in seconds.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

BEGIN = "<|endoftext|>"
VOCABULARY = 257  # every byte, and the begin token
CONTEXT = 96
INITIALISER_RANGE = 0.1  # with smaller weights, such a small model learns slowly

OPENINGS = ("Hi", "Hello", "Dear")
NAMES = ("Marta", "Daniel", "Susan", "Helen", "John")
VERBS = ("send", "read", "check", "print", "sign")
THINGS = ("the report", "the new draft", "the agreement", "the figures for May", "your invoice")
TIMES = ("by Friday", "before the meeting", "today", "next week", "when you can")
THANKS = ("Thank you", "Many thanks", "Best regards")


def make_texts(folder: Path, choices: random.Random, count: int) -> Path:
    """Write `count` mails of four sentences each."""
    for number in range(count):
        sentences = [
            f"Please {choices.choice(VERBS)} {choices.choice(THINGS)} {choices.choice(TIMES)}."
            for _ in range(4)
        ]
        head = f"{choices.choice(OPENINGS)} {choices.choice(NAMES)},\n\n"
        tail = f"\n\n{choices.choice(THANKS)},\n{choices.choice(NAMES)}\n"
        (folder / f"{number:03}.txt").write_text(head + " ".join(sentences) + tail, "utf-8")
    return folder


def write_tokeniser(folder: Path) -> Any:
    """Write and return a byte-level BPE without merges, in transformers' format."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([BEGIN, *alphabet])}
    tokeniser = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokeniser.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokeniser.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokeniser, bos_token=BEGIN, eos_token=BEGIN)
    fast.save_pretrained(folder)
    return fast


def new_gpt2(**changes: Any) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    options = {
        "vocab_size": VOCABULARY,
        "n_positions": CONTEXT,
        "n_embd": 64,
        "n_layer": 4,
        "n_head": 4,
        "initializer_range": INITIALISER_RANGE,
        "bos_token_id": 0,
        "eos_token_id": 0,
    }
    return GPT2LMHeadModel(GPT2Config(**{**options, **changes}))


def new_llama(**changes: Any) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    options = {
        "vocab_size": VOCABULARY,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": CONTEXT,
        "tie_word_embeddings": True,
        "initializer_range": INITIALISER_RANGE,
    }
    return LlamaForCausalLM(LlamaConfig(**{**options, **changes}))


def teach(model: Any, tokeniser: Any, texts: Path, steps: int) -> None:
    """Train on next-token prediction, in windows at random positions."""
    import torch

    torch.manual_seed(3)
    ids: list[int] = []
    for file in sorted(texts.iterdir()):
        ids += [0, *tokeniser.encode(file.read_text("utf-8"), add_special_tokens=False)]
    stream = torch.tensor(ids)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    model.eval()  # no dropout: the model learns faster
    for _ in range(steps):
        starts = torch.randint(len(stream) - 64, (8,))
        batch = torch.stack([stream[start : start + 64] for start in starts.tolist()])
        loss = model(input_ids=batch, labels=batch).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
