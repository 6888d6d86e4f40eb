"""Best-first search for the likeliest ways to go on: a pure function of the distributions that are there.

It is run anew whenever a distribution has come in: its steps are cheap, since nothing but the model is slow.
What it lacks comes back as `wanted`, likeliest first.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from foretype.engine.tree.trie import Node, Trie
from foretype.engine.vocabulary import Vocabulary, is_word_byte
from foretype.runtime.distribution import Distribution, Likely

BRANCHES = 12  # ways on that are followed at a node; the thirteenth is never a suggestion


@dataclass(frozen=True, slots=True)
class Word:
    """A continuation that ends with a word: its bytes after the stem, and the probability that the typist
    types all of it and then ends the word.
    """

    text: bytes
    probability: float


@dataclass(frozen=True, slots=True)
class _Edge:
    """A node at which the stem is covered but for `left`: how likely it is, and what follows it."""

    likelihood: float
    distribution: Distribution
    left: bytes


@dataclass(frozen=True, slots=True)
class Lacking:
    """A node whose distribution is not there: how likely it is, and the next byte on the way to it after the
    stem, empty where it ends with the stem.
    """

    node: Node
    likelihood: float
    next_byte: bytes


@dataclass(slots=True)
class Findings:
    """What a search found so far.

    words: best first; the first is the likeliest next word, longer ones may begin with it.
    sure_words: how many of them no missing distribution can displace.
    lacking: nodes whose distributions the search lacks, likeliest first; empty where nothing more can reach
    the floor. `wanted` are the nodes alone.
    """

    words: list[Word] = field(default_factory=list)
    lacking: list[Lacking] = field(default_factory=list)
    sure_words: int = 0
    mass: float = 1.0  # the probability of all that fits the stem
    edges: list[_Edge] = field(default_factory=list)

    @property
    def wanted(self) -> list[Node]:
        return [one.node for one in self.lacking]

    def agreeing(self, text: bytes, vocabulary: Vocabulary) -> float:
        """The probability, 0 to 1, that the next bytes are `text`; too low where tokens end inside it."""
        joint = sum(
            edge.likelihood * edge.distribution.mass_in(vocabulary.interval(edge.left + text))
            for edge in self.edges
        )
        return min(1.0, joint / max(self.mass, 1e-12))

    def needed_next(self, share: float, least: float, vocabulary: Vocabulary) -> list[Node]:
        """The nodes that the next keystroke will ask for, likeliest keystroke first.

        A search asks for a node where it has `share` of all that fits the stem then. So what counts is not
        how likely the node is but how likely the next byte is, `least` or more, that makes it likely enough.
        """
        typed: dict[bytes, float] = {}
        found: list[tuple[float, Node]] = []
        for one in self.lacking:
            likelihood = one.likelihood / max(self.mass, 1e-12)
            if one.next_byte:
                if one.next_byte not in typed:
                    typed[one.next_byte] = self.agreeing(one.next_byte, vocabulary)
                reached = typed[one.next_byte]
            else:
                reached = likelihood
            if reached >= least and likelihood >= share * reached:
                found.append((reached, one.node))
        return [node for _, node in sorted(found, key=lambda entry: entry[0], reverse=True)]


@dataclass(frozen=True, slots=True)
class Floors:
    """Below which probability a way is left alone: also where its distribution happens to be there, so that
    what is found does not depend on what the tree has seen.

    word: on the way to a first word. draw_out: beyond it. keep: along the text that is on the screen.
    """

    word: float
    draw_out: float
    keep: float


class _Way(NamedTuple):
    """A path not yet followed, ordered by its improbability: a tuple, since a heap compares those quickest.

    Its last token is `token` after `parent`, or none: then it is `parent` itself.
    """

    cost: float  # -log of the joint probability
    number: int  # all differ, the earlier first where costs are equal: results are the same at every run
    parent: Node
    token: int | None
    text: bytes  # the bytes of the whole path below the search's root
    ends: bool = False  # the word is over: a finding
    beyond: bool = False  # it holds more than one word


class Search:
    """One walk from a node with the bytes of the stem as a constraint."""

    def __init__(
        self,
        trie: Trie,
        root: Node,
        stem: bytes,
        vocabulary: Vocabulary,
        *,
        floors: Floors,
        on_screen: bytes,
        most_wanted: int,
    ) -> None:
        """`most_wanted`: nodes that are noted as lacking. With 0 the search ends at the first that it lacks:
        what it has found by then is of no use.
        """
        self._trie = trie
        self._root = root
        self._stem = stem
        self._vocabulary = vocabulary
        self._floors = floors
        self._lowest_floor = min(floors.word, floors.draw_out, floors.keep)
        self._shown = stem + on_screen if on_screen else b""
        self._most_wanted = most_wanted
        self._ways: list[_Way] = []
        self._edges: list[_Edge] = []
        self._numbers = count()
        # The probability of all that fits the stem, as far as it is known: what a suggestion's own
        # probability is measured against.
        self._mass = 0.0 if stem else 1.0

    def explore(self) -> Findings:
        findings = Findings()
        self._push(_Way(0.0, next(self._numbers), self._root, None, b""))
        while self._ways:
            way = heapq.heappop(self._ways)
            likelihood = math.exp(-way.cost)
            # Where the stem is not covered yet, this way adds to the mass too: it can reach a floor only by
            # its share of both.
            mass = self._mass + (likelihood if len(way.text) < len(self._stem) else 0.0)
            if likelihood < self._lowest_floor * mass:
                break
            if likelihood < self._floor(way) * mass:
                continue
            if way.ends:
                findings.words.append(Word(way.text[len(self._stem) :], likelihood))
                findings.sure_words += not findings.lacking
                continue
            node = way.parent if way.token is None else self._trie.child(way.parent, way.token)
            node.used = self._trie.clock
            if node.distribution is not None and self._suffices(way, node.distribution):
                self._expand(way, node, node.distribution)
            elif len(findings.lacking) < max(1, self._most_wanted):
                next_byte = way.text[len(self._stem) : len(self._stem) + 1]
                findings.lacking.append(Lacking(node, likelihood, next_byte))
                if not self._most_wanted:
                    break
        findings.mass = self._mass
        findings.edges = self._edges
        findings.words = [Word(word.text, min(1.0, word.probability / self._mass)) for word in findings.words]
        return findings

    def _floor(self, way: _Way) -> float:
        if self._shown.startswith(way.text) and way.text:
            return self._floors.keep
        return self._floors.draw_out if way.beyond else self._floors.word

    def _suffices(self, way: _Way, distribution: Distribution) -> bool:
        """Beyond the stem the top is all that is asked for; up to there, what fits half a word too."""
        return len(way.text) > len(self._stem) or distribution.is_whole()

    def _expand(self, way: _Way, node: Node, distribution: Distribution) -> None:
        left = self._stem[len(way.text) :]
        if len(way.text) <= len(self._stem):
            self._edges.append(_Edge(math.exp(-way.cost), distribution, left))
        if left:
            self._cover(way, node, distribution, left)
            return
        if self._is_in_word(way):
            cost = way.cost - distribution.log_boundary
            ended = _Way(cost, next(self._numbers), node, None, way.text, ends=True, beyond=way.beyond)
            self._push(ended)
        self._follow(way, node, distribution.top)

    def _cover(self, way: _Way, node: Node, distribution: Distribution, left: bytes) -> None:
        """Tokens that begin with what is left of the stem, and tokens that are a part of it."""
        interval = self._vocabulary.interval(left)
        if len(interval):
            self._mass += math.exp(-way.cost) * distribution.mass_in(interval)
            self._follow(way, node, distribution.best_in(interval, BRANCHES))
        prefixes = self._vocabulary.prefixes(left)
        if prefixes:
            self._follow(way, node, distribution.best_of(prefixes), len(prefixes))

    def _follow(self, way: _Way, node: Node, likely: Likely, most: int = BRANCHES) -> None:
        """Ways on by at most so many of these ranks, until one is so improbable that it would be left
        alone.
        """
        ranks = likely.ranks[:most]
        log_probs: list[float] = likely.log_probs[:most].tolist()
        ids: list[int] = self._vocabulary.ranks.ids[ranks].tolist()
        in_word = self._is_in_word(way)
        for rank, log_prob, token in zip(ranks.tolist(), log_probs, ids, strict=True):
            cost = way.cost - log_prob
            if self._is_hopeless(math.exp(-cost)):
                break
            text = self._vocabulary.texts[rank]
            if b"\n" in text or b"\r" in text:
                continue  # a suggestion never starts a line: what comes there is anybody's guess
            beyond = way.beyond or (in_word and not is_word_byte(text[0]))
            self._push(_Way(cost, next(self._numbers), node, token, way.text + text, beyond=beyond))

    def _is_hopeless(self, likelihood: float) -> bool:
        """Whether a way is below every floor already: the mass that it is measured against only grows."""
        return likelihood < self._lowest_floor * (self._mass + likelihood)

    def _is_in_word(self, way: _Way) -> bool:
        """Whether a suggestion that ended here would end with a word's letters."""
        return len(way.text) > len(self._stem) and is_word_byte(way.text[-1])

    def _push(self, way: _Way) -> None:
        heapq.heappush(self._ways, way)
