"""Best-first search for the likeliest ways to go on: a pure function of the distributions that are there.

It is run anew whenever a distribution has come in: its steps are cheap, since nothing but the model is slow.
What it lacks comes back as `wanted`, likeliest first.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from itertools import count

from foretype.tokens import Vocabulary, is_word_byte
from foretype.tree.trie import Node, Trie

BRANCHES = 12  # ways on that are followed at a node; the thirteenth is never a suggestion
NEWLINES = (ord("\n"), ord("\r"))


@dataclass(frozen=True, slots=True)
class Word:
    """A continuation that ends with a word: its bytes after the stem, and the probability that the typist
    types all of it and then ends the word.
    """

    text: bytes
    probability: float


@dataclass(slots=True)
class Findings:
    """What a search found so far.

    words: best first; the first is the likeliest next word, longer ones may begin with it.
    sure_words: how many of them no missing distribution can displace.
    wanted: nodes whose distributions the search lacks, likeliest first; empty where nothing more can reach
    the floor.
    """

    words: list[Word] = field(default_factory=list)
    wanted: list[Node] = field(default_factory=list)
    sure_words: int = 0


@dataclass(frozen=True, slots=True, order=True)
class _Way:
    """A path not yet followed, ordered by its improbability. Its last token is `token` after `parent`, or
    none: then it is `parent` itself.
    """

    cost: float  # -log of the joint probability
    number: int  # the earlier one first where costs are equal: results are the same at every run
    parent: Node = field(compare=False)
    token: int | None = field(compare=False)
    text: bytes = field(compare=False)  # the bytes of the whole path below the search's root
    ends: bool = field(default=False, compare=False)  # the word is over: a finding


class Search:
    """One walk from a node with the bytes of the stem as a constraint.

    wanted_floor: ways less likely than this are not worth a model run. found_floor: those that need none are
    followed down to this.
    """

    def __init__(
        self,
        trie: Trie,
        root: Node,
        stem: bytes,
        vocabulary: Vocabulary,
        *,
        wanted_floor: float,
        found_floor: float,
        most_wanted: int,
    ) -> None:
        self._trie = trie
        self._root = root
        self._stem = stem
        self._vocabulary = vocabulary
        self._wanted_floor = wanted_floor
        self._found_floor = min(found_floor, wanted_floor)
        self._most_wanted = most_wanted
        self._ways: list[_Way] = []
        self._numbers = count()
        # The probability of all that fits the stem, as far as it is known: what a suggestion's own
        # probability is measured against.
        self._mass = 0.0 if stem else 1.0

    def explore(self) -> Findings:
        findings = Findings()
        self._push(0.0, self._root, None, b"")
        while self._ways:
            way = heapq.heappop(self._ways)
            likelihood = math.exp(-way.cost)
            # Where the stem is not covered yet, this way adds to the mass too: it can reach the floor only by
            # its share of both.
            mass = self._mass + (likelihood if len(way.text) < len(self._stem) else 0.0)
            if likelihood < self._found_floor * mass:
                break
            if way.ends:
                findings.words.append(Word(way.text[len(self._stem) :], likelihood))
                findings.sure_words += not findings.wanted
                continue
            node = way.parent if way.token is None else self._trie.child(way.parent, way.token)
            node.used = self._trie.clock
            if node.distribution is not None:
                self._expand(way, node)
            elif likelihood >= self._wanted_floor * mass and len(findings.wanted) < self._most_wanted:
                findings.wanted.append(node)
        findings.words = [Word(word.text, min(1.0, word.probability / self._mass)) for word in findings.words]
        return findings

    def _expand(self, way: _Way, node: Node) -> None:
        left = self._stem[len(way.text) :]
        if left:
            self._cover(way, node, left)
            return
        distribution = node.distribution
        assert distribution is not None
        in_word = len(way.text) > len(self._stem) and is_word_byte(way.text[-1])
        if in_word:
            self._push(way.cost - distribution.log_boundary, node, None, way.text, ends=True)
        for rank in distribution.top[:BRANCHES]:
            self._follow(way, node, int(rank))

    def _cover(self, way: _Way, node: Node, left: bytes) -> None:
        """Tokens that begin with what is left of the stem, and tokens that are a part of it."""
        distribution = node.distribution
        assert distribution is not None
        interval = self._vocabulary.interval(left)
        if len(interval):
            self._mass += math.exp(-way.cost) * distribution.mass_in(interval)
            for rank in distribution.best_in(interval, BRANCHES):
                self._follow(way, node, int(rank))
        for rank in self._vocabulary.prefixes(left):
            self._follow(way, node, rank)

    def _follow(self, way: _Way, node: Node, rank: int) -> None:
        text = self._vocabulary.texts[rank]
        if any(newline in text for newline in NEWLINES):
            return  # a suggestion never starts a line: what comes there is anybody's guess
        distribution = node.distribution
        assert distribution is not None
        cost = way.cost - float(distribution.log_probs[rank])
        self._push(cost, node, int(self._vocabulary.ids[rank]), way.text + text)

    def _push(self, cost: float, parent: Node, token: int | None, text: bytes, *, ends: bool = False) -> None:
        heapq.heappush(self._ways, _Way(cost, next(self._numbers), parent, token, text, ends))
