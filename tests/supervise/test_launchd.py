"""The agent for launchd. It cannot run here: its keys and types are compared with launchd.plist(5)."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretype.supervise.launchd import Launchd
from foretype.supervise.programs import Ended
from foretype.supervise.supervisor import CannotSuperviseError, State
from tests.supervise.fakes import Programs

DOCUMENTED: dict[str, type] = {
    "Label": str,
    "ProgramArguments": list,
    "RunAtLoad": bool,
    "KeepAlive": dict,
    "ThrottleInterval": int,
    "ExitTimeOut": int,
    "ProcessType": str,
    "Umask": int,
    "SoftResourceLimits": dict,
    "HardResourceLimits": dict,
    "StandardOutPath": str,
    "StandardErrorPath": str,
}


def agent(programs: Programs | None = None) -> Launchd:
    return Launchd(programs or Programs(), user=501)


@given(st.lists(st.text(st.characters(exclude_categories=["C"])), min_size=1))
def test_the_agent_holds_every_word_of_the_program_as_it_is(words: list[str]) -> None:
    assert agent().program(agent().definition(words)) == words


def test_its_keys_have_the_documented_types() -> None:
    plist = plistlib.loads(agent().definition(["foretype"]))
    assert {key: type(value) for key, value in plist.items()} == DOCUMENTED
    assert plist["KeepAlive"] == {"SuccessfulExit": False}
    assert plist["HardResourceLimits"] == plist["SoftResourceLimits"] == {"Core": 0}
    assert plist["StandardOutPath"] == "/dev/null"


def test_its_file_has_the_name_of_its_label() -> None:
    launchd = agent()
    label = plistlib.loads(launchd.definition(["foretype"]))["Label"]
    assert launchd.file == Path.home() / "Library" / "LaunchAgents" / f"{label}.plist"


def test_it_is_loaded_into_the_graphical_session_of_the_user() -> None:
    programs = Programs()
    agent(programs).start()
    assert programs.calls == [
        "launchctl bootout gui/501/foretype.server",
        "launchctl enable gui/501/foretype.server",
        f"launchctl bootstrap gui/501 {agent().file}",
    ]


@pytest.mark.parametrize(
    ("ended", "state"),
    [
        (Ended(0, "\tstate = running\n\tpid = 7\n"), State.RUNNING),
        (Ended(0, "\tstate = not running\n\tlast exit code = 1\n"), State.FAILED),
        (Ended(0, "\tstate = not running\n\tlast exit code = 0\n"), State.STOPPED),
        (Ended(113, "", "Could not find service"), State.STOPPED),
    ],
)
def test_the_states_of_launchd(ended: Ended, state: State) -> None:
    assert agent(Programs({"print": ended})).state() is state


def test_without_a_graphical_session_it_says_what_to_do() -> None:
    with pytest.raises(CannotSuperviseError, match="log in at the screen"):
        agent(Programs({"print": Ended(1, "")})).check()
