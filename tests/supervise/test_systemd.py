"""The unit for systemd. systemd's own verifier reads it where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretype.supervise.programs import Ended
from foretype.supervise.supervisor import CannotSuperviseError, State
from foretype.supervise.systemd import OWN_FOLDERS, Systemd
from tests.supervise.fakes import Programs

PROGRAM = [sys.executable, "-P", "-m", "foretype", "serve", "--port", "22738"]
HERE = Path(__file__).parent


@given(st.lists(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])), min_size=1))
def test_the_unit_holds_every_word_of_the_program_as_it_is(words: list[str]) -> None:
    systemd = Systemd(Programs())
    assert systemd.program(systemd.definition(words)) == words


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("trial", [0, 1])
def test_systemd_finds_nothing_wrong_with_the_unit(trial: int, tmp_path: Path) -> None:
    unit = tmp_path / "foretype.service"
    systemd = Systemd(Programs({"systemd-run": Ended(trial, "")}))
    unit.write_bytes(systemd.definition([*PROGRAM, '100 % "quoted" $HOME \\ back']))
    verify = ["systemd-analyze", "--user", "--man=no", "verify", str(unit)]
    environment = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(verify, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, [line for line in done.stderr.splitlines() if unit.name in line]) == (0, [])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_verifier_would_find_an_unknown_setting(tmp_path: Path) -> None:
    unit = tmp_path / "foretype.service"
    unit.write_bytes(Systemd(Programs()).definition(PROGRAM).replace(b"LimitCORE", b"LimitKORE"))
    verify = ["systemd-analyze", "--user", "--man=no", "verify", str(unit)]
    environment = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(verify, capture_output=True, text=True, check=False, env=environment)
    assert "LimitKORE" in done.stderr


# Its folder is none of those that the service would get for itself. The folder of this checkout may be one.
ELSEWHERE = ["/opt/foretype/bin/python", *PROGRAM[1:]]


@pytest.mark.parametrize(
    ("program", "trial", "has_own_folders"),
    [(ELSEWHERE, 0, True), (ELSEWHERE, 1, False), ([*ELSEWHERE, "--models-dir", "/tmp/models"], 0, False)],
)
def test_the_service_gets_its_own_folders_where_they_work(
    program: list[str], trial: int, has_own_folders: bool
) -> None:
    unit = Systemd(Programs({"systemd-run": Ended(trial, "")})).definition(program).decode()
    assert [line in unit for line in OWN_FOLDERS] == [has_own_folders] * len(OWN_FOLDERS)


def test_nothing_that_the_server_prints_reaches_the_journal_except_its_log() -> None:
    unit = Systemd(Programs()).definition(PROGRAM).decode().splitlines()
    assert [line for line in unit if line.startswith("Standard")] == [
        "StandardInput=null",
        "StandardOutput=null",
        "StandardError=journal",
    ]


def test_without_systemd_and_without_its_bus_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CannotSuperviseError, match="not started by systemd"):
        Systemd(Programs(), booted=tmp_path / "missing").check()
    unreachable = Programs({"show-environment": Ended(1, "", "Failed to connect to bus")})
    with pytest.raises(CannotSuperviseError, match="loginctl enable-linger"):
        Systemd(unreachable, booted=tmp_path).check()
    Systemd(Programs(), booted=tmp_path).check()


def test_a_command_that_fails_is_named_with_its_last_line() -> None:
    programs = Programs({"enable": Ended(1, "", "One.\nUnit is masked.\n")})
    with pytest.raises(
        CannotSuperviseError, match=r"enable foretype\.service` failed with code 1: Unit is mas"
    ):
        Systemd(programs).start()


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("active", State.RUNNING),
        ("activating", State.STARTING),
        ("failed", State.FAILED),
        ("inactive", State.STOPPED),
        ("unknown", State.STOPPED),
    ],
)
def test_the_states_of_systemd(word: str, state: State) -> None:
    assert Systemd(Programs({"is-active": Ended(3, f"{word}\n")})).state() is state


def test_a_real_systemd_starts_limits_stops_and_forgets_the_service(tmp_path: Path) -> None:
    """systemd runs for this test alone, as the service manager of root in its own mount namespace."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("needs root, to start a systemd of its own")
    if missing := [name for name in ("unshare", "dbus-daemon", "systemctl") if shutil.which(name) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "bash", HERE / "own_systemd.sh", tmp_path,
         sys.executable, HERE / "real_cycle.py"],
        capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | environment,
    )  # fmt: skip
    if "no systemd" in done.stdout:
        pytest.skip("systemd does not start on this machine")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "started": "RUNNING",
        "NoNewPrivs": "1",
        "Seccomp": "2",
        "core": "0",
        "stopped": "STOPPED",
        "again": "RUNNING",
        "files": [],
        "removed": "STOPPED",
    }
