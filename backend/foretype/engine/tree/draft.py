"""One field's draft: it finds the suggestion for a keystroke, and names the model runs that this needs.

It has no clock, no thread and no socket, and runs no model: `foretype.engine.field` keeps the time,
`foretype.engine.scheduler` makes the runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from foretype.engine.keystroke import Continuation, Keystroke, Reason, Sureness
from foretype.engine.tree.choice import CaretContext, Policy, choose_continuations
from foretype.engine.tree.language import Language, SharesOf, any_language
from foretype.engine.tree.personal import Personal, TableOf, no_table
from foretype.engine.tree.search import Expected, Findings, Floors, Search
from foretype.engine.tree.slips import MOST_LIKELY_RIGHT, Meant, may_be_slip, meant_by
from foretype.engine.tree.split import LONGEST_STEM, Split, is_supported, scalar_values, split
from foretype.engine.tree.trie import NO_SLOT, Node, Run, Trie, missing
from foretype.engine.tree.window import Window
from foretype.engine.tree.word_ends import WordEnds
from foretype.engine.vocabulary import Vocabulary
from foretype.runtime.arena import IDLE, Arena
from foretype.runtime.distribution import Distribution
from foretype.support.stage import RunPurpose

# The time of a run for each further node, in times of a run for one. Measured with SmolLM2 on AVX2
# (docs/decisions/0030-fewer-runs.md).
STEPS_A_NODE = 0.29
WORDS_TOKENS = LONGEST_STEM + 16  # a stem may take a token for each character; a suggestion takes far fewer


@dataclass(frozen=True, slots=True)
class TreeLimits:
    """The limits of one field.

    context_tokens: settled text that the model reads.
    arena_tokens: slots of the field's arena.
    tokens_a_run: bounds how long a newer keystroke waits until the run of an older one ends.
    nodes_a_run, nodes_a_run_ahead: nodes whose distributions one run gives.
    candidates_ahead: nodes that a search ahead notes, of which it chooses those for the run.
    runs_a_keystroke, runs_a_brief_keystroke: the most runs, not counting those that only read the text.
    distributions: the most that are kept.
    letters_foreseen: next letters whose answers are worked out before one of them is typed.
    """

    context_tokens: int = 256
    arena_tokens: int = 1024 - IDLE  # with the IDLE slots a round number, for which kernels are fastest
    tokens_a_run: int = 24
    nodes_a_run: int = 2
    nodes_a_run_ahead: int = 6
    candidates_ahead: int = 48
    runs_a_keystroke: int = 12
    runs_a_brief_keystroke: int = 6
    distributions: int = 64
    letters_foreseen: int = 4

    @classmethod
    def within(
        cls, field_bytes: int, slot_bytes: int, vocab_size: int, begin_tokens: int, context_length: int
    ) -> TreeLimits:
        """The limits for `field_bytes` and a model that reads `context_length` tokens.

        The arena has slots for the begin tokens, a full context and half as much again, even if those need
        more bytes. The model's context has space for the stem and the suggestion.
        """
        usual = cls()
        context = max(1, min(usual.context_tokens, context_length - begin_tokens - WORDS_TOKENS))
        least = begin_tokens + usual.context_tokens * 3 // 2
        slots = (field_bytes - usual.distributions * vocab_size * 4) // slot_bytes
        # A run takes no more slots than the model has positions.
        most = min(usual.arena_tokens, context_length)
        return cls(context_tokens=context, arena_tokens=min(max(least, slots), most))


@dataclass(frozen=True, slots=True)
class FirstUse:
    """An answer has used a result of a run for the first time. `first_of_run`: and no other result of it
    before.
    """

    purpose: RunPurpose
    first_of_run: bool


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The best suggestion that the available distributions allow.

    chosen: the text to show, then alternatives; empty if nothing is to be shown.
    done: no run would change it, or no more runs are allowed.
    sure: further runs can only make the text longer or add alternatives.
    first_uses: the results of runs that no answer has used before.
    """

    chosen: list[Continuation]
    done: bool
    sure: bool = False
    first_uses: Sequence[FirstUse] = ()


@dataclass(frozen=True, slots=True)
class _Query:
    """A search: for continuations of the stem, from a node of the tree."""

    root: Node
    stem: bytes
    caret: CaretContext
    alternatives: int
    brief: bool  # one word is enough
    policy: Policy
    max_words: int | None = None
    doubted: Split | None = None  # whose stem may be corrected
    word_ends: WordEnds | None = None


@dataclass(frozen=True, slots=True)
class _QueryResult:
    """The result of a query with the available distributions."""

    query: _Query
    findings: Findings
    chosen: list[Continuation]


# All that the answer to a keystroke depends on: the part of the settled text that is read (None: the anchor
# is not in it), stem, after, max_chars, max_words, sureness, alternatives, corrections, on_screen,
# brief.
_Key = tuple[str | None, str, str, int | None, int | None, Sureness, int, bool, str, bool]
WORD_ENDS = {b" ", b",", b"."}  # bytes that often follow a complete word
NOWHERE = _Query(Node(0, None), b"", CaretContext(), 0, brief=False, policy=Policy())


class Draft:
    """Owned by its field, used on the event loop. Call `place` with a keystroke, then `search`; while its
    result is not done, make `next_run`, `record` it and search again.
    """

    def __init__(
        self,
        arena: Arena,
        begin: Sequence[int],
        vocabulary: Vocabulary,
        policy: Policy,
        limits: TreeLimits,
        table_of: TableOf = no_table,
        word_ends: WordEnds | None = None,
        shares_of: SharesOf = any_language,
    ) -> None:
        """`table_of`: the counts of the person whose words are mixed in. `word_ends`: not used for a person
        with such counts, because a word of the person's own may go on where words usually end, and in texts
        that are not English. `shares_of`: in which languages a text may be.
        """
        self._vocabulary = vocabulary
        self._policies = {sureness: policy.at(sureness) for sureness in Sureness}
        self._limits = limits
        self._word_ends = word_ends
        self._language = Language(shares_of)
        self._trie = Trie(arena, begin, limits.distributions)
        self._personal = Personal(table_of, len(begin))
        self._foreseen_with = self._personal.table
        self._window = Window(vocabulary, limits.context_tokens)
        self._query = NOWHERE
        self._meant: tuple[_Query, Meant | None] | None = None  # of the latest query that was doubted
        self._foreseen_result: _QueryResult | None = None  # of the latest keystroke, if it was foreseen
        self._foreseen: dict[_Key, _QueryResult] = {}
        self._findings_ahead = Findings()  # of the last search ahead
        self._wanted: list[Node] = []  # what the next run is for, likeliest first
        self._wanted_ahead = False  # whether `search_ahead` found them
        self._is_corrected = False  # whether the last search was for another word than the stem begins
        self._asked_for: Run | None = None  # the run under way, if it is for the latest keystroke
        self._ran = False  # for the latest keystroke
        self._runs = 0  # for the latest keystroke, without those that only read its text

    @property
    def arena(self) -> Arena:
        return self._trie.arena

    @property
    def held_bytes(self) -> int:
        """Bytes of past key values and distributions."""
        return self._trie.held_bytes

    def give_up(self) -> None:
        """Free its memory; it is not used after this."""
        self._trie.give_up()
        self._personal.give_up()

    @property
    def ran(self) -> bool:
        """Whether the model has run for the latest keystroke."""
        return self._ran

    def place(self, keystroke: Keystroke, on_screen: str = "", *, brief: bool = False) -> Reason | None:
        """Walk to the keystroke's node in the tree. Returns a reason if nothing can be suggested there.

        on_screen: the rest of the suggestion on the screen. brief: search for one word only, with fewer runs.
        """
        self._runs = 0
        self._ran = False
        self._asked_for = None
        self._findings_ahead = Findings()
        self._wanted = []
        foreseen, self._foreseen = self._foreseen, {}
        if self._foreseen_with is not self._personal.table:  # what was foreseen may hold a forgotten word
            self._foreseen_with, foreseen = self._personal.table, {}
        self._foreseen_result = None
        before = scalar_values(keystroke.before)
        if not before.strip():
            return Reason.NO_CONTEXT
        if not is_supported(keystroke.before):
            return Reason.UNSUPPORTED_TEXT
        cut = split(before)
        if not self._language.is_written(cut.settled):
            return Reason.UNSUPPORTED_TEXT
        self._foreseen_result = foreseen.get(self._key(keystroke, cut, on_screen, brief=brief))
        if self._foreseen_result is not None:
            self._query = self._foreseen_result.query
        else:
            self._query = self._query_at(
                keystroke, cut, self._window.settle(cut.settled), on_screen, brief=brief
            )
        self._trie.touch(self._query.root)
        return None

    def search(self) -> SearchResult:
        """Search with the distributions that are there."""
        found = self._foreseen_result or self._search_for(self._query, self._limits.nodes_a_run)
        self._foreseen_result = None
        self._wanted_ahead = False
        read = found.findings.unread
        corrected = self._corrected(found)
        self._is_corrected = corrected is not None
        if corrected is not None:
            found = corrected
            read = [*read, *found.findings.unread]
        self._wanted = found.findings.wanted
        limits = self._limits
        most_runs = limits.runs_a_brief_keystroke if self._query.brief else limits.runs_a_keystroke
        done = not self._wanted or self._runs >= most_runs
        sure = bool(found.chosen) and found.findings.sure_words > 0
        return SearchResult(found.chosen, done, sure, _first_uses(read))

    @property
    def missing_tokens(self) -> int:
        """The number of tokens that the next run has to compute for the likeliest node that the last search
        wants; 0 if it wants none.
        """
        return len(missing(self._wanted[0])) if self._wanted else 0

    def next_run(self, most_tokens: int | None = None, *, waited_for: bool = True) -> Run:
        """The run for the nodes that the last search wants, of at most `most_tokens`. Call it only while no
        run of this draft is under way. `waited_for`: whether the keystroke has no final answer yet.
        """
        limit = self._limits.tokens_a_run if most_tokens is None else most_tokens
        times_cleared = self._trie.times_cleared
        late = RunPurpose.KEYSTROKE if waited_for else RunPurpose.LATE
        purpose = RunPurpose.AHEAD if self._wanted_ahead else late
        self._asked_for = replace(self._trie.run_towards(self._wanted, limit), purpose=purpose)
        if self._trie.times_cleared > times_cleared:
            self._foreseen.clear()
        return self._asked_for

    def search_ahead(self, *, frugal: bool = False) -> bool:
        """Search for the nodes that likely next keystrokes will need, so that `next_run` computes them. False
        if there are none, or if a run for them is expected to serve too few keystrokes for what it costs. If
        `frugal`, more are required.

        Call it only after a `search` that was done. It changes no answer, only how soon the next one is
        there. There are none after a mistyped stem: few people go on with it.
        """
        self._wanted_ahead = True
        if self._is_corrected:
            self._wanted = []
            return False
        policy, limits = self._query.policy, self._limits
        floors = self._floors(self._query)
        floor = policy.ahead * floors.word
        search = self._new_search(self._query, Floors(floor, floor, floor), limits.candidates_ahead)
        self._findings_ahead = search.explore()
        needed = self._findings_ahead.needed_next(floors, policy.ahead, self._vocabulary)
        chosen = needed[: limits.nodes_a_run_ahead]
        self._wanted = [one.node for one in chosen]
        gain = policy.frugal_gain if frugal else policy.gain
        return bool(chosen) and _served(chosen) >= gain * (1.0 + STEPS_A_NODE * (len(chosen) - 1))

    def want_beginning(self) -> bool:
        """Let `next_run` read what stands before the user's text. False if it is read."""
        node = self._trie.node([])
        self._wanted = [node] if node.slot == NO_SLOT else []
        self._wanted_ahead = True
        return bool(self._wanted)

    def likely_letters(self) -> list[str]:
        """The next keys by the last `search_ahead`, likeliest first: letters, or what ends a word."""
        found = self._findings_ahead
        letters = (
            {word.text[:1] for word in found.words} | {one.next_byte for one in found.lacking} | WORD_ENDS
        )
        likely = [
            (found.agreeing(letter, self._vocabulary), letter.decode())
            for letter in letters
            if letter and letter.isascii()
        ]
        likely.sort(reverse=True)
        return [
            letter
            for probability, letter in likely[: self._limits.letters_foreseen]
            if probability >= self._query.policy.ahead
        ]

    def foresee(self, keystroke: Keystroke, on_screen: str = "") -> None:
        """Work out the answer to a keystroke that may come, so that `place` finds it.

        The answer is kept only if no run could change it. Costs about as much as `place` and `search`, less
        if a distribution is missing, and no run.
        """
        before = scalar_values(keystroke.before)
        cut = split(before)
        key = self._key(keystroke, cut, on_screen, brief=False)
        read = key[0]
        if key in self._foreseen or read is None or not is_supported(before):
            return
        if not self._language.is_written(cut.settled):
            return
        ids = self._window.foresee(read)
        if ids is None:
            return
        found = self._search_for(self._query_at(keystroke, cut, ids, on_screen, brief=False), 0)
        if not found.findings.lacking:
            self._foreseen[key] = found

    def record(self, run: Run, first_slot: int, distributions: Sequence[Distribution]) -> bool:
        """Take over a finished run. False if an earlier keystroke had asked for it."""
        self._trie.record(run, first_slot, distributions)
        if run is not self._asked_for:
            return False
        self._ran = True
        self._runs += bool(run.wanted)
        return True

    def _key(self, keystroke: Keystroke, cut: Split, on_screen: str, *, brief: bool) -> _Key:
        one = keystroke
        read = self._window.read_of(cut.settled)
        lengths = one.max_chars, one.max_words
        wishes = one.sureness, one.alternatives, one.corrections
        return read, cut.stem, one.after, *lengths, *wishes, on_screen, brief

    def _query_at(
        self, keystroke: Keystroke, cut: Split, ids: Sequence[int], on_screen: str, *, brief: bool
    ) -> _Query:
        caret = CaretContext(scalar_values(keystroke.after), keystroke.max_chars, on_screen)
        return _Query(
            self._trie.node(ids),
            cut.stem.encode(),
            caret,
            keystroke.alternatives,
            brief,
            self._policies[keystroke.sureness],
            keystroke.max_words,
            # The search for the word that was meant takes milliseconds: too much if there is little time.
            cut if keystroke.corrections and not keystroke.alternatives and not brief else None,
            self._word_ends if self._language.is_english(cut.settled) else None,
        )

    def _search_for(self, query: _Query, most_wanted: int) -> _QueryResult:
        findings = self._new_search(query, self._floors(query), most_wanted).explore()
        agreeing = partial(findings.agreeing, vocabulary=self._vocabulary)
        chosen = choose_continuations(findings.words, query.policy, query.caret, agreeing, query.alternatives)
        return _QueryResult(query, findings, chosen)

    def _corrected(self, found: _QueryResult) -> _QueryResult | None:
        """The search for the word that was meant, if the stem is a slip: then nothing continues the stem. It
        needs no run to find out which word that may be, but perhaps one to learn where that word ends.
        """
        query, findings = found.query, found.findings
        right = findings.mass + findings.unknown
        if query.doubted is None or right > MOST_LIKELY_RIGHT:
            return None
        if self._meant is None or self._meant[0] is not query:
            self._meant = query, self._meant_by(query, query.doubted, findings.mass)
        meant = self._meant[1]
        if meant is None or (share := meant.share(right)) < query.policy.correct:
            return None
        word = replace(query, stem=meant.stem, caret=CaretContext(query.caret.after), brief=True, max_words=1)
        floor = query.policy.correct / share
        floors = Floors(floor, 1.0, query.policy.keep)
        search = self._new_search(word, floors, self._limits.nodes_a_run, may_end=True)
        of_word = search.explore()
        chosen = _correction(query, meant, share, of_word)
        if not chosen and not of_word.wanted and findings.unknown and findings.wanted:
            return None  # the stem may prove to be less probable, and the word more certain
        return _QueryResult(word, of_word, chosen)

    def _meant_by(self, query: _Query, doubted: Split, least_right: float) -> Meant | None:
        distribution = self._personal.distribution(query.root)
        if distribution is None or not distribution.is_whole() or not may_be_slip(doubted, query.caret.after):
            return None
        if self._personal.knows(query.stem, self._vocabulary):
            return None
        return meant_by(doubted.stem, distribution, self._vocabulary, least_right)

    def _floors(self, query: _Query) -> Floors:
        policy = query.policy
        # Alternatives are less likely than the text that is shown.
        word = policy.show * policy.follow / (4 if query.alternatives else 1)
        if query.brief:
            return Floors(word, 1.0, policy.keep, math.inf)
        return Floors(word, policy.draw_out, policy.keep, policy.draw_out * policy.follow_out)

    def _new_search(
        self, query: _Query, floors: Floors, most_wanted: int, *, may_end: bool = False
    ) -> Search:
        return Search(
            self._trie,
            query.root,
            query.stem,
            self._vocabulary,
            floors=floors,
            on_screen=query.caret.on_screen.encode(),
            most_words=query.max_words,
            most_wanted=most_wanted,
            may_end=may_end,
            word_ends=query.word_ends if self._personal.table is None else None,
            distribution_of=self._personal.distribution,
        )


def _correction(query: _Query, meant: Meant, share: float, findings: Findings) -> list[Continuation]:
    """The word that was meant, if it is certain enough. `share`: the probability that it begins so."""
    if not findings.words:
        return []
    word = findings.words[0]
    try:
        text = (meant.stem + word.text).decode().removeprefix(" ")
    except UnicodeDecodeError:  # a token may end inside a character
        return []
    confidence = share * word.probability
    typed = query.stem.decode().removeprefix(" ")
    most = query.caret.max_chars
    if confidence < query.policy.correct or (most is not None and len(text) > most):
        return []
    return [Continuation(text, confidence, replaces=len(typed))]


def _served(expected: Sequence[Expected]) -> float:
    """How many of the next keystrokes these nodes serve. A key that needs several of them counts once."""
    by_key = {one.key or id(one.node): one.chance for one in expected}
    return sum(by_key.values())


def _first_uses(nodes: Sequence[Node]) -> list[FirstUse]:
    """An answer has read the distributions of `nodes`. Those that were read before do not count."""
    uses = []
    for node in nodes:
        if (run := node.unread) is not None:
            uses.append(FirstUse(run.purpose, first_of_run=not run.used))
            run.used, node.unread = True, None
    return uses
