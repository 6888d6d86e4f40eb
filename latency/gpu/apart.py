"""Work in a process of its own, which can be stopped in the middle of a run of the model."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

T = TypeVar("T")


def gather(work: Callable[..., Iterable[T]], *arguments: Any, limit_s: float) -> tuple[list[T], str | None]:
    """What `work(*arguments)` yields within `limit_s`, and why that is not all of it, else None.

    `work` is a module's own function; it, its arguments and what it yields can be pickled.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sender, work, arguments), daemon=True)
    process.start()
    sender.close()
    end = time.monotonic() + limit_s
    found: list[T] = []
    try:
        while receiver.poll(max(0.0, end - time.monotonic())):
            what, value = receiver.recv()
            if what == "end":
                return found, value
            found.append(value)
    except EOFError:
        process.join()
        return found, f"its process ended with exit code {process.exitcode}"
    finally:
        process.kill()
        process.join()
        receiver.close()
    return found, f"did not fit into {limit_s:.0f} s"


def _work(sender: Connection, work: Callable[..., Iterable[Any]], arguments: tuple[Any, ...]) -> None:
    try:
        for one in work(*arguments):
            sender.send(("found", one))
    except Exception as error:  # whatever a driver or a library says: it stands in the table
        sender.send(("end", first_line(error)))
    else:
        sender.send(("end", None))


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
