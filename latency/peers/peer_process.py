"""A peer in a child process, and the parent's side of the protocol with it. A peer that does not answer
within a time limit is ended. The child's side is `drivers/child_protocol.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latency.errors import MeasurementError
from latency.paths import PYTHON_PATH, ROOT

LOAD_S = 120.0
ANSWER_S = 180.0  # a peer with spinning threads is many times slower if other processes use the cores
STOP_S = 5.0
LINE_BYTES = 1 << 20


class PeerFailedError(MeasurementError):
    """A peer could not be started, reported an error, ended, or did not answer in time."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Launch:
    """The command of a peer's driver: `python -m module`, with `options` as JSON in its one argument."""

    name: str
    python: Path
    module: str
    options: Mapping[str, object]
    log: Path  # gets its standard error


class PeerProcess:
    """One peer in a child process. It gets one request at a time. If it fails once, it is ended, and each
    later request raises the same error.
    """

    def __init__(self, launch: Launch, process: asyncio.subprocess.Process) -> None:
        self.name = launch.name
        self.about = ""
        self.does: Sequence[str] = ()
        self._launch = launch
        self._process = process
        self._failed: PeerFailedError | None = None

    async def ask(self, do: str, limit_s: float = ANSWER_S, **what: object) -> Any:
        """Lets the child do one of `child_protocol.OPERATIONS`, and returns the result. Raises
        `PeerFailedError`.
        """
        if self._failed is not None:
            raise self._failed
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do} | what).encode() + b"\n")
        with contextlib.suppress(
            ConnectionError
        ):  # it has ended: then there is no answer, which is reported below
            await self._process.stdin.drain()
        return (await self._answer(f"at {do}", limit_s))["found"]

    async def greet(self, limit_s: float = LOAD_S) -> None:
        """Waits until the model is loaded. Raises `PeerFailedError`."""
        answer = await self._answer("while it loaded its model", limit_s)
        self.about, self.does = answer["about"], answer["does"]

    async def _answer(self, when: str, limit_s: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(limit_s):
                line = await self._process.stdout.readline()
                if not line:
                    code = await self._process.wait()
                    raise await self._failure(f"it ended {when} (exit code {code}): {self._last_words()}")
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

    def _last_words(self) -> str:
        lines = self._launch.log.read_text("utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else f"its log {self._launch.log.name} is empty"

    async def stop(self) -> None:
        """Ends the child: by closing its standard input, or by force if that does not help."""
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
async def started(launch: Launch, limit_s: float = LOAD_S) -> AsyncIterator[PeerProcess]:
    """A peer whose model is loaded. It is ended when the context is left. Raises `PeerFailedError`."""
    launch.log.parent.mkdir(parents=True, exist_ok=True)
    with launch.log.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            launch.python,
            "-m",
            launch.module,
            json.dumps(dict(launch.options)),
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": PYTHON_PATH},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=LINE_BYTES,
        )
    peer = PeerProcess(launch, process)
    try:
        await peer.greet(limit_s)
        yield peer
    finally:
        await peer.stop()
