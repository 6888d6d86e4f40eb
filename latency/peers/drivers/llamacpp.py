"""llama.cpp through its C interface, which is faster than its Python classes and its HTTP server.

Its prompt cache is the sequence in its memory: tokens that agree with the next text are kept.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp as llama  # type: ignore[import-not-found]
import numpy as np

from latency.peers.drivers.child_protocol import serve
from latency.peers.drivers.engine import BranchingEngine, Logits, WritingEngine, surprise

CONTEXT = 2048
BRANCHES = 8
PIECE_BYTES = 256


class LlamaCpp(WritingEngine, BranchingEngine):
    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__()
        llama.llama_backend_init()
        self._quiet = llama.llama_log_callback(
            lambda level, text, data: None
        )  # kept here, because C holds no reference
        llama.llama_log_set(self._quiet, None)
        file = Path(options["weights"])
        self._model = llama.llama_model_load_from_file(str(file).encode(), llama.llama_model_default_params())
        if not self._model:
            raise ValueError(f"llama.cpp {llama.__version__} cannot read {file.name}")
        self._vocab = llama.llama_model_get_vocab(self._model)
        self._width = llama.llama_vocab_n_tokens(self._vocab)
        self._context = llama.llama_init_from_model(self._model, _context_params(options))
        self._memory = llama.llama_get_memory(self._context)
        self._batch = llama.llama_batch_init(CONTEXT, 0, 1)
        self._read = 0
        self._pieces: dict[int, bytes] = {}
        self.begin = options["begin"]
        built = llama.llama_print_system_info().decode()
        self.about = f"llama-cpp-python {llama.__version__}, {options['name']} ({_instructions(built)})"

    def keep(self, count: int) -> None:
        llama.llama_memory_seq_rm(self._memory, 0, count, -1)
        self._read = count

    def feed(self, ids: Sequence[int]) -> Logits:
        last = len(ids) - 1
        self._decode([(token, self._read + at, 0, at == last) for at, token in enumerate(ids)])
        self._read += len(ids)
        return self._logits(last)

    def branch(self, tokens: Sequence[int]) -> None:
        for sequence in range(1, len(tokens)):
            llama.llama_memory_seq_cp(self._memory, 0, sequence, 0, self._read)
        self._decode([(token, self._read, sequence, True) for sequence, token in enumerate(tokens)])
        for row in range(len(tokens)):
            self._logits(row)
        for sequence in range(1, len(tokens)):
            llama.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        self.keep(self._read)

    def nats(self, ids: list[int], given: int) -> float:
        self.keep(0)
        self._decode([(token, at, 0, True) for at, token in enumerate(ids)])
        rows = np.stack([self._logits(row) for row in range(given - 1, len(ids) - 1)])
        return surprise(rows, ids[given:])

    def tokens(self, text: str) -> list[int]:
        raw = text.encode()
        room = (llama.llama_token * (len(raw) + 1))()
        count = llama.llama_tokenize(self._vocab, raw, len(raw), room, len(room), False, False)
        return list(room[:count])

    def piece(self, token: int) -> bytes:
        if token not in self._pieces:
            self._pieces[token] = self._spell(token)
        return self._pieces[token]

    def _spell(self, token: int) -> bytes:
        if llama.llama_vocab_is_eog(self._vocab, token):
            return b""
        room = ctypes.create_string_buffer(PIECE_BYTES)
        count = llama.llama_token_to_piece(self._vocab, token, room, PIECE_BYTES, 0, False)
        return room.raw[: max(count, 0)]

    def _decode(self, entries: list[tuple[int, int, int, bool]]) -> None:
        """One run. An entry is a token, its position, its sequence, and whether its logits are wanted."""
        batch = self._batch
        batch.n_tokens = len(entries)
        for at, (token, position, sequence, wanted) in enumerate(entries):
            batch.token[at] = token
            batch.pos[at] = position
            batch.n_seq_id[at] = 1
            batch.seq_id[at][0] = sequence
            batch.logits[at] = wanted
        code = llama.llama_decode(self._context, batch)
        if code:
            raise RuntimeError(f"llama_decode returned {code}")

    def _logits(self, row: int) -> Logits:
        return np.ctypeslib.as_array(llama.llama_get_logits_ith(self._context, row), shape=(self._width,))


def _context_params(options: dict[str, Any]) -> Any:
    params = llama.llama_context_default_params()
    params.n_ctx = CONTEXT
    params.n_batch = CONTEXT
    params.n_seq_max = BRANCHES
    params.kv_unified = True  # the sequences share past key values; otherwise each would have a copy
    params.n_threads = params.n_threads_batch = options["threads"]
    params.no_perf = True
    for name, value in options.get("context", {}).items():
        setattr(params, name, value)
    return params


def _instructions(system: str) -> str:
    """The processor's instructions that llama.cpp was compiled for, from its system information."""
    known = ("AVX512_VNNI", "AVX512", "AVX_VNNI", "AVX2", "FMA", "NEON", "DOTPROD", "OPENMP", "REPACK")
    return " ".join(name for name in known if f"{name} = 1" in system)


if __name__ == "__main__":
    serve(LlamaCpp)
