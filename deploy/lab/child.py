"""A program that the lab has started, and that ends with the lab."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.lab.errors import LabError

END_TIMEOUT_S = 10.0
LAST_LINES = 15


class Child:
    """A process with its output in a file. Use `await Child.started(…)`."""

    def __init__(self, name: str, log: Path, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    async def started(
        cls, words: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None
    ) -> Child:
        """environment: all of it; by default the lab's own."""
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *map(str, words),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=os.environ if environment is None else environment,
                process_group=0,  # Ctrl-C in a terminal reaches only the lab, which ends its children
            )
        return cls(Path(words[0]).name, log, process)

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.returncode

    async def ended(self) -> int:
        """The exit code, as soon as the process has ended."""
        return await self._process.wait()

    async def end(self, timeout_s: float = END_TIMEOUT_S) -> int:
        """The exit code after SIGTERM; after SIGKILL if the process needs longer than `timeout_s`."""
        self._send(signal.SIGTERM)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._process.wait()
        except TimeoutError:
            self._send(signal.SIGKILL)
            return await self._process.wait()
        except asyncio.CancelledError:
            # The caller does not wait any longer, and no process may stay.
            self._send(signal.SIGKILL)
            raise

    def _send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            self._process.send_signal(number)

    def failed(self) -> LabError:
        """The error of a program that should still run."""
        lines = self.log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:]
        said = "\n".join(lines)
        return LabError(f"{self.name} ended with exit code {self.exit_code}. Its last lines:\n{said}")
