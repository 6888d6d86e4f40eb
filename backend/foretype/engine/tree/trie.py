"""The tokens of one field as a trie, and the slot of each node in the field's arena."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from foretype.runtime.arena import Arena
from foretype.runtime.chunk import Chunk
from foretype.runtime.distribution import Distribution
from foretype.support.stage import RunPurpose

NO_SLOT = -1


@dataclass(slots=True, eq=False)
class RunUse:
    """The purpose of a run, and whether an answer has used one of its results."""

    purpose: RunPurpose
    used: bool = False


class Node:
    """A token after its ancestors.

    slot: where its keys and values lie in the arena; NO_SLOT if they are not computed.
    distribution: of the token after it; None if it is not computed or was dropped.
    unread: the use of the run that gave the distribution, until an answer has read it.
    """

    __slots__ = ("children", "depth", "distribution", "parent", "slot", "token", "unread", "used")

    def __init__(self, token: int, parent: Node | None) -> None:
        self.token = token
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.slot = NO_SLOT
        self.distribution: Distribution | None = None
        self.unread: RunUse | None = None
        self.children: dict[int, Node] = {}
        self.used = 0  # the trie's clock when a search last visited the node

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
    """A chunk and the nodes that it computes, one for each token. `wanted`: the nodes whose distribution
    comes back, one for each of the chunk's rows.
    """

    chunk: Chunk
    nodes: list[Node]
    wanted: list[Node] = field(default_factory=list)
    purpose: RunPurpose = RunPurpose.KEYSTROKE


class Trie:
    """Used on the event loop only, and never while a run of its arena is under way.

    Slots are given in order, so a new node's slot is above those of all its ancestors, as the model's causal
    attention needs. The arena may already hold the begin tokens. Dropped nodes leave holes, which
    `_free_slots` closes. Distributions are large (4 bytes for each rank): at most `most_distributions` are
    kept.
    """

    def __init__(self, arena: Arena, begin: Sequence[int], most_distributions: int = 64) -> None:
        self.arena = arena
        self._begin = tuple(begin)
        self._most_distributions = most_distributions
        self._with_distribution: set[Node] = set()
        self._distribution_bytes = 0  # of one; all have the same size
        self.clock = 0
        self.times_cleared = 0  # a node that was found before the latest time may have been dropped
        self.root = Node(self._begin[0], None)
        for slot, node in enumerate(self.node([]).path()[: arena.length]):
            node.slot = slot

    @property
    def held_bytes(self) -> int:
        """Bytes of past key values and distributions."""
        distributions = len(self._with_distribution) * self._distribution_bytes
        return self.arena.touched * self.arena.slot_bytes + distributions

    def give_up(self) -> None:
        """Free the distributions at once; the trie is not used after this. Parents and children refer to each
        other and would keep them until the garbage collector runs.
        """
        for node in self._with_distribution:
            node.distribution = None
        self._with_distribution.clear()

    def node(self, ids: Sequence[int]) -> Node:
        """The node after the begin tokens and `ids`; made if it is missing."""
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
        """The next run, of at most `limit` tokens, for the distributions of `targets`, likeliest first.

        If the first target's path needs more than `limit` tokens, the run is the path's next part and returns
        no distribution. Drops nodes if the arena has too few free slots; if it still has, making the run
        raises ArenaFullError.
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
            self._free_slots([*nodes, *keep], len(nodes))
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
        """Take over a finished run: its nodes have the slots from `first_slot` on, and its wanted nodes have
        `distributions`.
        """
        for index, node in enumerate(run.nodes):
            # A node with a slot ran again for its distribution only; its descendants attend to the old slot.
            if node.slot == NO_SLOT:
                node.slot = first_slot + index
        use = RunUse(run.purpose)
        for node, distribution in zip(run.wanted, distributions, strict=True):
            node.distribution = distribution
            node.unread = use
            self._distribution_bytes = distribution.most_bytes
            self._with_distribution.add(node)
        if len(self._with_distribution) > self._most_distributions:
            self._forget_distributions(keep=set(run.wanted))

    def _forget_distributions(self, keep: set[Node]) -> None:
        """Drop the distributions used longest ago until three quarters are left, so that this is not done at
        every run. If a dropped one is needed again, that costs a run of one token.
        """
        oldest = sorted(self._with_distribution - keep, key=lambda node: node.used)
        for node in oldest[: len(self._with_distribution) - self._most_distributions * 3 // 4]:
            node.distribution = None
            self._with_distribution.discard(node)

    def touch(self, node: Node) -> None:
        """A new keystroke is at `node`: mark its path as used last."""
        self.clock += 1
        for ancestor in node.path():
            ancestor.used = self.clock

    def _free_slots(self, keep: Sequence[Node], count: int) -> None:
        """Free `count` slots: close the holes, then drop the nodes used longest ago, never those on the paths
        to `keep`.

        Frees half of the arena if it can, so that this is rare.
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
        """Drop nodes that no run has computed because their keystroke was overtaken. No node below them is
        computed either.
        """
        for node in list(self._nodes()):
            unread = [
                child for child in node.children.values() if child.slot == NO_SLOT and child not in path
            ]
            for child in unread:
                del node.children[child.token]

    def _drop(self, live: list[Node], path: set[Node], surplus: int) -> None:
        """Leaves first among nodes of the same age: a node is never used later than its parent."""
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
    """The nodes to compute for the distribution of `target`, parents first. `target` is always one of them,
    because logits are not kept.
    """
    nodes = [target]
    node = target.parent
    while node is not None and node.slot == NO_SLOT:
        nodes.append(node)
        node = node.parent
    nodes.reverse()
    return nodes
