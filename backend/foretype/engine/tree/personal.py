"""The distributions of one tree, as they are for the person who types."""

from __future__ import annotations

from collections.abc import Callable

from foretype.engine.own.counts import AT_START, ORDER, Table, number_of
from foretype.engine.own.mixed import MixedDistribution
from foretype.engine.tree.trie import Node
from foretype.runtime.distribution import Distribution

TableOf = Callable[[], Table | None]
"""The newest counts of the person who types; None if there are none."""


def no_table() -> None:
    """The counts of nobody."""


class Personal:
    """A tree belongs to one field of one person, so its nodes keep what was mixed for the person. What the
    model has computed stays as it is, so other counts may be mixed into it later.
    """

    def __init__(self, table_of: TableOf, begin_tokens: int) -> None:
        """`begin_tokens`: how many tokens stand before the person's own text."""
        self._table_of = table_of
        self._begin_tokens = begin_tokens

    @property
    def table(self) -> Table | None:
        return self._table_of()

    def distribution(self, node: Node) -> Distribution | None:
        """The distribution after the node; None if the model must run for it."""
        base, table = node.distribution, self._table_of()
        if base is None or table is None:
            return base
        if node.mixed is None or node.mixed.table is not table:
            node.mixed = MixedDistribution(base, table, self._context(node))
        return node.mixed

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
