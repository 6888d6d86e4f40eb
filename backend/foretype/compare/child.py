"""A process that measures one model and ends, so that its memory holds only that model.

It reads the task as one line of JSON from standard input, and writes lines of JSON to standard output: its
progress, then the figures. It ends when its standard input is closed, so it never outlives its parent.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

from foretype.compare.measure import measure
from foretype.compare.task import MeasuringTask
from foretype.models.errors import ModelError
from foretype.support import core_dumps, logs
from foretype.support.ending import to_the_end


def main() -> None:
    core_dumps.forbid()
    task = MeasuringTask.from_json(sys.stdin.readline())
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    logs.configure(task.settings.log_level.value)
    try:
        measured = measure(task, _send_progress)
    except ModelError as error:
        _send({"failed": str(error).rstrip(".")})
    except Exception as error:  # raised by a model's libraries; the message may quote the texts
        _send({"failed": f"running it raised {type(error).__name__}, so it may be damaged"})
    else:
        _send({"measured": measured.model_dump()})


def _send_progress(step: str, done: float, total: float) -> None:
    _send({"step": step, "done": done, "total": total})


def _send(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    to_the_end(main)
