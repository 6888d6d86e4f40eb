"""Stands in for the rooms that prepare and run a model: `python fake_models.py serve …`."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, ModuleType

from foretype.engine.contract import Answer, Desk, Engine, Owner
from foretype.engine.keystroke import Keystroke, Source, Suggestion
from foretype.models.errors import ModelError


class FakeModelError(ModelError):
    pass


@dataclass
class FakePrepared:
    folder: Path
    reason: str = "Serving fake-1m: it was asked for."


class EchoDesk:
    """Completes everything with what was asked of the stem."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def keystroke(self, field: str, keystroke: Keystroke) -> None:
        found = Suggestion("stions", 0.9, Source.MODEL)
        self._answer(field, keystroke.seq, found, final=True, elapsed_ms=12.3)

    def accepted(self, field: str, seq: int, text: str) -> None: ...
    def dismissed(self, field: str, seq: int) -> None: ...
    def forget(self, field: str) -> None: ...
    def close(self) -> None: ...


class EchoEngine:
    model = "fake-1m"
    models: Mapping[str, str] = MappingProxyType({"fake-1m": "NoProvider"})
    provider = "NoProvider"

    def knows(self, word: str) -> bool:
        return True

    def forget_words(self, person: str) -> None: ...

    def open(self, owner: Owner, answer: Answer) -> Desk:
        return EchoDesk(answer)

    def __init__(self, *, broken: bool) -> None:
        self._broken = broken

    async def broken(self) -> str:
        if not self._broken:
            await asyncio.Event().wait()
        return "The model found no memory: set something."

    async def close(self) -> None: ...


def ensure_prepared(settings: object) -> FakePrepared:
    model = getattr(settings, "model", None)
    if model == "none":
        raise FakeModelError("There is no recipe none. The recipes are: fake-1m.")
    if model == "no-memory-to-prepare":
        raise MemoryError
    if model == "slow":
        print("preparing", flush=True)
        time.sleep(600)
    return FakePrepared(Path("."))


async def start_engine(folder: Path, settings: object, stages: object = None) -> Engine:
    await asyncio.sleep(0)
    if getattr(settings, "model", None) == "no-memory-to-load":
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
    return EchoEngine(broken=getattr(settings, "model", None) == "broken")


def install(start_engine: Callable[..., Awaitable[Engine]] = start_engine) -> None:
    """Put the stand-ins where the command line imports the real ones from."""
    for name, members in {
        "foretype.prepare.ensure": {"ensure_prepared": ensure_prepared, "ensure_made": ensure_prepared},
        "foretype.models.prepared": {"check_files": lambda folder: None},
        "foretype.engine.start": {"load_model": lambda folder, settings: folder, "make_engine": start_engine},
    }.items():
        module = ModuleType(name)
        module.__dict__.update(members)
        sys.modules[name] = module


if __name__ == "__main__":
    install()
    from foretype.cli import main

    main()
