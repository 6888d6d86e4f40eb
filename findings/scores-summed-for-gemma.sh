#!/usr/bin/env bash
# transformers: the same SentencePiece tokeniser in a GGUF file is joined by ranks for a Llama, and by summed scores for a Gemma 3.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  transformers==4.57.6 tokenizers==0.22.2 gguf==0.19.0 numpy==2.4.6

# Only the function that transformers reads a GGUF file's tokeniser with: the rest of the way would need PyTorch.
TQDM_DISABLE=1 TRANSFORMERS_VERBOSITY=error "$folder/venv/bin/python" - "$folder" <<'PYTHON'
import logging
import sys
from pathlib import Path

logging.disable(logging.WARNING)  # transformers says that PyTorch is missing

import transformers
from gguf import GGUFReader, GGUFWriter, TokenType
from transformers.integrations.ggml import GGUF_TOKENIZER_MAPPING, convert_gguf_tokenizer

print(f"version    transformers {transformers.__version__}, a GGUF file that gguf 0.19.0 writes")
print('guess      a file says with tokenizer.ggml.model = "llama" that a score is the rank of a merge, as llama.cpp')
print("           reads it, so the pieces of a text do not depend on the architecture that the file names")
print("behaviour  for the architecture gemma3 the same tokens and scores become a Unigram model, which adds the")
print("           scores up. Added ranks favour early pieces, so words fall apart that are one token")

# In the order in which a trainer would have found them; the score of each is its rank below zero.
PIECES = ["▁t", "he", "▁the", "er", "▁w", "▁we", "at", "▁weat", "her", "▁weather", *"▁thewar"]
CONTROLS = ["<unk>", "<s>", "</s>"]
TOKENS = [*CONTROLS, *(f"<0x{byte:02X}>" for byte in range(256)), *PIECES]
TYPES = [TokenType.CONTROL] * 3 + [TokenType.BYTE] * 256 + [TokenType.NORMAL] * len(PIECES)
SCORES = [-1000.0] * 3 + [0.0] * 256 + [-float(rank) for rank in range(len(PIECES))]

FAMILIES = {"llama": "llama", "gemma3": "gemma3_text"}  # transformers' names of the architectures


def read(architecture: str):
    path = Path(sys.argv[1]) / f"{architecture}.gguf"
    writer = GGUFWriter(path, architecture)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(TOKENS)
    writer.add_token_types(TYPES)
    writer.add_token_scores(SCORES)
    writer.add_add_space_prefix(False)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    fields = {
        key.removeprefix("tokenizer."): field.contents()
        for key, field in GGUFReader(path).fields.items()
        if key.startswith("tokenizer.ggml.")
    }
    named = {new: fields[old] for old, new in GGUF_TOKENIZER_MAPPING["tokenizer"].items() if old in fields}
    return convert_gguf_tokenizer(FAMILIES[architecture], named)[0]


TEXT = " the weather"
found = {}
for architecture in ("llama", "gemma3"):
    tokeniser = read(architecture)
    found[architecture] = type(tokeniser.model).__name__, tokeniser.encode(TEXT, add_special_tokens=False).tokens
print(f"output     {TEXT!r}")
for architecture, (kind, tokens) in found.items():
    print(f"           {architecture:8} {kind:8} {' '.join(tokens)}")
assert found["llama"] == ("BPE", ["▁the", "▁weather"]), "for a Llama the ranks are not followed any more"
assert found["gemma3"][0] == "Unigram", "for a Gemma 3 it is no Unigram model any more"
assert found["gemma3"][1] == ["▁t", "he", "▁weather"], "the text is cut otherwise now"
PYTHON
