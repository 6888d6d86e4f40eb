"""The vocabulary in byte order: the tokens that begin with a given text are one interval.

A token's *rank* is its place in that order; the tree, the search and every distribution speak in ranks, only
the model in ids. The idea of healing half a word by constraining bytes is that of guidance's "token healing"
(Lundberg, 2023).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer

FILE = "tokenizer.json"


class UnsupportedTokenizerError(Exception):
    """The tokeniser is not byte-level, so its tokens have no bytes to order."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Ranks `low` to `high`, the latter excluded."""

    low: int
    high: int

    def __len__(self) -> int:
        return self.high - self.low


class Vocabulary:
    """A byte-level BPE tokeniser and its tokens in byte order; special tokens have no rank. Immutable; any
    thread may read it.
    """

    def __init__(self, tokenizer: Tokenizer, size: int) -> None:
        """`size`: logits per row of the model, which may be more than the tokeniser has tokens."""
        self._tokenizer = tokenizer
        self.size = size
        texts = _token_bytes(tokenizer, size)
        by_bytes = sorted(texts, key=texts.__getitem__)
        self.ids: NDArray[np.int64] = np.array(by_bytes, np.int64)  # (ranks,) the id at each rank
        self.texts: list[bytes] = [texts[i] for i in by_bytes]  # the bytes at each rank
        self.special_ids: NDArray[np.int64] = np.setdiff1d(np.arange(size), self.ids)  # those without a rank
        # (ranks,) 1 where a token begins with a word's byte, else 0: summing by a product is quickest
        self.word_start: NDArray[np.float32] = np.array(
            [is_word_byte(text[0]) for text in self.texts], np.float32
        )
        self._rank_of_id = {token: rank for rank, token in enumerate(by_bytes)}

    @classmethod
    def load(cls, folder: Path, size: int) -> Vocabulary:
        return cls(Tokenizer.from_file(str(folder / FILE)), size)

    def __len__(self) -> int:
        return len(self.texts)

    def interval(self, prefix: bytes) -> Interval:
        """The tokens whose bytes begin with `prefix`."""
        low = bisect_left(self.texts, prefix)
        after = _successor(prefix)
        return Interval(low, len(self.texts) if after is None else bisect_left(self.texts, after, lo=low))

    def prefixes(self, text: bytes) -> list[int]:
        """Ranks of the tokens that are a beginning of `text` and shorter than it, shortest first."""
        found = []
        for end in range(1, len(text)):
            rank = bisect_left(self.texts, text[:end])
            if rank < len(self.texts) and self.texts[rank] == text[:end]:
                found.append(rank)
        return found

    def encode(self, text: str) -> list[int]:
        """Ids of `text` as the model was trained to see it, without special tokens. `text` must hold no lone
        surrogates.
        """
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def encode_before_word(self, text: str) -> list[int]:
        """Ids of `text` cut as they are when a word follows directly: a run of line breaks, say, is cut
        otherwise at the end of a text.
        """
        encoding = self._tokenizer.encode(text + "a", add_special_tokens=False)
        if encoding.offsets and encoding.offsets[-1][0] == len(text):
            ids: list[int] = encoding.ids[:-1]
            return ids
        return self.encode(text)

    def forget_texts(self) -> None:
        """The tokeniser keeps each word that it has cut, up to ten thousand of them. Any thread may call it.

        The next texts take longer: 0.4 ms for one of 1,900 characters.
        """
        self._tokenizer.model._clear_cache()

    def rank(self, token: int) -> int | None:
        """The rank of an id; `None` for special tokens."""
        return self._rank_of_id.get(token)

    def text_of(self, ids: Sequence[int]) -> bytes:
        """The bytes of `ids`; special tokens count as nothing."""
        ranks = (self._rank_of_id.get(i) for i in ids)
        return b"".join(self.texts[rank] for rank in ranks if rank is not None)


def is_word_byte(byte: int) -> bool:
    """Whether a byte belongs to a word: letters, digits, the apostrophe, the underscore, and all of what is
    not ASCII.
    """
    return byte >= 0x80 or chr(byte).isalnum() or byte in b"'_"


def _successor(prefix: bytes) -> bytes | None:
    """The least byte string that is greater than every one beginning with `prefix`; `None` where there is
    none.
    """
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else None


def _token_bytes(tokenizer: Tokenizer, size: int) -> dict[int, bytes]:
    letters = {letter: byte for byte, letter in enumerate(_byte_letters())}
    special: dict[int, AddedToken] = tokenizer.get_added_tokens_decoder()
    texts: dict[int, bytes] = {}
    for token, index in tokenizer.get_vocab().items():
        if index in special or index >= size or not token:
            continue
        try:
            texts[index] = bytes(letters[letter] for letter in token)
        except KeyError as error:
            raise UnsupportedTokenizerError(
                "only byte-level BPE tokenisers (GPT-2's kind) can be served; this one has tokens that "
                "are no bytes"
            ) from error
    return texts


def _byte_letters() -> list[str]:
    """The letter that stands for each byte in GPT-2's vocabulary files: printable bytes for themselves, the
    others from U+0100 on.
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    letters = []
    spare = 0x100
    for byte in range(0x100):
        if byte in printable:
            letters.append(chr(byte))
        else:
            letters.append(chr(spare))
            spare += 1
    return letters
