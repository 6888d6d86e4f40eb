"""The tokeniser in a GGUF file that was SentencePiece's: pieces with scores, and bytes for what no piece has.

llama.cpp joins the two neighbours whose piece has the best score, again and again; so here each way to cut a
piece in two is a merge, in the order of the scores. transformers adds the scores up, although they are ranks,
and words fall apart (findings/scores-summed-for-gemma.sh).

A vocabulary can be trimmed. A piece is kept together with those that it is joined from, so a text whose
pieces are all kept is cut as it was before. Every other text is cut into smaller pieces, in the end into
single characters and bytes.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

from foretype.engine.vocabulary import SPACE
from foretype.models.recipe import VocabularyRule
from foretype.prepare.gguf_file import GgufFile, UnknownGgufError

KIND = "llama"  # llama.cpp's name for SentencePiece
NORMAL, CONTROL, WHOLE, BYTE = 1, 3, 4, 6  # types of tokens; WHOLE: found in a text before all others
UNUSED = "<unused"  # the beginning of the names of controls that mean nothing


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    type: int
    score: float


class Pieces:
    """The pieces of a file by their ids."""

    def __init__(self, file: GgufFile) -> None:
        """Raises UnknownGgufError if the file's tokeniser is of another kind."""
        kind = file.field("tokenizer.ggml.model", str)
        if kind != KIND:
            raise UnknownGgufError(f"the GGUF file has a tokeniser of the kind {kind}")
        if file.field("tokenizer.ggml.add_space_prefix", bool):
            raise UnknownGgufError("its tokeniser puts a space before each text")
        texts = file.field("tokenizer.ggml.tokens", list)
        types = file.field("tokenizer.ggml.token_type", list)
        scores = file.field("tokenizer.ggml.scores", list)
        if others := set(types) - {NORMAL, CONTROL, WHOLE, BYTE}:
            raise UnknownGgufError(f"the GGUF file has tokens of the type {min(others)}")
        self._unknown = texts[file.field("tokenizer.ggml.unknown_token_id", int)]
        self._pieces = [_Piece(*each) for each in zip(texts, types, scores, strict=True)]
        self._ids = {piece.text: index for index, piece in enumerate(self._pieces)}

    def __len__(self) -> int:
        return len(self._pieces)

    def kept(self, rule: VocabularyRule | None) -> list[int]:
        """The ids that stay, in their order. All of them if there is no rule.

        Bytes, controls, whole tokens and the single characters of the rule's scripts stay. Then the pieces
        with the best scores stay, as many as the rule has tokens. A score is a rank of how often the trainer
        of the tokeniser saw the piece.
        """
        if rule is None:
            return list(range(len(self._pieces)))
        within = _Scripts(rule.scripts)
        found: set[int] = set()
        candidates: list[int] = []
        for index, piece in enumerate(self._pieces):
            if piece.type in (BYTE, WHOLE) or (piece.type == CONTROL and not piece.text.startswith(UNUSED)):
                found.add(index)
            elif piece.type == NORMAL and within.has(piece.text) and not _spans_words(piece.text):
                if len(piece.text) == 1:
                    found.add(index)
                else:
                    candidates.append(index)
        candidates.sort(key=lambda index: -self._pieces[index].score)
        for index in candidates:
            if len(found) >= rule.tokens:
                break
            found |= self._needed_for(index)
        return sorted(found)

    def write(self, kept: list[int], target: Path) -> None:
        """Write `tokenizer.json` with the pieces `kept`, whose new ids are their places there."""
        pieces = [self._pieces[index] for index in kept]
        ids = {piece.text: index for index, piece in enumerate(pieces)}
        merges = self._merges(ids)
        tokeniser = Tokenizer(
            models.BPE(ids, merges, byte_fallback=True, fuse_unk=True, unk_token=self._unknown)
        )
        tokeniser.normalizer = normalizers.Replace(" ", SPACE)
        # No piece continues after a space, so texts are cut there first: words are found in the cache.
        tokeniser.pre_tokenizer = pre_tokenizers.Split(SPACE, "merged_with_next")
        tokeniser.decoder = decoders.Sequence(
            [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
        )
        for kind, add, special in (
            (CONTROL, tokeniser.add_special_tokens, True),
            (WHOLE, tokeniser.add_tokens, False),
        ):
            add(
                [
                    AddedToken(piece.text, normalized=False, special=special)
                    for piece in pieces
                    if piece.type == kind
                ]
            )
        tokeniser.save(str(target))

    def _merges(self, ids: dict[str, int]) -> list[tuple[str, str]]:
        """All ways in which two of the pieces make a third, the best score first."""
        joinable = {text for text in ids if self._pieces[self._ids[text]].type == NORMAL}
        found = []
        for text in joinable:
            if _spans_words(text):
                continue
            score = self._pieces[self._ids[text]].score
            for cut in range(1, len(text)):
                left, right = text[:cut], text[cut:]
                if left in joinable and right in joinable:
                    found.append((-score, ids[left], ids[right], left, right))
        found.sort()
        return [(left, right) for *_, left, right in found]

    def _needed_for(self, index: int) -> set[int]:
        """The piece and all pieces that its characters are joined to on the way. Nothing if they are never
        joined to it.
        """
        parts = list(self._pieces[index].text)
        needed = {self._ids.get(part) for part in parts}
        while len(parts) > 1:
            joined = [self._ids.get(left + right) for left, right in pairwise(parts)]
            places = [place for place, one in enumerate(joined) if self._is_joinable(one)]
            if not places:
                return set()
            best = max(places, key=lambda place: (self._score(joined[place]), -place))
            parts[best : best + 2] = [parts[best] + parts[best + 1]]
            needed.add(joined[best])
        return {one for one in needed if one is not None}

    def _is_joinable(self, index: int | None) -> bool:
        return index is not None and self._pieces[index].type == NORMAL

    def _score(self, index: int | None) -> float:
        assert index is not None
        return self._pieces[index].score


def _spans_words(text: str) -> bool:
    """Whether a piece continues after a space inside it. Gemma has one such piece, a bit of HTML."""
    return SPACE in text.lstrip(SPACE)


class _Scripts:
    """Which characters belong to some scripts: their letters, and all that is no letter: ASCII's digits,
    marks, symbols.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names  # as the names of Unicode's characters begin
        self._known: dict[str, bool] = {}

    def has(self, text: str) -> bool:
        return all(self._has(character) for character in text)

    def _has(self, character: str) -> bool:
        found = self._known.get(character)
        if found is None:
            found = self._known[character] = self._belongs(character)
        return found

    def _belongs(self, character: str) -> bool:
        if character == SPACE:
            return True
        name = unicodedata.name(character, "")
        if character.isalpha():
            return name.startswith(self._names)
        match unicodedata.category(character)[0]:
            case "N":
                return character.isascii()
            case "M":
                return name.startswith(("COMBINING", "VARIATION SELECTOR"))
            case _:
                return True
