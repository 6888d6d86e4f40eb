"""The distributions of one tree, as they are for the person who types."""

from __future__ import annotations

from collections.abc import Callable

from foretype.engine.own.counts import AT_START, ORDER, Table, number_of
from foretype.engine.own.mixed import MixedDistribution
from foretype.engine.tree.trie import Node
from foretype.engine.vocabulary import Vocabulary
from foretype.runtime.distribution import Distribution

MOST_MIXED = 64  # as many as a tree keeps distributions: each holds on to one of the model

TableOf = Callable[[], Table | None]
"""The newest counts of the person who types; None if there are none."""


def no_table() -> None:
    """The counts of nobody."""


class Personal:
    """A tree belongs to one field of one person. What the model has computed stays in its nodes as it is, so
    other counts may be mixed into it later.
    """

    def __init__(self, table_of: TableOf, begin_tokens: int) -> None:
        """`begin_tokens`: how many tokens stand before the person's own text."""
        self._table_of = table_of
        self._begin_tokens = begin_tokens
        self._mixed: dict[Node, MixedDistribution] = {}

    @property
    def table(self) -> Table | None:
        return self._table_of()

    def distribution(self, node: Node) -> Distribution | None:
        """The distribution after the node; None if the model must run for it."""
        base, table = node.distribution, self._table_of()
        if base is None or table is None:
            return base
        mixed = self._mixed.get(node)
        if mixed is None or mixed.base is not base or mixed.table is not table:
            if len(self._mixed) >= MOST_MIXED:
                self._mixed.clear()
            mixed = self._mixed[node] = MixedDistribution(base, table, self._context(node))
        return mixed

    def knows(self, beginning: bytes, vocabulary: Vocabulary) -> bool:
        """Whether the person has typed words that begin so."""
        table = self._table_of()
        return table is not None and table.has_beginning(beginning, vocabulary)

    def give_up(self) -> None:
        """Free the memory."""
        self._mixed.clear()

    def _context(self, node: Node) -> list[int]:
        numbers: list[int] = []
        before: Node | None = node
        while before is not None and len(numbers) < ORDER:
            if before.depth < self._begin_tokens:
                numbers.append(AT_START)
                break
            numbers.append(number_of(before.token))
            before = before.parent
        numbers.reverse()
        return numbers
