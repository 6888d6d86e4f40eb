"""The desk of one connection: its fields by their names."""

from __future__ import annotations

from typing import Protocol

from foretype.engine.contract import Answer, Owner
from foretype.engine.field import Field
from foretype.engine.keystroke import Keystroke
from foretype.support import logs


class FieldOwner(Protocol):
    """An engine, as far as a desk needs it."""

    def new_field(self, name: str, owner: Owner, answer: Answer) -> Field: ...

    def used(self, field: Field) -> None:
        """`field` is about to get a keystroke."""

    def gone(self, field: Field) -> None:
        """`field` is closed: no answer is given after this, and its memory is freed."""


class LocalDesk:
    """Implements `foretype.engine.contract.Desk`."""

    def __init__(self, engine: FieldOwner, owner: Owner, answer: Answer) -> None:
        self._engine = engine
        self._owner = owner
        self._answer = answer
        self._fields: dict[str, Field] = {}

    def keystroke(self, field: str, keystroke: Keystroke) -> None:
        known = self._fields.get(field)
        if known is None:
            known = self._fields[field] = self._engine.new_field(field, self._owner, self._answer)
        try:
            self._engine.used(known)
            known.keystroke(keystroke)
        except Exception as error:  # as the contract says, other fields of the connection must not notice it
            logs.logger().error("keystroke_failed", **logs.of(error))
            known.failed(error)  # the tree may be damaged: the field drops it and answers with a failure

    def accepted(self, field: str, seq: int, text: str) -> None:
        """Does nothing: the next keystroke carries the text, and the tree holds it already."""

    def dismissed(self, field: str, seq: int) -> None:
        if (known := self._fields.get(field)) is not None:
            known.dismissed(seq)

    def forget(self, field: str) -> None:
        if (known := self._fields.pop(field, None)) is not None:
            self._engine.gone(known)

    def close(self) -> None:
        for known in self._fields.values():
            self._engine.gone(known)
        self._fields.clear()
