"""Windows' Task Scheduler: a task that starts when the user logs on. The element names and their order follow
Microsoft's Task Scheduler schema.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path, PureWindowsPath
from xml.etree import ElementTree

import platformdirs

from foretype.supervise.programs import Run, must, run
from foretype.supervise.supervisor import CannotSuperviseError, State

TASK = "Foretype"
NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_STATES = {"2": State.STARTING, "4": State.RUNNING}
"""The numbers of TASK_STATE. schtasks prints words in the language of the system instead."""


class TaskScheduler:
    name = "Task Scheduler"
    log = "Task Scheduler keeps no log of it. To see messages, run `foretype serve` in a terminal"
    restart_command = f"schtasks /Run /TN {TASK}"

    def __init__(self, run: Run = run, environment: Mapping[str, str] = os.environ) -> None:
        self.file = Path(platformdirs.user_config_dir("foretype", False)) / "task.xml"
        self._user = "\\".join(filter(None, (environment.get("USERDOMAIN"), environment.get("USERNAME"))))
        self._run = run

    def check(self) -> None:
        if self._run(("schtasks", "/Query", "/FO", "CSV", "/NH")).code != 0:
            raise CannotSuperviseError("Task Scheduler does not answer: start the service named Schedule.")

    def definition(self, program: Sequence[str]) -> bytes:
        ElementTree.register_namespace("", NAMESPACE)
        task = _element({"Task": self._task(program)})
        task.set("version", "1.3")
        for path, name in (("Principals/Principal", "id"), ("Actions", "Context")):
            found = task.find("/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/")))
            assert found is not None
            found.set(name, "User")
        ElementTree.indent(task)
        text = ElementTree.tostring(task, "unicode")
        return f'<?xml version="1.0" encoding="UTF-16"?>\n{text}\n'.encode("utf-16")

    def _task(self, program: Sequence[str]) -> dict[str, object]:
        return {
            "RegistrationInfo": {
                "Description": "Foretype, autocomplete for the browser",
                "Documentation": json.dumps(
                    list(program)
                ),  # for `program`: Windows has no inverse of Arguments
            },
            "Triggers": {"LogonTrigger": {"Enabled": "true", "UserId": self._user}},
            "Settings": {
                "RestartOnFailure": {"Interval": "PT1M", "Count": "5"},
                "MultipleInstancesPolicy": "IgnoreNew",
                "DisallowStartIfOnBatteries": "false",
                "StopIfGoingOnBatteries": "false",
                "ExecutionTimeLimit": "PT0S",  # no limit
                "Priority": "5",  # normal: the default, 7, is for work in the background
            },
            "Principals": {
                "Principal": {
                    "UserId": self._user,
                    "LogonType": "InteractiveToken",
                    "RunLevel": "LeastPrivilege",
                }
            },
            "Actions": {
                "Exec": {
                    "Command": without_console(program[0]),
                    "Arguments": subprocess.list2cmdline(program[1:]),
                }
            },
        }

    def program(self, definition: bytes) -> list[str]:
        data = ElementTree.fromstring(definition.decode("utf-16")).findtext(
            f".//{{{NAMESPACE}}}Documentation"
        )
        words: list[str] = json.loads(data or "[]")
        return words

    def start(self) -> None:
        must(self._run, ("schtasks", "/Create", "/TN", TASK, "/XML", str(self.file), "/F"))
        self._run(("schtasks", "/End", "/TN", TASK))  # fails if it does not run
        must(self._run, ("schtasks", "/Run", "/TN", TASK))

    def state(self) -> State:
        question = f"[int](Get-ScheduledTask -TaskName {TASK}).State"
        ended = self._run(("powershell", "-NoProfile", "-NonInteractive", "-Command", question))
        return _STATES.get(ended.output.strip(), State.STOPPED)

    def forget(self) -> None:
        self._run(("schtasks", "/End", "/TN", TASK))  # fails if it does not run
        must(self._run, ("schtasks", "/Delete", "/TN", TASK, "/F"))

    def forgotten(self) -> None:
        return


def _element(named: Mapping[str, object]) -> ElementTree.Element:
    """The element of a mapping with one name, whose value is text or a mapping of child elements."""
    ((name, value),) = named.items()
    element = ElementTree.Element(f"{{{NAMESPACE}}}{name}")
    if isinstance(value, Mapping):
        element.extend(_element({child: inner}) for child, inner in value.items())
    else:
        element.text = str(value)
    return element


def without_console(python: str) -> str:
    """The interpreter that opens no window."""
    path = PureWindowsPath(python)
    return str(path.with_name("pythonw.exe")) if path.name.lower() == "python.exe" else python
