"""transformers with PyTorch in float32, which Python programmers usually try first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer

from latency.peers.drivers.child_protocol import serve
from latency.peers.drivers.engine import Logits, WritingEngine, surprise


class Transformers(WritingEngine):
    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__()
        torch.set_num_threads(options["threads"])
        torch.set_grad_enabled(False)
        self.about = f"transformers {transformers.__version__}, float32, PyTorch {torch.__version__}"
        self.begin = options["begin"]
        folder = Path(options["weights"])
        self._model = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True
        ).eval()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._ends = self._model.config.eos_token_id
        self._past: Any = None
        self.keep(0)

    def keep(self, count: int) -> None:
        if count:
            self._past.crop(count)
        else:
            self._past = transformers.DynamicCache()

    def feed(self, ids: Sequence[int]) -> Logits:
        row: Logits = self._read(ids, 1)[0]
        return row

    def nats(self, ids: list[int], given: int) -> float:
        self.keep(0)
        return surprise(self._read(ids, len(ids))[given - 1 :], ids[given:])

    def tokens(self, text: str) -> list[int]:
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return found

    def piece(self, token: int) -> bytes:
        return b"" if token == self._ends else self._tokenizer.decode([token]).encode()

    def _read(self, ids: Sequence[int], rows: int) -> Logits:
        """The logits (rows, vocab) after the last `rows` of `ids`."""
        read = self._model(
            torch.tensor([list(ids)]), past_key_values=self._past, use_cache=True, logits_to_keep=rows
        )
        found: Logits = read.logits[0].numpy()
        return found


if __name__ == "__main__":
    serve(Transformers)
