"""One of several servers: a process that is stopped, killed and started again on the same ports."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from latency.errors import MeasurementError
from latency.paths import ROOT
from latency.several.haproxy import Behind

SERVE = (sys.executable, "-m", "foretype", "serve")
READY_TIMEOUT_S = 120.0


class Replica:
    """`foretype serve` behind HAProxy, with a state folder of its own."""

    def __init__(
        self,
        behind: Behind,
        host: str,
        state: Path,
        settings: Mapping[str, str],
        program: Sequence[str] = SERVE,
    ) -> None:
        """`host`: by which clients reach HAProxy. `settings`: more FORETYPE_… variables. `program`: another
        one that serves.
        """
        self.behind = behind
        self._program = program
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "backend"),
            "FORETYPE_HOST": "127.0.0.1",
            "FORETYPE_PORT": str(behind.port),
            "FORETYPE_OPERATIONS_PORT": str(behind.operations),
            "FORETYPE_STATE_DIR": str(state / behind.name),
            "FORETYPE_ALLOWED_HOSTS": host,
            "FORETYPE_TLS_IN_FRONT": "true",
            **settings,
        }
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        """Without HAProxy."""
        return f"http://127.0.0.1:{self.behind.port}"

    @property
    def operations(self) -> str:
        """The address for probes and metrics."""
        return f"http://127.0.0.1:{self.behind.operations}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def exit_code(self) -> int:
        """Of the process that has ended; negative if a signal ended it."""
        assert self._process is not None
        assert self._process.returncode is not None
        return self._process.returncode

    async def start(self) -> None:
        """Until it gives suggestions, which it says with its address. Raises `MeasurementError`."""
        self._process = await asyncio.create_subprocess_exec(
            *self._program,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_TIMEOUT_S):
                async for line in self._process.stdout:
                    if b"http://" in line:
                        return
        raise MeasurementError(f"The server {self.behind.name} did not become ready.")

    async def stop(self) -> int:
        """The exit code after SIGTERM."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await self._process.wait()

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
