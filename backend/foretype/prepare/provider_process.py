"""A trial of a provider in a process of its own, since a library of a driver may end its process or hang.

The process reads its task as one line of JSON from standard input, and writes lines of JSON to standard
output: the devices, then the trial or the reason why there is none. The output of libraries goes to its
standard error. It ends when its standard input is closed, so it never outlives its parent.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from foretype.prepare.provider_trial import Trial, try_provider
from foretype.runtime.providers import (
    ProviderUnusableError,
    Surroundings,
    choose_provider,
    devices_of,
)
from foretype.support import core_dumps, logs
from foretype.support.ending import to_the_end
from foretype.support.execution_provider import Provider
from foretype.support.wording import first_line

COMMAND = (sys.executable, "-m", "foretype.prepare.provider_process")
LIMIT_S = 280.0
UNREADABLE = "its trial has a result that cannot be read."


@dataclass(frozen=True, slots=True)
class Finding:
    """The facts about a provider: its devices, and its trial with a model or the reason why there is none.
    Both are None if there was no model to try.
    """

    devices: tuple[str, ...]
    trial: Trial | None = None
    trouble: str | None = None

    @property
    def refusal(self) -> str | None:
        """Why the provider is not used, as sentences of which the first begins as if after “but”. None if it
        is as good as the CPU and faster, or if there was no model to try.
        """
        return self.trouble or (None if self.trial is None else self.trial.refusal)


def find(provider: Provider, folder: Path | None, threads: int, limit_s: float = LIMIT_S) -> Finding:
    """Ask a new process for the provider's devices, and try it with the prepared model in `folder`. Blocks
    for seconds, at most for `limit_s`. A provider that cannot be used is no error: the finding says why.
    """
    task = {"provider": provider.value, "folder": None if folder is None else str(folder), "threads": threads}
    found: dict[str, Any] = {}
    with _process() as process, _killed_after(process, limit_s) as too_long:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):  # if the process has ended, its exit code says more
            process.stdin.write(json.dumps(task) + "\n")
            process.stdin.flush()
        for line in process.stdout:
            found |= _read(line)
        exit_code = process.wait()
    devices = tuple(found.get("devices", ()))
    if too_long.is_set():
        return Finding(devices, trouble=f"its trial took longer than {limit_s:.0f} s.")
    if exit_code != 0:
        return Finding(devices, trouble=_reason_of_exit(exit_code))
    trial, trouble = found.get("trial"), found.get("trouble")
    return Finding(devices, None if trial is None or trouble else Trial(**trial), trouble)


def require_better(provider: Provider, folder: Path, threads: int) -> None:
    """Raises ProviderUnusableError if `provider` is not as good as the CPU and faster with the prepared model
    in `folder`. Blocks for seconds.
    """
    finding = find(provider, folder, threads)
    if finding.refusal is not None:
        raise ProviderUnusableError(
            provider,
            finding.refusal,
            "With FORETYPE_PROVIDER=cpu, the CPU computes. `foretype providers` shows what was measured.",
        )
    assert finding.trial is not None
    logs.logger().info(
        "provider_tried",
        provider=provider.value,
        step_ms=finding.trial.step_ms,
        cpu_ms=finding.trial.cpu_step_ms,
    )


def _read(line: str) -> dict[str, Any]:
    """What a line of the process says. One that it cannot have written is trouble."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"trouble": UNREADABLE}


@contextmanager
def _process() -> Iterator[subprocess.Popen[str]]:
    """The process, which is ended when the context is left."""
    process = subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the libraries' own logs
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def _killed_after(process: subprocess.Popen[str], seconds: float) -> Iterator[threading.Event]:
    """Kills the process if the context lasts longer, and sets the event."""
    too_long = threading.Event()

    def kill() -> None:
        too_long.set()
        process.kill()

    timer = threading.Timer(seconds, kill)
    timer.start()
    try:
        yield too_long
    finally:
        timer.cancel()


def _reason_of_exit(exit_code: int) -> str:
    if exit_code < 0:
        return f"its process was ended by {signal.Signals(-exit_code).name}."
    return f"its process ended with exit code {exit_code}."


# -- in the process --------------------------------------------------------


def main() -> None:
    core_dumps.forbid()
    answers = _own_output()
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    try:
        _work(Provider(task["provider"]), task["folder"], task["threads"], answers)
    except ProviderUnusableError as error:
        _send(answers, trouble=error.reason)
    except Exception as error:  # of the plug-in and of ONNX Runtime
        _send(answers, trouble=first_line(error))


def _own_output() -> TextIO:
    """Standard output, for the answers alone: what else is written to it from now on goes to standard error,
    also by native libraries.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _work(provider: Provider, folder: str | None, threads: int, answers: TextIO) -> None:
    there = Surroundings.here(provider)
    _send(answers, devices=devices_of(provider, there))
    choose_provider(provider, there, half=True)
    if folder is not None:
        _send(answers, trial=asdict(try_provider(Path(folder), provider, threads)))


def _send(answers: TextIO, **found: object) -> None:
    answers.write(json.dumps(found) + "\n")
    answers.flush()


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    to_the_end(main)
