"""The tokens of one field as a trie, and where each node's keys and values lie in the field's arena."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from foretype.runtime.arena import Arena
from foretype.runtime.chunk import Chunk
from foretype.runtime.distribution import Distribution

NO_SLOT = -1


class Node:
    """A token after its ancestors. `slot` is where its keys and values lie (NO_SLOT: not computed);
    `distribution` what follows it.
    """

    __slots__ = ("children", "depth", "distribution", "parent", "slot", "token", "used")

    def __init__(self, token: int, parent: Node | None) -> None:
        self.token = token
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.slot = NO_SLOT
        self.distribution: Distribution | None = None
        self.children: dict[int, Node] = {}
        self.used = 0  # the trie's clock when a search last went through

    def path(self) -> list[Node]:
        """From the root to this node."""
        nodes: list[Node] = []
        node: Node | None = self
        while node is not None:
            nodes.append(node)
            node = node.parent
        nodes.reverse()
        return nodes


@dataclass(frozen=True, slots=True)
class Run:
    """A chunk and the nodes that it computes, one a token; `wanted` are those whose distribution comes back,
    one a row.
    """

    chunk: Chunk
    nodes: list[Node]
    wanted: list[Node] = field(default_factory=list)


class Trie:
    """Owned by the event loop, which leaves it alone while a run of its arena is under way.

    Slots are given in order, so a new node's is above all its ancestors', as the model's causality wants.
    An arena may come with the begin tokens in it. Dropped nodes leave holes, which `_make_room` closes.
    Distributions are large (4 bytes a rank): at most `most_distributions` are kept.
    """

    def __init__(self, arena: Arena, begin: Sequence[int], most_distributions: int = 64) -> None:
        self.arena = arena
        self._begin = tuple(begin)
        self._most_distributions = most_distributions
        self._with_distribution: set[Node] = set()
        self._distribution_bytes = 0  # of one; they are all alike
        self.clock = 0
        self.times_cleared = 0  # a node that was found before the last time may be in the tree no more
        self.root = Node(self._begin[0], None)
        for slot, node in enumerate(self.node([]).path()[: arena.length]):
            node.slot = slot

    @property
    def held_bytes(self) -> int:
        """Memory of past key values and distributions."""
        distributions = len(self._with_distribution) * self._distribution_bytes
        return self.arena.touched * self.arena.slot_bytes + distributions

    def give_up(self) -> None:
        """Nobody asks any more: what is large goes at once. Nodes hold each other, parents and children, and
        would keep it until the garbage collector comes.
        """
        for node in self._with_distribution:
            node.distribution = None
        self._with_distribution.clear()

    def node(self, ids: Sequence[int]) -> Node:
        """The node after the begin tokens and `ids`; made where it is not there yet."""
        node = self.root
        for token in (*self._begin[1:], *ids):
            node = self.child(node, token)
        return node

    @staticmethod
    def child(node: Node, token: int) -> Node:
        found = node.children.get(token)
        if found is None:
            found = node.children[token] = Node(token, node)
        return found

    def run_towards(self, targets: Sequence[Node], limit: int) -> Run:
        """The next run, of at most `limit` tokens, on the way to the distributions of `targets`.

        Where the first target's path needs more tokens than that, the run is its next part and wants nothing
        yet. Raises ArenaFullError after having made what room there is.
        """
        nodes = missing(targets[0])
        if len(nodes) > limit:
            return self._run(nodes[:limit], [], keep=targets[:1])
        wanted = [targets[0]]
        for target in targets[1:]:
            more = [node for node in missing(target) if node not in nodes]
            if len(nodes) + len(more) > limit:
                break
            nodes += more
            wanted.append(target)
        return self._run(nodes, wanted, keep=targets)

    def _run(self, nodes: list[Node], wanted: list[Node], keep: Sequence[Node]) -> Run:
        if self.arena.length + len(nodes) > self.arena.capacity:
            self._make_room([*nodes, *keep], len(nodes))
        first = self.arena.length
        slots = {node: first + index for index, node in enumerate(nodes)}
        rows = np.array([slots[node] - first for node in wanted], np.int64)
        ids = np.array([node.token for node in nodes], np.int64)
        positions = np.array([node.depth for node in nodes], np.int64)
        return Run(Chunk(ids, positions, self._visible(nodes, slots), rows), nodes, wanted)

    def _visible(self, nodes: list[Node], slots: dict[Node, int]) -> NDArray[np.bool_] | None:
        first = self.arena.length
        visible = np.zeros((len(nodes), first + len(nodes)), np.bool_)
        for row, node in enumerate(nodes):
            parent = node.parent
            if parent is not None and parent in slots:
                visible[row] = visible[slots[parent] - first]
            else:
                visible[row, [ancestor.slot for ancestor in node.path()[:-1]]] = True
            visible[row, slots[node]] = True
        everything = np.tri(len(nodes), first + len(nodes), first, dtype=np.bool_)
        return None if np.array_equal(visible, everything) else visible

    def record(self, run: Run, first_slot: int, distributions: Sequence[Distribution]) -> None:
        """Take in a finished run: its nodes have slots from `first_slot` on, those it wanted have
        distributions.
        """
        for index, node in enumerate(run.nodes):
            if (
                node.slot == NO_SLOT
            ):  # else it ran again for its distribution only, and its descendants know the old slot
                node.slot = first_slot + index
        for node, distribution in zip(run.wanted, distributions, strict=True):
            node.distribution = distribution
            self._distribution_bytes = distribution.most_bytes
            self._with_distribution.add(node)
        if len(self._with_distribution) > self._most_distributions:
            self._forget_distributions(keep=set(run.wanted))

    def _forget_distributions(self, keep: set[Node]) -> None:
        """Down to three quarters, so that this is not done at every run; a forgotten one costs a run of one
        token when wanted again.
        """
        oldest = sorted(self._with_distribution - keep, key=lambda node: node.used)
        for node in oldest[: len(self._with_distribution) - self._most_distributions * 3 // 4]:
            node.distribution = None
            self._with_distribution.discard(node)

    def touch(self, node: Node) -> None:
        """A new keystroke stands at `node`: its path is the most recently used."""
        self.clock += 1
        for ancestor in node.path():
            ancestor.used = self.clock

    def _make_room(self, keep: Sequence[Node], count: int) -> None:
        """Close the holes; then, until `count` slots are free, drop what was used longest ago, never the
        paths to `keep`.

        Half of the arena is freed at once, so that this is rare.
        """
        self.times_cleared += 1
        path = {ancestor for node in keep for ancestor in node.path()}
        goal = min(self.arena.capacity // 2, self.arena.capacity - count)
        self._drop_unread(path)
        live = [node for node in self._nodes() if node.slot != NO_SLOT]
        if len(live) > goal:
            self._drop(live, path, len(live) - goal)
            live = [node for node in self._nodes() if node.slot != NO_SLOT]
        live.sort(key=lambda node: node.slot)
        self.arena.compact(np.array([node.slot for node in live], np.int64))
        for slot, node in enumerate(live):
            node.slot = slot

    def _drop_unread(self, path: set[Node]) -> None:
        """Nodes that were wanted once and overtaken: nothing below them was read either."""
        for node in list(self._nodes()):
            unread = [
                child for child in node.children.values() if child.slot == NO_SLOT and child not in path
            ]
            for child in unread:
                del node.children[child.token]

    def _drop(self, live: list[Node], path: set[Node], surplus: int) -> None:
        """Leaves first within the same age, since a node is never used later than its parent."""
        candidates = sorted((n for n in live if n not in path), key=lambda node: (node.used, -node.depth))
        for node in candidates[:surplus]:
            self._with_distribution.discard(node)
            if node.parent is not None:
                node.parent.children.pop(node.token, None)

    def _nodes(self) -> Iterator[Node]:
        pending = [self.root]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(node.children.values())


def missing(target: Node) -> list[Node]:
    """The nodes to compute for a distribution of `target`, parents first; the target itself always, as its
    logits were not kept.
    """
    nodes = [target]
    node = target.parent
    while node is not None and node.slot == NO_SLOT:
        nodes.append(node)
        node = node.parent
    nodes.reverse()
    return nodes
