"""Runs a function in a process of its own, so that it can be stopped in the middle of a run of the model."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from foretype.support.wording import first_line

T = TypeVar("T")


def run_in_own_process(
    work: Callable[..., Iterable[T]], *arguments: Any, limit_s: float
) -> tuple[list[T], str | None]:
    """Returns what `work(*arguments)` yields within `limit_s` seconds, and a note that says why it is
    incomplete, or None if it is complete.

    `work` is a function of a module. Its arguments and what it yields can be pickled.
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
    return found, f"took longer than {limit_s:.0f} s"


def _work(sender: Connection, work: Callable[..., Iterable[Any]], arguments: tuple[Any, ...]) -> None:
    try:
        for one in work(*arguments):
            sender.send(("found", one))
    except Exception as error:  # any error of a driver or library is reported
        sender.send(("end", first_line(error)))
    else:
        sender.send(("end", None))
