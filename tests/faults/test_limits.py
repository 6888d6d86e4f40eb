"""Little memory, few files, lost streams: real servers under the limits of a shell."""

from __future__ import annotations

import socket
from collections import Counter
from contextlib import ExitStack

from tests.faults.conftest import TINY, Installed

LIMITS_MB = (60, 100, 200, 300, 400, 700, 3000)
BURST = 300


def test_with_any_limit_of_memory_a_command_answers_or_says_that_memory_is_short(prepared: Installed) -> None:
    said = []
    for mb in LIMITS_MB:
        ended = prepared.shell(f'ulimit -v {mb * 1024}; exec $foretype complete "Please let me kn"')
        said.append("memory" in ended.stderr.lower())
        assert "Traceback" not in ended.stderr, mb
        assert (ended.returncode == 0) is not said[-1], (mb, ended.stderr)
    assert said[0]
    assert not said[-1]


def test_with_few_files_each_connection_of_a_burst_gets_an_answer_and_the_limit_is_said(
    prepared: Installed,
) -> None:
    line = "ulimit -n 64; exec $foretype serve --port $port"
    with prepared.serving(line) as server, ExitStack() as stack:
        assert server.is_ready()
        request = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
        made = []
        for _ in range(BURST):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            one.sendall(request)
            made.append(one)
        answers = Counter(one.recv(12).decode() for one in made)
        assert answers.keys() == {"HTTP/1.1 200", "HTTP/1.1 503"}
        assert answers.total() == BURST
        code, errors = server.end()
    assert code == 0
    assert "this process may open only 64 files: allow" in errors
    assert "event='connections_full'" in errors


def test_a_first_start_whose_output_nobody_can_read_prepares_and_serves(installed: Installed) -> None:
    line = "exec $foretype serve --port $port <&- >/dev/full 2>/dev/full"
    with installed.serving(line) as server:
        assert server.is_ready()
        assert server.completes()
        assert server.end()[0] == 0
    assert (installed.models_dir / TINY / "manifest.json").is_file()
