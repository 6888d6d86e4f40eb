"""The parent's half of the protocol: a peer in a child process, obeyed within a time limit or ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latency.places import ROOT

LOAD_S = 120.0
ANSWER_S = 180.0  # a peer whose threads spin is many times slower where others want the cores too
STOP_S = 5.0
LINE_BYTES = 1 << 20


class PeerFailedError(Exception):
    """A peer could not be had, said that it could not do something, died, or did not answer in time."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Launch:
    """How a peer's driver is started: `python -m module`, with `options` for it."""

    name: str
    python: Path
    module: str
    options: Mapping[str, object]
    log: Path  # where its standard error goes


class Driver:
    """One child, asked one thing at a time. Once it has failed it is ended, and each call says so again."""

    def __init__(self, launch: Launch, process: asyncio.subprocess.Process) -> None:
        self.name = launch.name
        self.about = ""
        self.does: Sequence[str] = ()
        self._launch = launch
        self._process = process
        self._failed: PeerFailedError | None = None

    async def ask(self, do: str, limit_s: float = ANSWER_S, **what: object) -> Any:
        """What the child found. Raises `PeerFailedError`."""
        if self._failed is not None:
            raise self._failed
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do} | what).encode() + b"\n")
        with contextlib.suppress(ConnectionError):  # it died: the answer that does not come says so
            await self._process.stdin.drain()
        return (await self._answer(f"at {do}", limit_s))["found"]

    async def greet(self, limit_s: float = LOAD_S) -> None:
        """Wait until the model is loaded. Raises `PeerFailedError`."""
        answer = await self._answer("while it loaded its model", limit_s)
        self.about, self.does = answer["about"], answer["does"]

    async def _answer(self, when: str, limit_s: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(limit_s):
                line = await self._process.stdout.readline()
                if not line:
                    code = await self._process.wait()
                    raise await self._failure(f"it died {when} (exit code {code}); {self._said()}")
        except TimeoutError:
            raise await self._failure(f"it did not answer within {limit_s:g} s {when}") from None
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise await self._failure(f"{answer['error']} ({when})")
        return answer

    async def _failure(self, reason: str) -> PeerFailedError:
        self._failed = PeerFailedError(self.name, reason)
        await self.stop()
        return self._failed

    def _said(self) -> str:
        lines = self._launch.log.read_text("utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else f"it left no word in {self._launch.log.name}"

    async def stop(self) -> None:
        """End the child: kindly where it listens, else by force."""
        if self._process.returncode is not None:
            return
        if self._failed is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_S):
                    await self._process.wait()
                    return
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


@contextlib.asynccontextmanager
async def started(launch: Launch, limit_s: float = LOAD_S) -> AsyncIterator[Driver]:
    """A driver whose model is loaded; it is ended on leaving. Raises `PeerFailedError`."""
    launch.log.parent.mkdir(parents=True, exist_ok=True)
    with launch.log.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            launch.python,
            "-m",
            launch.module,
            json.dumps(dict(launch.options)),
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": _sources()},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=LINE_BYTES,
        )
    driver = Driver(launch, process)
    try:
        await driver.greet(limit_s)
        yield driver
    finally:
        await driver.stop()


def _sources() -> str:
    return os.pathsep.join([str(ROOT / "backend"), str(ROOT)])
