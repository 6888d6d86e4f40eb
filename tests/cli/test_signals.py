"""Ctrl-C before a server has an event loop: each script is a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys

WAITING = """
import threading
from foretype.cli.signals import leave_on_interrupt
leave_on_interrupt()
print("waiting", flush=True)
while True:
    try:
        threading.Event().wait()
    except BaseException:
        print("caught", flush=True)
"""

STARTING = """
import signal
from foretype.cli import app, serve
def loading(settings):
    print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
    raise SystemExit
serve.Loading = loading
app(["serve", "--port", "0"])
"""


def test_ctrl_c_ends_the_process_wherever_its_main_thread_is() -> None:
    """Python's own handler raises KeyboardInterrupt, which the loop of this script survives."""
    command = [sys.executable, "-c", WAITING]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "waiting\n"
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=30) == ("", "")
        finally:
            process.kill()
    assert process.returncode == 130


def test_a_server_has_that_handler_before_a_thread_loads_its_model() -> None:
    result = subprocess.run(
        [sys.executable, "-c", STARTING], capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.stdout, result.stderr, result.returncode) == ("False\n", "", 0)
