"""`foretype service` with a supervisor in memory: what it prints, and its exit codes."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from foretype.cli import app
from foretype.cli import service as command
from foretype.supervise.health import Health
from foretype.supervise.supervisor import State
from tests.supervise.fakes import FakeSupervisor


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSupervisor:
    """The supervisor of this system, in memory. Its server is ready as soon as it runs."""
    fake = FakeSupervisor(tmp_path)

    def look(address: str) -> Health:
        return Health.READY if fake.now is State.RUNNING else Health.NOBODY

    monkeypatch.setattr(command, "this_supervisor", lambda: fake)
    monkeypatch.setattr(command, "prepare_models", lambda settings: [])
    monkeypatch.setattr(command, "look", look)
    monkeypatch.setattr(command, "wait", lambda supervisor, address: look(address))
    return fake


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["service", *words])


def test_install_prints_the_address_with_a_pairing_code_and_a_second_one_prints_none(
    supervisor: FakeSupervisor, port: int
) -> None:
    first = run("install", "--port", str(port))
    assert first.exit_code == 0, first.output
    assert f"http://127.0.0.1:{port}/#code=" in first.stdout
    again = run("install", "--port", str(port))
    assert again.exit_code == 0
    assert f"Nothing changed: the service runs at http://127.0.0.1:{port}" in again.stdout
    assert "#code=" not in again.stdout
    assert supervisor.starts == 1


def test_the_exit_codes_of_status_are_those_of_systemctl(supervisor: FakeSupervisor, port: int) -> None:
    assert run("status").exit_code == 4
    run("install", "--port", str(port))
    running = run("status")
    assert (running.exit_code, f"Address: http://127.0.0.1:{port}" in running.stdout) == (0, True)
    assert "Its log is nowhere." in running.stdout
    supervisor.now = State.STOPPED
    stopped = run("status")
    assert (stopped.exit_code, "To start it: supervisor restart" in stopped.stdout) == (3, True)
    assert run("remove").stdout == "The service is removed.\n"
    assert run("remove").stdout == "No service is installed.\n"
    assert run("status").exit_code == 4


def test_variables_of_the_environment_become_options_and_the_token_does_not(
    supervisor: FakeSupervisor, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORETYPE_PORT", str(port))
    monkeypatch.setenv("FORETYPE_BUDGET_MS", "250")
    assert run("install").exit_code == 0
    assert "--budget-ms" in supervisor.program(supervisor.file.read_bytes())
    secret = "a-secret-of-more-than-16-characters"
    monkeypatch.setenv("FORETYPE_TOKEN", secret)
    refused = run("install")
    assert refused.exit_code == 2
    assert "unset FORETYPE_TOKEN" in refused.stderr
    assert secret not in refused.output + supervisor.file.read_text()


def test_a_port_that_changes_or_that_is_taken_is_refused(supervisor: FakeSupervisor) -> None:
    assert run("install", "--port", "0").exit_code == 2
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = run("install", "--port", str(other.getsockname()[1]))
    assert (taken.exit_code, "is in use" in taken.stderr) == (1, True)
    assert not supervisor.file.exists()


def test_a_foretype_that_runs_in_a_terminal_has_to_be_stopped_first(
    supervisor: FakeSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "look", lambda address: Health.READY)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = run("install", "--port", str(other.getsockname()[1]))
    assert (taken.exit_code, "Ctrl-C in its terminal" in taken.stderr) == (1, True)


def test_without_a_supervisor_it_prints_the_command_for_another_one(supervisor: FakeSupervisor) -> None:
    supervisor.unusable = "This system was not started by systemd."
    ended = run("install", "--port", "9000")
    assert ended.exit_code == 1
    assert ended.stderr.startswith("This system was not started by systemd. No service was installed.")
    assert "-m foretype serve --host 127.0.0.1 --port 9000" in ended.stderr


def test_a_server_that_does_not_start_is_reported_with_its_log(
    supervisor: FakeSupervisor, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "wait", lambda supervisor, address: Health.NOBODY)
    ended = run("install", "--port", str(port))
    assert ended.exit_code == 3
    assert "no server answers" in ended.stderr
    assert "Its log is nowhere." in ended.stderr
