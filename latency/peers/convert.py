"""Converts weights into a peer's format: `python -m latency.peers.convert FORMAT FROM TO PACKAGES`.

It runs in Foretype's environment, which has PyTorch, and imports the converters from the folder PACKAGES,
which belongs to the peers' environment. This folder is the last on the path, so a package that both
environments have is Foretype's.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def q8_0(given: Path, made: Path) -> None:
    import llama_cpp as llama  # type: ignore[import-not-found]

    params = llama.llama_model_quantize_default_params()
    params.ftype = llama.LLAMA_FTYPE_MOSTLY_Q8_0
    params.allow_requantize = True
    code = llama.llama_model_quantize(str(given).encode(), str(made).encode(), params)
    if code:
        raise SystemExit(f"llama_model_quantize returned {code}")


def transformers(given: Path, made: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = {"gguf_file": given.name, "local_files_only": True}
    AutoModelForCausalLM.from_pretrained(given.parent, dtype=torch.float32, **source).save_pretrained(made)
    AutoTokenizer.from_pretrained(given.parent, **source).save_pretrained(made)


def ctranslate2(given: Path, made: Path) -> None:
    from ctranslate2.converters import TransformersConverter  # type: ignore[import-not-found]

    TransformersConverter(str(given)).convert(str(made), quantization="int8")


def genai_int4(given: Path, made: Path) -> None:
    _genai(given, made, "int4")


def genai_int8(given: Path, made: Path) -> None:
    _genai(given, made, "int8")


def _genai(given: Path, made: Path, precision: str) -> None:
    import transformers

    # The builder imports these names, which Foretype's older transformers lacks. A Llama needs neither.
    for name in ("Qwen3_5ForConditionalGeneration", "Qwen3_5MoeForConditionalGeneration"):
        setattr(transformers, name, getattr(transformers, name, None))
    from onnxruntime_genai.models.builder import (  # type: ignore[import-not-found]
        create_model,
        parse_extra_options,
    )

    cache = made.with_name(f"{made.name}-cache")
    arguments = ("", str(given), str(made), precision, "cpu", str(cache))
    # Activations in 8 bits, as Foretype's: this is the fastest on a CPU.
    options = parse_extra_options(*arguments, ["accuracy_level=4", "hf_token=false"])
    config = options["hf_details"]["hf_config"]
    if config.rope_scaling is None:  # the builder expects the names of transformers 5
        config.rope_scaling = {"rope_type": "default", "rope_theta": config.rope_theta}
    create_model(*arguments, **options)
    shutil.rmtree(cache, ignore_errors=True)


CONVERSIONS = {
    "q8_0": q8_0,
    "transformers": transformers,
    "ctranslate2": ctranslate2,
    "genai-int4": genai_int4,
    "genai-int8": genai_int8,
}

if __name__ == "__main__":
    to_format, given, made, packages = sys.argv[1:]
    sys.path.append(packages)
    CONVERSIONS[to_format](Path(given), Path(made))
