"""One field's text as the tree sees it: from keystroke to findings to choice, with the model runs named but
not made.

No clock, no thread, no socket: `foretype.engine.field` gives it time, `foretype.engine.scheduler` the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from foretype.engine.keystroke import Continuation, Keystroke, Reason
from foretype.engine.tree.choice import Place, Policy, choose
from foretype.engine.tree.search import Findings, Floors, Search
from foretype.engine.tree.split import LONGEST_STEM, Split, is_supported, scalar_values, split
from foretype.engine.tree.trie import Node, Run, Trie, missing
from foretype.engine.tree.window import Window
from foretype.engine.vocabulary import Vocabulary
from foretype.runtime.arena import IDLE, Arena
from foretype.runtime.distribution import Distribution

WORDS_TOKENS = LONGEST_STEM + 16  # a stem may be a token a character; a suggestion is much shorter


@dataclass(frozen=True, slots=True)
class TreeLimits:
    """What one field may take. tokens_a_run bounds how long a newer keystroke waits for an older one's run to
    end.
    """

    context_tokens: int = 256
    arena_tokens: int = 1024 - IDLE  # with those a round number of slots, as kernels like them
    tokens_a_run: int = 24
    nodes_a_run: int = 2
    nodes_a_run_ahead: int = 4
    looked_at_ahead: int = 48
    runs_a_keystroke: int = 12
    runs_a_brief_keystroke: int = 6
    distributions: int = 64
    letters_foreseen: int = 4

    @classmethod
    def within(
        cls, field_bytes: int, slot_bytes: int, vocab_size: int, begin_tokens: int, context_length: int
    ) -> TreeLimits:
        """What fits into `field_bytes`, never less than a full context and half as much to grow ahead; and
        into `context_length` tokens, with room for the word in hand and what is suggested.
        """
        usual = cls()
        context = max(1, min(usual.context_tokens, context_length - begin_tokens - WORDS_TOKENS))
        least = begin_tokens + usual.context_tokens * 3 // 2
        slots = (field_bytes - usual.distributions * vocab_size * 4) // slot_bytes
        most = min(
            usual.arena_tokens, context_length
        )  # a run takes no more slots than the model has positions
        return cls(context_tokens=context, arena_tokens=min(max(least, slots), most))


@dataclass(frozen=True, slots=True)
class Look:
    """What can be said now.

    done: nothing the model could add would change it. sure: what the model may still add can only draw the
    text out or add alternatives.
    """

    chosen: list[Continuation]
    done: bool
    sure: bool = False


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a keystroke stands in the tree, and what is asked there."""

    root: Node
    stem: bytes
    place: Place
    alternatives: int
    brief: bool


@dataclass(frozen=True, slots=True)
class _Sight:
    """What is found from a stand with the distributions that are there."""

    stand: _Stand
    findings: Findings
    chosen: list[Continuation]


# All that the answer to a keystroke depends on: what is read of the settled text, the stem, what stands after
# the caret and is on the screen, and what is asked for.
_Question = tuple[str | None, str, str, int | None, int, str, bool]
ENDS = {b" ", b",", b"."}  # what comes after a word that is complete
NOWHERE = _Stand(Node(0, None), b"", Place(), 0, brief=False)


class Draft:
    """Owned by its field. `place` a keystroke, then `look`, and while that is not done, make `next_run` and
    `record` it.
    """

    def __init__(
        self, arena: Arena, begin: Sequence[int], vocabulary: Vocabulary, policy: Policy, limits: TreeLimits
    ) -> None:
        self._vocabulary = vocabulary
        self._policy = policy
        self._limits = limits
        self._trie = Trie(arena, begin, limits.distributions)
        self._window = Window(vocabulary, limits.context_tokens)
        self._stand = NOWHERE
        self._sight: _Sight | None = None  # of the keystroke in hand, where it was foreseen
        self._foreseen: dict[_Question, _Sight] = {}
        self._further = Findings()  # of the last look ahead
        self._wanted: list[Node] = []  # what the next run is for, likeliest first
        self._asked_for: Run | None = None  # the run under way, if it is for the keystroke in hand
        self._ran = False  # for the keystroke in hand
        self._runs = 0  # likewise, without those that only read its text

    @property
    def arena(self) -> Arena:
        return self._trie.arena

    @property
    def held_bytes(self) -> int:
        """Memory of past key values and distributions."""
        return self._trie.held_bytes

    def give_up(self) -> None:
        """Nothing is asked of it after this."""
        self._trie.give_up()

    @property
    def ran(self) -> bool:
        """Whether the model has run for the keystroke in hand."""
        return self._ran

    def place(self, keystroke: Keystroke, on_screen: str = "", *, brief: bool = False) -> Reason | None:
        """Walk to where the keystroke stands. A reason, if nothing can be suggested there.

        brief: look for one word only, and not for long.
        """
        self._runs = 0
        self._ran = False
        self._asked_for = None
        self._further = Findings()
        self._wanted = []
        foreseen, self._foreseen = self._foreseen, {}
        self._sight = None
        before = scalar_values(keystroke.before)
        if not before.strip():
            return Reason.NO_CONTEXT
        if not is_supported(keystroke.before):
            return Reason.UNSUPPORTED_TEXT
        cut = split(before)
        self._sight = foreseen.get(self._question(keystroke, cut, on_screen, brief=brief))
        if self._sight is not None:
            self._stand = self._sight.stand
        else:
            self._stand = self._stand_at(
                keystroke, cut, self._window.settle(cut.settled), on_screen, brief=brief
            )
        self._trie.touch(self._stand.root)
        return None

    def look(self) -> Look:
        """Search with the distributions that are there."""
        sight = self._sight or self._see(self._stand, self._limits.nodes_a_run)
        self._sight = None
        self._wanted = sight.findings.wanted
        limits = self._limits
        most_runs = limits.runs_a_brief_keystroke if self._stand.brief else limits.runs_a_keystroke
        done = not self._wanted or self._runs >= most_runs
        return Look(sight.chosen, done, sure=bool(sight.chosen) and sight.findings.sure_words > 0)

    @property
    def lacks(self) -> int:
        """How many tokens the run would take that the last `look` lacks most; 0 if it lacks none."""
        return len(missing(self._wanted[0])) if self._wanted else 0

    def next_run(self, most_tokens: int | None = None) -> Run:
        """The run that the last `look` lacks most. Only while no run of this draft is under way."""
        limit = self._limits.tokens_a_run if most_tokens is None else most_tokens
        times_cleared = self._trie.times_cleared
        self._asked_for = self._trie.run_towards(self._wanted, limit)
        if self._trie.times_cleared > times_cleared:
            self._foreseen.clear()
        return self._asked_for

    def look_ahead(self) -> bool:
        """Search where the typist may get to next, for `next_run` to compute; False where nothing likely is
        left.

        Only after a `look` that was done. What it computes changes no answer, only how soon the next one is
        there.
        """
        policy, limits = self._policy, self._limits
        floor = policy.ahead * policy.show
        search = self._search(self._stand, Floors(floor, floor, floor), limits.looked_at_ahead)
        self._further = search.explore()
        needed = self._further.needed_next(policy.show, policy.ahead, self._vocabulary)
        self._wanted = needed[: limits.nodes_a_run_ahead]
        return bool(needed)

    def likely_letters(self) -> list[str]:
        """What may be typed next, likeliest first, by the last `look_ahead`: a few letters, or what ends a
        word.
        """
        found = self._further
        letters = {word.text[:1] for word in found.words} | {one.next_byte for one in found.lacking} | ENDS
        likely = [
            (found.agreeing(letter, self._vocabulary), letter.decode())
            for letter in letters
            if letter and letter.isascii()
        ]
        likely.sort(reverse=True)
        return [
            letter
            for probability, letter in likely[: self._limits.letters_foreseen]
            if probability >= self._policy.ahead
        ]

    def foresee(self, keystroke: Keystroke, on_screen: str = "") -> None:
        """Work out what a keystroke would be answered that has not come yet, so that `place` finds it there.

        Only an answer that nothing the model could add would change is kept. Costs about what `place` and
        `look` do, less where a distribution is not there yet, and no run.
        """
        before = scalar_values(keystroke.before)
        cut = split(before)
        question = self._question(keystroke, cut, on_screen, brief=False)
        read = question[0]
        if question in self._foreseen or read is None or not is_supported(before):
            return
        ids = self._window.foresee(read)
        if ids is None:
            return
        sight = self._see(self._stand_at(keystroke, cut, ids, on_screen, brief=False), 0)
        if not sight.findings.lacking:
            self._foreseen[question] = sight

    def record(self, run: Run, first_slot: int, distributions: Sequence[Distribution]) -> bool:
        """Take in a finished run, also one that an earlier keystroke asked for. Whether it was this one."""
        self._trie.record(run, first_slot, distributions)
        if run is not self._asked_for:
            return False
        self._ran = True
        self._runs += bool(run.wanted)
        return True

    def _question(self, keystroke: Keystroke, cut: Split, on_screen: str, *, brief: bool) -> _Question:
        one = keystroke
        read = self._window.read_of(cut.settled)
        return read, cut.stem, one.after, one.max_chars, one.alternatives, on_screen, brief

    def _stand_at(
        self, keystroke: Keystroke, cut: Split, ids: Sequence[int], on_screen: str, *, brief: bool
    ) -> _Stand:
        place = Place(scalar_values(keystroke.after), keystroke.max_chars, on_screen)
        return _Stand(self._trie.node(ids), cut.stem.encode(), place, keystroke.alternatives, brief)

    def _see(self, stand: _Stand, most_wanted: int) -> _Sight:
        findings = self._search(stand, self._floors(stand), most_wanted).explore()
        agreeing = partial(findings.agreeing, vocabulary=self._vocabulary)
        chosen = choose(findings.words, self._policy, stand.place, agreeing, stand.alternatives)
        return _Sight(stand, findings, chosen)

    def _floors(self, stand: _Stand) -> Floors:
        policy = self._policy
        # Others to choose from are less likely than the one shown.
        word = policy.show / 4 if stand.alternatives else policy.show
        return Floors(word, 1.0 if stand.brief else policy.draw_out, policy.keep)

    def _search(self, stand: _Stand, floors: Floors, most_wanted: int) -> Search:
        return Search(
            self._trie,
            stand.root,
            stand.stem,
            self._vocabulary,
            floors=floors,
            on_screen=stand.place.on_screen.encode(),
            most_wanted=most_wanted,
        )
