"""Several models in one process: each keystroke goes to the engine of the model that it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foretype.engine.contract import Answer, Desk, Engine, Owner
from foretype.engine.keystroke import Keystroke
from foretype.engine.shared import Shared


class SeveralEngines:
    """Implements `foretype.engine.contract.Engine` with one engine for each model. Made and used on the event
    loop.
    """

    def __init__(self, engines: Sequence[Engine], shared: Shared) -> None:
        """The first of `engines` has the default model. `shared`: what they share; closed with them."""
        self._engines = {engine.model: engine for engine in engines}
        self._default = engines[0]
        self._shared = shared
        self.model = self._default.model
        self.provider = self._default.provider
        self.models: Mapping[str, str] = {engine.model: engine.provider for engine in engines}

    def knows(self, word: str) -> bool:
        return self._default.knows(word)

    def forget_words(self, person: str) -> None:
        for engine in self._engines.values():
            engine.forget_words(person)

    def open(self, owner: Owner, answer: Answer) -> Desk:
        return SeveralDesk(
            {model: engine.open(owner, answer) for model, engine in self._engines.items()}, self.model
        )

    async def broken(self) -> str:
        return await self._shared.broken()

    async def close(self) -> None:
        for engine in self._engines.values():
            await engine.close()
        await self._shared.close()


@dataclass(frozen=True, slots=True)
class _Place:
    """The model of a field's last keystroke, and that model's desk."""

    model: str
    desk: Desk


class SeveralDesk:
    """Implements `foretype.engine.contract.Desk` with a desk of each model. A field is at one of them at a
    time.
    """

    def __init__(self, desks: dict[str, Desk], default: str) -> None:
        self._desks = desks
        self._default = default
        self._places: dict[str, _Place] = {}

    def keystroke(self, field: str, keystroke: Keystroke) -> None:
        model = keystroke.model or self._default
        place = self._places.get(field)
        if place is None or place.model != model:
            if place is not None:
                place.desk.forget(field)
            place = self._places[field] = _Place(model, self._desks[model])
        place.desk.keystroke(field, keystroke)

    def accepted(self, field: str, seq: int, text: str) -> None:
        if (place := self._places.get(field)) is not None:
            place.desk.accepted(field, seq, text)

    def dismissed(self, field: str, seq: int) -> None:
        if (place := self._places.get(field)) is not None:
            place.desk.dismissed(field, seq)

    def forget(self, field: str) -> None:
        if (place := self._places.pop(field, None)) is not None:
            place.desk.forget(field)

    def close(self) -> None:
        for desk in self._desks.values():
            desk.close()
        self._places.clear()
