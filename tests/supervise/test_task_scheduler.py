"""The task for Windows. It cannot run here: its elements are compared with those of Microsoft's schema."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretype.supervise.programs import Ended
from foretype.supervise.supervisor import State
from foretype.supervise.task_scheduler import NAMESPACE, TaskScheduler, without_console
from tests.supervise.fakes import Programs

USER = {"USERDOMAIN": "DESK", "USERNAME": "ada"}
DOCUMENTED = {
    "Task": "RegistrationInfo Triggers Settings Principals Actions",
    "RegistrationInfo": "Description Documentation",
    "Triggers": "LogonTrigger",
    "LogonTrigger": "Enabled UserId",
    "Settings": "RestartOnFailure MultipleInstancesPolicy DisallowStartIfOnBatteries StopIfGoingOnBatteries"
    " ExecutionTimeLimit Priority",
    "RestartOnFailure": "Interval Count",
    "Principals": "Principal",
    "Principal": "UserId LogonType RunLevel",
    "Actions": "Exec",
    "Exec": "Command Arguments",
}
"""The elements that the task has, each with its children in the order of the schema."""


def task(program: list[str]) -> ElementTree.Element:
    return ElementTree.fromstring(TaskScheduler(Programs(), USER).definition(program).decode("utf-16"))


def name(element: ElementTree.Element) -> str:
    return element.tag.removeprefix(f"{{{NAMESPACE}}}")


@given(st.lists(st.text(st.characters(exclude_categories=["C"])), min_size=1))
def test_the_task_holds_every_word_of_the_program_as_it_is(words: list[str]) -> None:
    scheduler = TaskScheduler(Programs(), USER)
    assert scheduler.program(scheduler.definition(words)) == words


def test_its_elements_are_documented_and_in_the_order_of_the_schema() -> None:
    parents = [element for element in task(["python.exe", "-m", "foretype"]).iter() if len(element)]
    assert {name(element): " ".join(map(name, element)) for element in parents} == DOCUMENTED


def test_it_runs_as_the_user_who_logs_on_and_its_context_is_that_principal() -> None:
    found = task(["python.exe"])
    users = [element.text for element in found.iter() if name(element) == "UserId"]
    assert users == ["DESK\\ada"] * 2
    (context,) = [element.get("Context") for element in found.iter() if name(element) == "Actions"]
    (identity,) = [element.get("id") for element in found.iter() if name(element) == "Principal"]
    assert context == identity


def test_arguments_are_quoted_for_windows_and_no_window_opens() -> None:
    found = task([r"C:\Program Files\Python\python.exe", "-m", "foretype", r"C:\My models"])
    texts = {name(element): element.text for element in found.iter()}
    assert texts["Command"] == r"C:\Program Files\Python\pythonw.exe"
    assert texts["Arguments"] == r'-m foretype "C:\My models"'
    assert without_console("/usr/bin/python3") == "/usr/bin/python3"


def test_it_is_written_in_the_encoding_that_it_declares() -> None:
    definition = TaskScheduler(Programs(), USER).definition(["python.exe", "ü"])
    assert definition.startswith(b"\xff\xfe<")
    assert 'encoding="UTF-16"' in definition.decode("utf-16")


@pytest.mark.parametrize(
    ("number", "state"),
    [("4", State.RUNNING), ("2", State.STARTING), ("3", State.STOPPED), ("", State.STOPPED)],
)
def test_the_states_of_task_scheduler(number: str, state: State) -> None:
    assert TaskScheduler(Programs({"Get-ScheduledTask": Ended(0, f"{number}\r\n")}), USER).state() is state
