"""One field's text as the tree sees it: from keystroke to findings to choice, with the model runs named but
not made.

No clock, no thread, no socket: `foretype.field` gives it time, `foretype.scheduler` the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from foretype.keystroke import Continuation, Keystroke, Reason
from foretype.runtime.arena import Arena
from foretype.tokens import Vocabulary
from foretype.tree.choice import Place, Policy, choose
from foretype.tree.distribution import Distribution
from foretype.tree.search import Findings, Floors, Search
from foretype.tree.split import Split, is_supported, scalar_values, split
from foretype.tree.trie import Node, Run, Trie, missing
from foretype.tree.window import Window


@dataclass(frozen=True, slots=True)
class Limits:
    """What one field may take. tokens_a_run bounds how long a newer keystroke waits for an older one's run to
    end.
    """

    context_tokens: int = 256
    arena_tokens: int = 1024
    tokens_a_run: int = 24
    nodes_a_run: int = 2
    nodes_a_run_ahead: int = 4
    looked_at_ahead: int = 48
    runs_a_keystroke: int = 12
    runs_a_brief_keystroke: int = 6
    distributions: int = 64

    @classmethod
    def within(cls, field_bytes: int, slot_bytes: int, vocab_size: int, begin_tokens: int) -> Limits:
        """What fits into `field_bytes`: never less than a full context and half as much to grow ahead."""
        usual = cls()
        least = begin_tokens + usual.context_tokens * 3 // 2
        slots = (field_bytes - usual.distributions * vocab_size * 4) // slot_bytes
        return cls(arena_tokens=min(max(least, slots), usual.arena_tokens))


@dataclass(frozen=True, slots=True)
class Look:
    """What can be said now.

    done: nothing the model could add would change it. sure: what the model may still add can only draw the
    text out or add alternatives.
    """

    chosen: list[Continuation]
    done: bool
    sure: bool = False


class Draft:
    """Owned by its field. `place` a keystroke, then `look`, and while that is not done, make `next_run` and
    `record` it.
    """

    def __init__(
        self, arena: Arena, begin: Sequence[int], vocabulary: Vocabulary, policy: Policy, limits: Limits
    ) -> None:
        self._vocabulary = vocabulary
        self._policy = policy
        self._limits = limits
        self._trie = Trie(arena, begin, limits.distributions)
        self._window = Window(vocabulary, limits.context_tokens)
        self._keystroke = Keystroke(seq=0, before="")
        self._split = Split("", "")
        self._place = Place()
        self._root: Node = self._trie.node([])
        self._findings = Findings()
        self._wanted: list[Node] = []  # what the next run is for, likeliest first
        self._brief = False
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

    @property
    def ran(self) -> bool:
        """Whether the model has run for the keystroke in hand."""
        return self._ran

    def place(self, keystroke: Keystroke, on_screen: str = "", *, brief: bool = False) -> Reason | None:
        """Walk to where the keystroke stands. A reason, if nothing can be suggested there.

        brief: look for one word only, and not for long.
        """
        self._keystroke = keystroke
        self._brief = brief
        self._runs = 0
        self._ran = False
        self._asked_for = None
        self._findings = Findings()
        self._wanted = []
        before = scalar_values(keystroke.before)
        self._split = split(before)
        if not before.strip():
            return Reason.NO_CONTEXT
        if not is_supported(keystroke.before):
            return Reason.UNSUPPORTED_TEXT
        self._place = Place(scalar_values(keystroke.after), keystroke.max_chars, on_screen)
        self._root = self._trie.node(self._window.settle(self._split.settled))
        self._trie.touch(self._root)
        return None

    def look(self) -> Look:
        """Search with the distributions that are there."""
        self._findings = self._search(self._floors(), self._limits.nodes_a_run).explore()
        chosen = choose(
            self._findings.words, self._policy, self._place, self._agreeing, self._keystroke.alternatives
        )
        limits = self._limits
        most_runs = limits.runs_a_brief_keystroke if self._brief else limits.runs_a_keystroke
        self._wanted = self._findings.wanted
        done = not self._wanted or self._runs >= most_runs
        return Look(chosen, done, sure=bool(chosen) and self._findings.sure_words > 0)

    @property
    def lacks(self) -> int:
        """How many tokens the run would take that the last `look` lacks most; 0 if it lacks none."""
        return len(missing(self._wanted[0])) if self._wanted else 0

    def next_run(self, most_tokens: int | None = None) -> Run:
        """The run that the last `look` lacks most. Only while no run of this draft is under way."""
        limit = self._limits.tokens_a_run if most_tokens is None else most_tokens
        self._asked_for = self._trie.run_towards(self._wanted, limit)
        return self._asked_for

    def look_ahead(self) -> bool:
        """Search where the typist may get to next, for `next_run` to compute; False where nothing likely is
        left.

        Only after a `look` that was done. What it computes changes no answer, only how soon the next one is
        there.
        """
        policy, limits = self._policy, self._limits
        floor = policy.ahead * policy.show
        findings = self._search(Floors(floor, floor, floor), limits.looked_at_ahead).explore()
        needed = findings.needed_next(policy.show, policy.ahead, self._vocabulary)
        self._wanted = needed[: limits.nodes_a_run_ahead]
        return bool(needed)

    def record(self, run: Run, first_slot: int, distributions: Sequence[Distribution]) -> None:
        """Take in a finished run, also one that an earlier keystroke asked for."""
        self._trie.record(run, first_slot, distributions)
        if run is self._asked_for:
            self._ran = True
            self._runs += bool(run.wanted)

    def _agreeing(self, text: bytes) -> float:
        return self._findings.agreeing(text, self._vocabulary)

    def _floors(self) -> Floors:
        policy = self._policy
        # Others to choose from are less likely than the one shown.
        word = policy.show / 4 if self._keystroke.alternatives else policy.show
        return Floors(word, 1.0 if self._brief else policy.draw_out, policy.keep)

    def _search(self, floors: Floors, most_wanted: int) -> Search:
        return Search(
            self._trie,
            self._root,
            self._split.stem.encode(),
            self._vocabulary,
            floors=floors,
            on_screen=self._place.on_screen.encode(),
            most_wanted=most_wanted,
        )
