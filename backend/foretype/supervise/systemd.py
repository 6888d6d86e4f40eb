"""systemd: a unit of the user's own service manager. The template is foretype.service beside this file."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template

from foretype.supervise.programs import Run, must, run
from foretype.supervise.supervisor import CannotSuperviseError, State

UNIT = "foretype.service"
SYSTEMCTL = ("systemctl", "--user")
BOOTED = Path("/run/systemd/system")
"""Exists if the system was started by systemd (sd_booted(3))."""
OWN_FOLDERS = ("PrivateTmp=yes", "ProtectSystem=full")
"""A view of the file system for this service alone. A user's service manager makes it in a user namespace,
which some systems forbid.
"""
TEMPORARY = (Path("/tmp"), Path("/var/tmp"))
_EXEC_START = "ExecStart=:"
_STATES = {
    "active": State.RUNNING,
    "reloading": State.RUNNING,
    "activating": State.STARTING,
    "deactivating": State.STARTING,
    "failed": State.FAILED,
}


class Systemd:
    name = "systemd"
    log = "`journalctl --user --unit foretype` shows its log"
    restart_command = f"systemctl --user restart {UNIT}"

    def __init__(self, run: Run = run, booted: Path = BOOTED) -> None:
        folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        self.file = Path(folder) / "systemd" / "user" / UNIT
        self._run = run
        self._booted = booted

    def check(self) -> None:
        if not self._booted.is_dir():
            raise CannotSuperviseError("This system was not started by systemd.")
        if self._run((*SYSTEMCTL, "show-environment")).code != 0:
            raise CannotSuperviseError(
                "The user's systemd cannot be reached, perhaps because su or sudo opened this shell: log in "
                "as this user, or run `loginctl enable-linger` as this user, then run this command again."
            )

    def definition(self, program: Sequence[str]) -> bytes:
        folders = "".join(f"{line}\n" for line in OWN_FOLDERS) if self._may_have_own_folders(program) else ""
        template = Template((files(__package__) / UNIT).read_text("utf-8"))
        return template.substitute(program=" ".join(map(quoted, program)), folders=folders).encode()

    def program(self, definition: bytes) -> list[str]:
        line = next(line for line in definition.decode().splitlines() if line.startswith(_EXEC_START))
        return [word.replace("%%", "%") for word in shlex.split(line.removeprefix(_EXEC_START))]

    def start(self) -> None:
        must(self._run, (*SYSTEMCTL, "daemon-reload"))
        must(self._run, (*SYSTEMCTL, "enable", UNIT))
        self._run((*SYSTEMCTL, "reset-failed", UNIT))  # fails if there is nothing to reset
        must(self._run, (*SYSTEMCTL, "restart", UNIT))

    def state(self) -> State:
        return _STATES.get(self._run((*SYSTEMCTL, "is-active", UNIT)).output.strip(), State.STOPPED)

    def forget(self) -> None:
        must(self._run, (*SYSTEMCTL, "disable", "--now", UNIT))

    def forgotten(self) -> None:
        must(self._run, (*SYSTEMCTL, "daemon-reload"))
        self._run((*SYSTEMCTL, "reset-failed", UNIT))

    def _may_have_own_folders(self, program: Sequence[str]) -> bool:
        """Whether a service with its own folders starts here, and finds its files."""
        paths = [Path(word) for word in program]
        if any(path.is_relative_to(folder) for path in paths for folder in TEMPORARY):
            return False
        properties = [word for line in OWN_FOLDERS for word in ("--property", line)]
        trial = ("systemd-run", "--user", "--quiet", "--wait", "--collect", *properties)
        return self._run((*trial, program[0], "-c", "")).code == 0


def quoted(word: str) -> str:
    """A word of ExecStart=, as systemd.service(5) describes."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
