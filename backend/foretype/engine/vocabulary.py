"""The vocabulary in byte order, in which the tokens that begin with a given text are one interval.

A token's *rank* is its place in that order. The tree, the search and every distribution use ranks; only the
model uses ids. To complete half a word by a constraint on bytes is the idea of guidance's "token healing"
(Lundberg, 2023).
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from tokenizers import AddedToken, Tokenizer

from foretype.runtime.ranks import TOP, Interval, Ranks

FILE = "tokenizer.json"
NO_RANK = -1
SPACE = "\u2581"  # in a piece of SentencePiece
_BYTE = re.compile(r"<0x[0-9A-F]{2}>\Z")


class UnsupportedTokenizerError(Exception):
    """The tokeniser is neither byte-level nor falls back on bytes, so its tokens have no bytes to order."""


class Vocabulary:
    """A BPE tokeniser and its tokens in byte order: a byte-level one as GPT-2's, or one of SentencePiece's
    that falls back on bytes. Special tokens have no rank. Immutable: any thread may read it.
    """

    def __init__(self, tokenizer: Tokenizer, size: int) -> None:
        """`size`: logits in a row of the model, which may be more than the tokeniser's tokens. Raises
        UnsupportedTokenizerError.
        """
        self._tokenizer = tokenizer
        self.size = size
        ids_of = tokenizer.get_vocab()
        self.tokens = max(ids_of.values(), default=-1) + 1
        texts = {index: text for index, text in _token_bytes(tokenizer, ids_of).items() if index < size}
        by_bytes = sorted(texts, key=texts.__getitem__)
        self.texts: list[bytes] = [texts[i] for i in by_bytes]  # the bytes at each rank
        ids = np.array(by_bytes, np.int64)
        self.ranks = Ranks(
            ids=ids,
            special_ids=np.setdiff1d(np.arange(size), ids),
            word_start=np.array([_WORD_BYTES[text[0]] for text in self.texts], np.float32),
            top=min(TOP, len(ids)),
        )
        ranks = np.full(max(size, self.tokens), NO_RANK, np.int32)
        ranks[ids] = np.arange(len(ids))
        self._rank_of_id = array("i", ranks.tobytes())

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
        """Ranks of the tokens with which `text` begins and that are shorter than it, shortest first."""
        found = []
        for end in range(1, len(text)):
            rank = bisect_left(self.texts, text[:end])
            if rank < len(self.texts) and self.texts[rank] == text[:end]:
                found.append(rank)
        return found

    def encode(self, text: str) -> list[int]:
        """Ids of `text`, without special tokens. `text` must hold no lone surrogates."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def encode_before_word(self, text: str) -> list[int]:
        """Ids of `text` as they are if a word follows directly. At the end of a text they may differ: several
        line breaks, for example, are divided into other tokens there.
        """
        encoding = self._tokenizer.encode(text + "a", add_special_tokens=False)
        if encoding.offsets and encoding.offsets[-1][0] == len(text):
            ids: list[int] = encoding.ids[:-1]
            return ids
        return self.encode(text)

    def knows(self, word: str) -> bool:
        """Whether a word, or its form in small letters, is one token: then it is an ordinary one."""
        return any(len(self.encode(f" {form}")) == 1 for form in {word, word.lower()})

    def forget_texts(self) -> None:
        """Empty the tokeniser's cache, which keeps up to 10,000 words that it has cut. Any thread may call
        it.

        The next texts take longer: 0.4 ms for a text of 1,900 characters.
        """
        self._tokenizer.model._clear_cache()

    def rank(self, token: int) -> int | None:
        """The rank of an id; None for special tokens."""
        rank = self._rank_of_id[token]
        return None if rank == NO_RANK else rank

    def text_of(self, ids: Sequence[int]) -> bytes:
        """The bytes of `ids`, special tokens left out."""
        ranks = map(self.rank, ids)
        return b"".join(self.texts[rank] for rank in ranks if rank is not None)


def is_word_byte(byte: int) -> bool:
    """Whether a byte belongs to a word: letters, digits, the apostrophe, the underscore, and every byte that
    is not ASCII.
    """
    return byte >= 0x80 or chr(byte).isalnum() or byte in b"'_"


def _successor(prefix: bytes) -> bytes | None:
    """The smallest byte string that is greater than all that begin with `prefix`; None if there is none."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else None


_WORD_BYTES = [is_word_byte(byte) for byte in range(0x100)]


def _token_bytes(tokenizer: Tokenizer, ids_of: dict[str, int]) -> dict[int, bytes]:
    added: dict[int, AddedToken] = tokenizer.get_added_tokens_decoder()
    learnt = {token: index for token, index in ids_of.items() if index not in added and token}
    falls_back = getattr(tokenizer.model, "byte_fallback", False)
    whole = {index: one.content.encode() for index, one in added.items() if not one.special}
    return whole | (_bytes_of_pieces(learnt, whole.values()) if falls_back else _bytes_of_letters(learnt))


def _bytes_of_pieces(ids_of: dict[str, int], others: Iterable[bytes]) -> dict[int, bytes]:
    """SentencePiece's pieces are text with U+2581 for spaces; `<0x0A>` is a byte for which there may be no
    piece. Where there is one, the model never writes the byte, so the byte gets no rank.
    """
    bytes_of = {index: bytes([int(token[3:5], 16)]) for token, index in ids_of.items() if _BYTE.match(token)}
    texts = {
        index: token.replace(SPACE, " ").encode() for token, index in ids_of.items() if index not in bytes_of
    }
    written = {*texts.values(), *others}
    return texts | {index: byte for index, byte in bytes_of.items() if byte not in written}


def _bytes_of_letters(ids_of: dict[str, int]) -> dict[int, bytes]:
    letters = _letters_to_bytes()
    try:
        return {index: token.translate(letters).encode("latin-1") for token, index in ids_of.items()}
    except UnicodeEncodeError as error:
        raise UnsupportedTokenizerError(
            "only models with a byte-level BPE tokeniser, such as GPT-2's, or with one that falls back on "
            "bytes, such as Gemma's, can be served; this tokeniser has tokens that are not bytes"
        ) from error


def _letters_to_bytes() -> dict[int, str]:
    """For `str.translate`: the letter that stands for a byte becomes the character with the byte's number.
    Characters up to U+00FF that stand for none become one that Latin-1 lacks, as all others are.
    """
    table = dict.fromkeys(range(0x100), "\u0100")
    return table | {ord(letter): chr(byte) for byte, letter in enumerate(_byte_letters())}


def _byte_letters() -> list[str]:
    """The letter that stands for each byte in GPT-2's vocabulary files: a printable byte's own letter, for
    the others the letters from U+0100 on, in order.
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
