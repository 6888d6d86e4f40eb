"""Plain typing: every character is typed, each as soon as the last one has its final answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from latency.replay.connection import Connection
from latency.replay.type_text import PATIENCE_S


@dataclass(frozen=True, slots=True)
class Final:
    """The final answer to one keystroke: a suggestion's text, source and confidence, or an error's code.

    If no answer came, `source` and `error` are None.
    """

    text: str = ""
    source: str | None = None
    error: str | None = None
    confidence: float = field(default=0.0, compare=False)  # it differs in the last digits from run to run


class _Listener:
    """Waits for the final answer to one keystroke at a time."""

    def __init__(self) -> None:
        self._seq = 0
        self._answer: asyncio.Future[Final] | None = None

    def expect(self, seq: int) -> asyncio.Future[Final]:
        self._seq = seq
        self._answer = asyncio.get_running_loop().create_future()
        return self._answer

    def suggestion(
        self, seq: int, text: str, source: str, *, final: bool, confidence: float, replaces: int
    ) -> None:
        if final:
            self._settle(seq, Final(text, source, confidence=confidence))

    def error(self, seq: int, code: str) -> None:
        self._settle(seq, Final(error=code))

    def _settle(self, seq: int, answer: Final) -> None:
        if seq == self._seq and self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)


async def type_plainly(
    connection: Connection, name: str, text: str, *, kind: str = "email", label: str | None = None
) -> AsyncIterator[Final]:
    """Types `text` in the field `name`, which has this label, and yields the final answer to each character.

    The next character is typed when the caller asks for the next answer. The field stays open. Raises
    `ServerLostError`.
    """
    beginnings = (text[:length] for length in range(1, len(text) + 1))
    async for final in answers_to(connection, name, beginnings, kind=kind, label=label):
        yield final


async def answers_to(
    connection: Connection,
    name: str,
    befores: Iterable[str],
    *,
    kind: str = "email",
    label: str | None = None,
    model: str | None = None,
) -> AsyncIterator[Final]:
    """Sends each of `befores` as the text of the field `name`, and yields the final answer to it. `model`:
    the one that is to answer; None for the server's default.

    The next text is sent when the caller asks for the next answer. The field stays open. Raises
    `ServerLostError`.
    """
    listener = _Listener()
    connection.listen(name, listener)
    patience = connection.welcome.budget_ms / 1000 + PATIENCE_S
    for seq, text in enumerate(befores, 1):
        answer = listener.expect(seq)
        before = text[-connection.welcome.context_chars :]
        frame = {"type": "keystroke", "field": name, "seq": seq, "before": before, "after": "", "kind": kind}
        if label is not None:
            frame |= {"context": {"label": label}}
        await connection.send(frame if model is None else frame | {"model": model})
        final = Final()
        with contextlib.suppress(TimeoutError):  # no answer came: an empty `Final` is yielded
            async with asyncio.timeout(patience):
                final = await answer
        yield final
