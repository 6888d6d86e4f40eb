"""launchd: an agent of the user, as launchd.plist(5) describes."""

from __future__ import annotations

import os
import plistlib
import re
from collections.abc import Sequence
from pathlib import Path

from foretype.supervise.programs import Run, must, run
from foretype.supervise.supervisor import CannotSuperviseError, State

LABEL = "foretype.server"


class Launchd:
    name = "launchd"

    def __init__(self, run: Run = run, user: int | None = None) -> None:
        self.file = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        self._log = Path.home() / "Library" / "Logs" / "foretype.log"
        self._domain = f"gui/{os.getuid() if user is None else user}"
        self._target = f"{self._domain}/{LABEL}"
        self._run = run
        self.log = f"its log is {self._log}"
        self.restart_command = f"launchctl kickstart -k {self._target}"

    def check(self) -> None:
        if self._run(("launchctl", "print", self._domain)).code != 0:
            raise CannotSuperviseError(
                "This user has no graphical session, and launchd starts agents only in one: log in at the "
                "screen of this machine, then run this command again."
            )

    def definition(self, program: Sequence[str]) -> bytes:
        return plistlib.dumps(
            {
                "Label": LABEL,
                "ProgramArguments": list(program),
                "RunAtLoad": True,
                "KeepAlive": {"SuccessfulExit": False},  # restart it if it fails
                "ThrottleInterval": 10,
                "ExitTimeOut": 10,
                "ProcessType": "Interactive",  # not slowed down: each keystroke waits for an answer
                "Umask": 0o077,
                "SoftResourceLimits": {"Core": 0},
                "HardResourceLimits": {"Core": 0},
                "StandardOutPath": os.devnull,  # a pairing code does not belong in a file
                "StandardErrorPath": str(self._log),
            }
        )

    def program(self, definition: bytes) -> list[str]:
        words = plistlib.loads(definition)["ProgramArguments"]
        return [str(word) for word in words]

    def start(self) -> None:
        self._run(("launchctl", "bootout", self._target))  # fails if it is not loaded
        must(self._run, ("launchctl", "enable", self._target))
        must(self._run, ("launchctl", "bootstrap", self._domain, str(self.file)))

    def state(self) -> State:
        ended = self._run(("launchctl", "print", self._target))
        if ended.code != 0:
            return State.STOPPED
        if re.search(r"^\s*state = running$", ended.output, re.MULTILINE):
            return State.RUNNING
        code = re.search(r"^\s*last exit code = (\d+)", ended.output, re.MULTILINE)
        return State.FAILED if code is not None and code.group(1) != "0" else State.STOPPED

    def forget(self) -> None:
        self._run(("launchctl", "bootout", self._target))  # fails if it is not loaded

    def forgotten(self) -> None:
        self._log.unlink(missing_ok=True)
