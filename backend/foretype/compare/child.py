"""A process that measures one model and ends: what it holds in memory is that model's alone.

One line of JSON comes in, what is to be done; lines of JSON go out: how far it is, then the figures. It ends
when its standard input does, so it never outlives whoever asked.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from foretype import core_dumps, logs
from foretype.compare.measure import Work, measure
from foretype.compare.texts import Texts
from foretype.ending import to_the_end
from foretype.keystroke import FieldKind
from foretype.models.errors import ModelError
from foretype.settings import Settings


def task(folder: str, settings: Settings, kind: FieldKind, texts: Texts | None) -> str:
    """The line for a child, as `_read` takes it apart. Secrets stay here: it opens no socket."""
    return json.dumps(
        {
            "folder": folder,
            "settings": settings.model_dump(mode="json", exclude={"token"}),
            "kind": kind.value,
            "texts": None if texts is None else TypeAdapter(Texts).dump_python(texts, mode="json"),
        }
    )


def main() -> None:
    core_dumps.forbid()
    work = _read(json.loads(sys.stdin.readline()))
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    logs.configure(work.settings.log_level.value)
    try:
        measured = measure(work, _tell)
    except ModelError as error:
        _say({"failed": str(error).rstrip(".")})
    except Exception as error:  # whatever a model's libraries raise; its words may quote what was read
        _say({"failed": f"{type(error).__name__} while it ran, so it may be damaged"})
    else:
        _say({"measured": measured.model_dump()})


def _read(task: dict[str, Any]) -> Work:
    return Work(
        folder=Path(task["folder"]),
        settings=Settings.model_validate(task["settings"]),
        kind=FieldKind(task["kind"]),
        texts=None if task["texts"] is None else TypeAdapter(Texts).validate_python(task["texts"]),
    )


def _tell(what: str, done: float, total: float) -> None:
    _say({"doing": what, "done": done, "total": total})


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    to_the_end(main)
