"""Commands whose output is closed, full, or for ASCII only."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from foretype.support.streams import PLAIN
from latency.replay.server import free_port
from tests.cli.test_commands import PROGRAM

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    root = Path(__file__).parents[2]
    return {
        **os.environ,
        "PYTHONPATH": f"{root / 'backend'}{os.pathsep}{root}",
        "FORETYPE_STATE_DIR": str(tmp_path / "state"),
    }


FORETYPE = shlex.join(PROGRAM)


def shell(environment: dict[str, str], words: str) -> subprocess.CompletedProcess[str]:
    """Run a line of the shell in which `foretype` is the command line with a fake model."""
    return subprocess.run(
        ["sh", "-c", words.replace("foretype", FORETYPE)],
        env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


COMMANDS = ["--help", "settings", "pair", "pair --list", "serve --help", 'complete "Please"']


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_output_is_one_sentence(environment: dict[str, str], command: str, unbuffered: str) -> None:
    ended = shell({**environment, "PYTHONUNBUFFERED": unbuffered}, f"foretype {command} >/dev/full")
    assert ended.returncode == 1
    assert ended.stderr.strip() == "The output cannot be written: No space left on device."


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_a_closed_stream_changes_no_exit_code(environment: dict[str, str], closed: str) -> None:
    assert shell(environment, f"foretype settings {closed}").returncode == 0
    assert shell(environment, f"foretype pair --revoke 11112222 {closed}").returncode == 1
    assert shell(environment, f"foretype serve --port ninety {closed}").returncode == 2


def test_an_output_that_nobody_reads_to_its_end_is_no_stack_trace(environment: dict[str, str]) -> None:
    ended = shell(environment, "foretype settings | true")
    assert ended.stderr == ""


@pytest.mark.parametrize("command", ["--help", "serve --help", "compare --help", "pair --help"])
def test_a_terminal_for_ascii_gets_ascii(environment: dict[str, str], command: str) -> None:
    ended = shell({**environment, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}, f"foretype {command}")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.isascii()
    assert "?" not in ended.stdout  # every character has a plain one


def test_a_plain_character_is_one_of_ascii() -> None:
    assert all(plain.isascii() for plain in PLAIN.values())


@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full", ">/dev/full", ">&-", "<&- >&- 2>&-"])
def test_a_server_serves_although_nobody_can_read_what_it_prints(
    environment: dict[str, str], redirected: str, tmp_path: Path
) -> None:
    """Its client is started by the shell too, as the address may be printed nowhere."""
    port = free_port()
    client = tmp_path / "client.py"
    client.write_text(CLIENT)
    ended = shell(
        environment,
        f"foretype serve --port {port} {redirected} & {sys.executable} {client} {port}; kill $!; wait $!",
    )
    assert "ready" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


CLIENT = """
import sys, time, urllib.error, urllib.request
while True:
    try:
        print(urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/healthz").read())
        break
    except OSError:
        time.sleep(0.05)  # otherwise it takes the processor from the server that it waits for
for path in ("/nowhere", "/v1/complete"):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}{path}", b"{")
    except urllib.error.HTTPError:
        pass
"""
