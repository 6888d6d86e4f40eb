"""The engine's contract with a runtime, which gives next-token distributions and says what it needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from foretype.runtime.arena import Arena, Pool
from foretype.runtime.chunk import Chunk, Logits, Step
from foretype.runtime.distribution import Distribution
from foretype.runtime.ranks import Ranks


class _Session(Protocol):
    """One session of ONNX Runtime. Two threads must not call it at the same time."""

    provider: str
    """The execution provider's name, such as “CPUExecutionProvider”."""
    batches: bool
    """Whether `run_together` costs less than as many runs."""
    slot_bytes: int
    """Bytes of one token's past key values."""
    warms_beginnings: bool
    """Whether everything that serving will ask for must run once before the server is ready, the texts'
    beginnings included: a run of a new shape may take minutes there.
    """

    def new_pool(self, rows: int, capacity: int) -> Pool:
        """Memory for the past key values of `rows` fields, `capacity` tokens each."""

    def reopen(self) -> None:
        """Load the model again. Pools that were made before cannot be used any more. Raises what loading
        raises.
        """

    def warm_up(self, pool: Pool) -> None:
        """Make the runs of many fields in `pool`, of which no row is taken, if the first such run takes
        longer than the later ones.
        """


class LogitsRuntime(_Session, Protocol):
    """Gives logits: for the checks and measurements that compare them."""

    needs_weights: str | None
    """The only kind of weights that this runtime can run (`foretype.models.weights`); None: any kind."""

    def run(self, arena: Arena, chunk: Chunk) -> Logits:
        """Logits (k, vocab_size) float32 of the asked rows. The chunk's tokens take the arena's next slots.
        Raises ArenaFullError, and ONNX Runtime's own errors.
        """

    def run_together(self, steps: Sequence[Step]) -> Logits:
        """One token of each of several arenas of one pool: logits (k, vocab_size) float32 of the steps that
        ask for them, in the order of `steps`. Raises ArenaFullError, and ONNX Runtime's own errors.
        """

    def with_distributions(self, ranks: Ranks, most_bytes: int) -> Runtime:
        """The same model with distributions in place of logits. `most_bytes`: memory for all trees, of which
        the runtime may take a part for itself (`Runtime.own_bytes`).
        """


class Runtime(_Session, Protocol):
    """Gives distributions: what the engine runs."""

    own_bytes: int
    """Bytes that the runtime keeps of the memory for trees."""

    def run(self, arena: Arena, chunk: Chunk) -> list[Distribution]:
        """A distribution for each asked row. The chunk's tokens take the arena's next slots. Raises
        ArenaFullError, and ONNX Runtime's own errors.
        """

    def run_together(self, steps: Sequence[Step]) -> list[Distribution]:
        """One token of each of several arenas of one pool: a distribution for each step that asks for one, in
        the order of `steps`. Raises ArenaFullError, and ONNX Runtime's own errors.
        """
