"""Installing, waiting and removing: the same steps with every supervisor."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretype.supervise.health import Health
from foretype.supervise.install import LOOKS, Outcome, install, installed, remove, wait
from foretype.supervise.supervisor import CannotSuperviseError, State
from tests.supervise.fakes import FakeSupervisor

PROGRAM = ["foretype", "serve"]


@pytest.fixture
def supervisor(tmp_path: Path) -> FakeSupervisor:
    return FakeSupervisor(tmp_path)


def test_a_second_install_changes_nothing_and_other_options_start_it_again(
    supervisor: FakeSupervisor,
) -> None:
    assert installed(supervisor) is None
    assert install(supervisor, PROGRAM) is Outcome.INSTALLED
    assert install(supervisor, PROGRAM) is Outcome.UNCHANGED
    assert supervisor.starts == 1
    assert install(supervisor, [*PROGRAM, "--port", "9000"]) is Outcome.UPDATED
    assert installed(supervisor) == [*PROGRAM, "--port", "9000"]
    assert supervisor.starts == 2


@pytest.mark.parametrize("state", [State.STOPPED, State.FAILED])
def test_a_stopped_service_is_started(supervisor: FakeSupervisor, state: State) -> None:
    install(supervisor, PROGRAM)
    supervisor.now = state
    assert install(supervisor, PROGRAM) is Outcome.STARTED
    assert supervisor.now is State.RUNNING


def test_a_service_that_cannot_be_started_leaves_nothing_behind(supervisor: FakeSupervisor) -> None:
    supervisor.refuses_to_start = True
    with pytest.raises(CannotSuperviseError, match="It refuses"):
        install(supervisor, PROGRAM)
    assert [path for path in supervisor.file.parents[1].rglob("*") if path.is_file()] == []


def test_remove_deletes_the_file_and_says_whether_there_was_one(supervisor: FakeSupervisor) -> None:
    install(supervisor, PROGRAM)
    assert remove(supervisor) is True
    assert supervisor.now is State.STOPPED
    assert remove(supervisor) is False


def test_a_definition_that_cannot_be_read_is_a_sentence(supervisor: FakeSupervisor) -> None:
    install(supervisor, PROGRAM)
    supervisor.file.write_text("not a definition")
    with pytest.raises(CannotSuperviseError, match="foretype service remove"):
        installed(supervisor)


def looks(supervisor: FakeSupervisor, *answers: Health) -> tuple[Health, int]:
    """What `wait` returns, and after how many pauses. The last answer repeats."""
    given = list(answers)
    pauses: list[float] = []
    last = wait(
        supervisor, "", look=lambda _: given.pop(0) if len(given) > 1 else given[0], sleep=pauses.append
    )
    return last, len(pauses)


def test_it_waits_until_the_server_is_ready_or_the_supervisor_gives_up(supervisor: FakeSupervisor) -> None:
    supervisor.now = State.RUNNING
    assert looks(supervisor, Health.NOBODY, Health.LOADING, Health.READY) == (Health.READY, 2)
    assert looks(supervisor, Health.LOADING) == (Health.LOADING, LOOKS - 1)
    supervisor.now = State.FAILED
    assert looks(supervisor, Health.NOBODY) == (Health.NOBODY, 0)
