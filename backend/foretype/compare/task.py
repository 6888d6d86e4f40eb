"""The task of measuring one model, which a process of its own receives as a line of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter

from foretype.compare.texts import QualityTexts
from foretype.models.field_kind import FieldKind
from foretype.support.settings import Settings

OnProgress = Callable[[str, float, float], None]
"""Called with the name of the current step, the work that is done, and all the work of the step."""

_TEXTS = TypeAdapter(QualityTexts)


@dataclass(frozen=True, slots=True)
class MeasuringTask:
    """Measure the model in `folder`. Without texts, only its speed is measured."""

    folder: Path
    settings: Settings
    kind: FieldKind
    texts: QualityTexts | None

    def to_json(self) -> str:
        """One line. The access token is left out, because the process opens no socket."""
        return json.dumps(
            {
                "folder": str(self.folder),
                "settings": self.settings.model_dump(mode="json", exclude={"token"}),
                "kind": self.kind.value,
                "texts": None if self.texts is None else _TEXTS.dump_python(self.texts, mode="json"),
            }
        )

    @classmethod
    def from_json(cls, line: str) -> Self:
        values = json.loads(line)
        return cls(
            folder=Path(values["folder"]),
            settings=Settings.model_validate(values["settings"]),
            kind=FieldKind(values["kind"]),
            texts=None if values["texts"] is None else _TEXTS.validate_python(values["texts"]),
        )
