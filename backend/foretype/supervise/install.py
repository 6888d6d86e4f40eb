"""Install, watch and remove the service. The steps are the same for each supervisor."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path

from foretype.supervise.health import Health, Look, look
from foretype.supervise.supervisor import CannotSuperviseError, State, Supervisor

LOOKS = 240
APART_S = 0.5


class Outcome(Enum):
    INSTALLED = auto()
    UPDATED = auto()
    STARTED = auto()
    UNCHANGED = auto()


def installed(supervisor: Supervisor) -> list[str] | None:
    """The program of the installed service. None if no service is installed."""
    try:
        return supervisor.program(supervisor.file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, StopIteration):
        raise CannotSuperviseError(
            f"{supervisor.file} cannot be read, or has been changed by hand: run `foretype service remove`."
        ) from None


def install(supervisor: Supervisor, program: Sequence[str]) -> Outcome:
    """Write the definition and start the service, unless it runs with this definition already.

    Raises `CannotSuperviseError`. A service that could not be started for the first time leaves nothing
    behind.
    """
    wanted = supervisor.definition(program)
    before = supervisor.file.read_bytes() if supervisor.file.is_file() else None
    if before == wanted and supervisor.state() in (State.RUNNING, State.STARTING):
        return Outcome.UNCHANGED
    _write(supervisor.file, wanted)
    try:
        supervisor.start()
    except CannotSuperviseError:
        if before is None:
            with suppress(CannotSuperviseError):
                remove(supervisor)
        raise
    if before is None:
        return Outcome.INSTALLED
    return Outcome.STARTED if before == wanted else Outcome.UPDATED


def remove(supervisor: Supervisor) -> bool:
    """Stop the service and delete everything that was written for it. False if nothing was installed."""
    if not supervisor.file.is_file():
        return False
    supervisor.forget()
    supervisor.file.unlink(missing_ok=True)
    supervisor.forgotten()
    return True


def wait(
    supervisor: Supervisor, address: str, look: Look = look, sleep: Callable[[float], None] = time.sleep
) -> Health:
    """Wait until the server is ready, or the supervisor has given up, at most `LOOKS` looks. Returns the last
    look.
    """
    health = look(address)
    for _ in range(LOOKS - 1):
        if health is Health.READY or supervisor.state() is State.FAILED:
            break
        sleep(APART_S)
        health = look(address)
    return health


def _write(path: Path, content: bytes) -> None:
    """In one step, so that the supervisor never reads half a file."""
    unfinished = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    except OSError as error:
        raise CannotSuperviseError(f"{path} cannot be written: {error.strerror}.") from None
