"""Best-first search for the likeliest continuations: a pure function of the distributions that are there.

It runs again after every run of the model: compared with the model its steps are cheap. The nodes whose
distributions it needs and does not have come back as `wanted`, likeliest first.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from operator import attrgetter
from typing import NamedTuple

from foretype.engine.tree.trie import Node, Trie
from foretype.engine.tree.word_ends import WordEnds
from foretype.engine.vocabulary import Vocabulary, is_word_byte
from foretype.runtime.distribution import Distribution, Likely

BRANCHES = 12  # tokens that are followed at each node: the thirteenth is never in a suggestion
LETTERS = [bytes([letter]) for letter in b"abcdefghijklmnopqrstuvwxyz"]


@dataclass(frozen=True, slots=True)
class Word:
    """A continuation that ends where a word ends: its bytes after the stem, and the probability that the user
    types all of it and then ends the word.
    """

    text: bytes
    probability: float


@dataclass(frozen=True, slots=True)
class _Edge:
    """A node whose path covers the stem except for `left`, which may be empty: how likely the node is, and
    what follows it.
    """

    likelihood: float
    distribution: Distribution
    left: bytes


@dataclass(frozen=True, slots=True)
class Lacking:
    """A node whose distribution is missing: how likely it is, and the first byte after the stem on the way to
    it; empty if the node does not go beyond the stem. `beyond`: it comes after the first word. `end`: the
    probability that a word ends at the node, if the table has it.
    """

    node: Node
    likelihood: float
    next_byte: bytes
    beyond: bool
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """A node that the next keystroke needs with this probability. `key`: the byte that is typed then, if only
    this byte leads to the node; else empty.
    """

    node: Node
    chance: float
    key: bytes


@dataclass(slots=True)
class Findings:
    """The result of a search.

    words: likeliest first. The first is the likeliest next word; longer ones may begin with it.
    sure_words: how many of the first words keep their place, whatever the missing distributions are.
    lacking: nodes whose distributions are missing, likeliest first. Empty if none of them could add a word
    above the floor. `wanted`: the nodes alone.
    """

    words: list[Word] = field(default_factory=list)
    lacking: list[Lacking] = field(default_factory=list)
    sure_words: int = 0
    mass: float = 1.0  # the probability of all that fits the stem, as far as it is known
    unknown: float = 0.0  # the most by which it may be higher
    edges: list[_Edge] = field(default_factory=list)
    unread: list[Node] = field(default_factory=list)  # whose distributions no answer had read before

    @property
    def wanted(self) -> list[Node]:
        return [one.node for one in self.lacking]

    def agreeing(self, text: bytes, vocabulary: Vocabulary) -> float:
        """The probability, 0 to 1, that the next bytes are `text`; too low if tokens end inside `text`."""
        joint = sum(
            edge.likelihood * edge.distribution.mass_in(vocabulary.interval(edge.left + text))
            for edge in self.edges
        )
        return min(1.0, joint / max(self.mass, 1e-12))

    def needed_next(self, floors: Floors, least: float, vocabulary: Vocabulary) -> list[Expected]:
        """The nodes that the next keystroke may need with at least the probability `least`, likeliest first.

        A search needs a node if the node's share of the probability of all that fits the stem reaches its
        floor. `floors` are those of the search for the next keystroke. So the chance depends not on how
        likely the node is now, but on how likely the bytes are after which it has that share.
        """
        typed: dict[bytes, float] = {}

        def chance_of(byte: bytes) -> float:
            if byte not in typed:
                typed[byte] = self.agreeing(byte, vocabulary)
            return typed[byte]

        found: list[Expected] = []
        for one in self.lacking:
            share = one.likelihood / max(self.mass, 1e-12)
            floor = floors.of_word(beyond=one.beyond)
            if not one.next_byte:
                # The bytes after the node are not known. The node stays in the search unless the next byte is
                # likely after the nodes that are known, so that its own share becomes too small.
                decided = (chance_of(byte) for byte in LETTERS)
                chance = 1.0 - sum(known for known in decided if share < floor * (share + known))
            else:
                chance = chance_of(one.next_byte)
                if share < floor * chance:
                    continue
                if one.end is not None and not floors.needs(share, one.end, beyond=one.beyond, given=chance):
                    continue
            if chance >= least:
                found.append(Expected(one.node, chance, one.next_byte))
        return sorted(found, key=lambda expected: -expected.chance)


@dataclass(frozen=True, slots=True)
class Floors:
    """The probabilities below which a branch is not followed, even if its distribution is there: what is
    found must not depend on what the tree has computed before.

    word: up to the end of the first word. draw_out: after it. keep: along the text that is on the screen.
    follow_out: of a word with its end, before the words after it are searched; only if the table says how
    likely the word ends.
    """

    word: float
    draw_out: float
    keep: float
    follow_out: float = 0.0

    def of_word(self, *, beyond: bool) -> float:
        """The floor of a word; `beyond`: it comes after the first one."""
        return self.draw_out if beyond else self.word

    def needs(
        self, share: float, end: float, *, beyond: bool, follows: bool = True, given: float = 1.0
    ) -> bool:
        """Whether a node's distribution is needed, although the probability `end` that a word ends there is
        known: for the words after it, if any may follow, or for a longer word. `share`: of the node. `given`:
        the share of all that is left when the node is looked at.
        """
        if follows and share * end >= self.follow_out * given:
            return True
        return share * (1.0 - end) >= self.of_word(beyond=beyond) * given


class _Branch(NamedTuple):
    """A path that is not followed yet. Branches are ordered by `cost`; they are tuples, because a heap
    compares tuples fastest.

    The path ends with `token` after `parent`; if `token` is None, with `parent` itself.
    """

    cost: float  # -log of the joint probability
    number: int  # unique: if costs are equal, the earlier branch is first, so results can be repeated
    parent: Node
    token: int | None
    text: bytes  # of the whole path below the search's root
    ends: bool = False  # the word ends here
    beyond: int = 0  # words that were ended before the last one


class Search:
    """One search from a node; the bytes that it finds must begin with the stem."""

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
        most_words: int | None = None,
        may_end: bool = False,
        word_ends: WordEnds | None = None,
        distribution_of: Callable[[Node], Distribution | None] = attrgetter("distribution"),
    ) -> None:
        """`distribution_of`: a node's, for the person who types. `most_words`: of one continuation.
        `may_end`: whether the word may end with the stem; then its continuation is empty.
        `most_wanted`: how many nodes are noted as lacking. With 0 the search ends at the first one, and its
        findings are of no use. `word_ends`: makes runs unnecessary that would only say that a word ends.
        """
        self._trie = trie
        self._root = root
        self._distribution_of = distribution_of
        self._stem = stem
        self._vocabulary = vocabulary
        self._floors = floors
        self._lowest_floor = min(floors.word, floors.draw_out, floors.keep)
        self._shown = stem + on_screen if on_screen else b""
        self._most_wanted = most_wanted
        self._most_words = math.inf if most_words is None else most_words
        self._least_end = len(stem) + (not may_end)  # bytes of a text that ends a word
        self._word_ends = word_ends
        self._queue: list[_Branch] = []
        self._edges: list[_Edge] = []
        self._unread: list[Node] = []
        self._numbers = count()
        # The probability of all that fits the stem, as far as it is known. A suggestion's probability is its
        # share of this.
        self._mass = 0.0 if stem else 1.0

    def explore(self) -> Findings:
        findings = Findings()
        self._push(_Branch(0.0, next(self._numbers), self._root, None, b""))
        while self._queue:
            branch = heapq.heappop(self._queue)
            likelihood = math.exp(-branch.cost)
            # A branch that does not cover the stem yet adds to the mass too: it reaches a floor only by its
            # share of both.
            mass = self._mass + (likelihood if len(branch.text) < len(self._stem) else 0.0)
            if likelihood < self._lowest_floor * mass:
                break
            if likelihood < self._floor(branch) * mass:
                continue
            if branch.ends:
                findings.words.append(Word(branch.text[len(self._stem) :], likelihood))
                findings.sure_words += not findings.lacking
                continue
            if (ended := self._ended(branch, likelihood / mass)) is not None:
                self._push(ended)
                continue
            node = branch.parent if branch.token is None else self._trie.child(branch.parent, branch.token)
            node.used = self._trie.clock
            distribution = self._distribution_of(node)
            if distribution is not None and self._suffices(branch, distribution):
                self._expand(branch, node, distribution)
                continue
            if len(branch.text) < len(self._stem):
                findings.unknown += likelihood
            if len(findings.lacking) < max(1, self._most_wanted):
                findings.lacking.append(self._lacking(branch, node, likelihood))
                if not self._most_wanted:
                    break
        findings.mass = self._mass
        findings.edges = self._edges
        findings.unread = self._unread
        findings.words = [Word(word.text, min(1.0, word.probability / self._mass)) for word in findings.words]
        return findings

    def _floor(self, branch: _Branch) -> float:
        if self._shown.startswith(branch.text) and branch.text:
            return self._floors.keep
        return self._floors.of_word(beyond=branch.beyond > 0)

    def _lacking(self, branch: _Branch, node: Node, likelihood: float) -> Lacking:
        next_byte = branch.text[len(self._stem) : len(self._stem) + 1]
        return Lacking(node, likelihood, next_byte, branch.beyond > 0, self._end_of(branch))

    def _ended(self, branch: _Branch, share: float) -> _Branch | None:
        """The branch with the end of its word, if the table has its probability and the distribution is not
        needed for more. It is left aside then even if it is there: what is found must not depend on that.
        """
        end = self._end_of(branch)
        if end is None or self._goes_on(branch):
            return None
        follows = branch.beyond + 1 < self._most_words
        if self._floors.needs(share, end, beyond=branch.beyond > 0, follows=follows):
            return None
        cost = branch.cost - math.log(end)
        return _Branch(
            cost, next(self._numbers), branch.parent, None, branch.text, ends=True, beyond=branch.beyond
        )

    def _end_of(self, branch: _Branch) -> float | None:
        """The probability that a word ends after the branch, if the table has it."""
        if self._word_ends is None or branch.token is None or not self._is_in_word(branch):
            return None
        if len(branch.text) <= len(self._stem):
            return None  # its distribution is needed anyway: for what fits the stem
        return self._word_ends.probability(branch.token)

    def _goes_on(self, branch: _Branch) -> bool:
        """Whether the text on the screen goes on after the branch."""
        return len(self._shown) > len(branch.text) and self._shown.startswith(branch.text)

    def _suffices(self, branch: _Branch, distribution: Distribution) -> bool:
        """Up to the stem's end, the whole distribution is needed; after it, only the likeliest tokens."""
        return len(branch.text) > len(self._stem) or distribution.is_whole()

    def _expand(self, branch: _Branch, node: Node, distribution: Distribution) -> None:
        if node.unread is not None:
            self._unread.append(node)
        left = self._stem[len(branch.text) :]
        if len(branch.text) <= len(self._stem):
            self._edges.append(_Edge(math.exp(-branch.cost), distribution, left))
        if left:
            self._cover(branch, node, distribution, left)
            return
        if self._is_in_word(branch):
            cost = branch.cost - distribution.log_boundary
            ended = _Branch(
                cost, next(self._numbers), node, None, branch.text, ends=True, beyond=branch.beyond
            )
            self._push(ended)
        self._follow(branch, node, distribution.top)

    def _cover(self, branch: _Branch, node: Node, distribution: Distribution, left: bytes) -> None:
        """Follow tokens that begin with the rest of the stem, and tokens that are a part of the rest."""
        interval = self._vocabulary.interval(left)
        if len(interval):
            self._mass += math.exp(-branch.cost) * distribution.mass_in(interval)
            self._follow(branch, node, distribution.best_in(interval, BRANCHES))
        prefixes = self._vocabulary.prefixes(left)
        if prefixes:
            self._follow(branch, node, distribution.best_of(prefixes), len(prefixes))

    def _follow(self, branch: _Branch, node: Node, likely: Likely, most: int = BRANCHES) -> None:
        """Add branches for at most `most` of these ranks, likeliest first, until one is below every floor."""
        ranks = likely.ranks[:most]
        log_probs: list[float] = likely.log_probs[:most].tolist()
        ids: list[int] = self._vocabulary.ranks.ids[ranks].tolist()
        in_word = self._is_in_word(branch)
        for rank, log_prob, token in zip(ranks.tolist(), log_probs, ids, strict=True):
            cost = branch.cost - log_prob
            if self._is_hopeless(math.exp(-cost)):
                break
            text = self._vocabulary.texts[rank]
            if b"\n" in text or b"\r" in text:
                continue  # a suggestion never starts a line, because the text there cannot be predicted
            beyond = branch.beyond + (in_word and not is_word_byte(text[0]))
            if beyond >= self._most_words:
                continue
            self._push(_Branch(cost, next(self._numbers), node, token, branch.text + text, beyond=beyond))

    def _is_hopeless(self, likelihood: float) -> bool:
        """Whether a branch is below every floor, and stays so: the mass only grows."""
        return likelihood < self._lowest_floor * (self._mass + likelihood)

    def _is_in_word(self, branch: _Branch) -> bool:
        """Whether a suggestion that ended here would end with a byte of a word."""
        return len(branch.text) >= self._least_end and is_word_byte(branch.text[-1])

    def _push(self, branch: _Branch) -> None:
        heapq.heappush(self._queue, branch)
