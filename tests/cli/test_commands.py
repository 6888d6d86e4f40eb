"""The commands, each in a process of its own, with stand-ins for the model."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import foretype
from tests.server.certificates import self_signed

PROGRAM = [sys.executable, str(Path(__file__).with_name("fake_models.py"))]
TEXT = "Please let me know if you have any que"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    backend = str(Path(foretype.__file__).parents[1])
    return {
        **os.environ,
        "PYTHONPATH": backend,
        "FORETYPE_STATE_DIR": str(tmp_path / "state"),
        "COLUMNS": "100",
    }


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], env=environment, capture_output=True, text=True, timeout=60)


class Serving:
    """`foretype serve` in a process, and what it printed."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "serve", "--port", "0", *arguments],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture
def serving(environment: dict[str, str]) -> Iterator[Serving]:
    server = Serving(environment)
    yield server
    server.process.kill()
    server.process.communicate()


def test_complete_says_the_suggestion_alone_and_then_its_figures(environment: dict[str, str]) -> None:
    result = run(environment, "complete", TEXT)
    assert result.stdout.splitlines() == ["stions", "source model, probability 0.90, 12.3 ms"]
    assert result.returncode == 0


def test_complete_speaks_json(environment: dict[str, str]) -> None:
    answer = json.loads(run(environment, "complete", TEXT, "--json").stdout)
    assert (answer["text"], answer["source"], answer["reason"]) == ("stions", "model", None)


def test_a_model_that_cannot_be_had_is_a_sentence(environment: dict[str, str]) -> None:
    for command in (["complete", TEXT], ["serve", "--port", "0"]):
        result = run(environment, *command, "--model", "none")
        assert result.returncode == 1
        assert result.stderr == "There is no recipe none. The recipes are: fake-1m.\n"


def test_a_server_whose_model_can_go_on_no_more_says_why_and_ends_with_1(environment: dict[str, str]) -> None:
    result = run(environment, "serve", "--port", "0", "--model", "broken")
    assert result.returncode == 1
    assert result.stderr == "The model found no memory: set something.\n"


@pytest.mark.parametrize("command", [["complete", TEXT], ["serve", "--port", "0"]], ids=["complete", "serve"])
@pytest.mark.parametrize("doing", ["prepare", "load"])
def test_where_memory_is_short_the_sentence_is_about_memory(
    environment: dict[str, str], command: list[str], doing: str
) -> None:
    result = run(environment, *command, "--model", f"no-memory-to-{doing}")
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("There is not enough memory.")


def test_serve_prints_why_where_and_how_to_stop(serving: Serving) -> None:
    assert serving.line() == "Serving fake-1m: it was asked for."
    address = serving.line()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#code=[0-9A-Z]{4}-[0-9A-Z]{4}", address)
    assert serving.line() == (
        "The code in this address works once, within 10 minutes; `foretype pair` makes another. "
        "Ctrl-C stops the server."
    )
    with urllib.request.urlopen(address.partition("#")[0] + "healthz", timeout=10) as response:
        assert json.load(response)["status"] == "ready"
    assert serving.end() == (0, "")


def test_the_printed_code_and_one_from_another_terminal_let_a_client_in(
    serving: Serving, environment: dict[str, str]
) -> None:
    serving.line()
    url, _, printed = serving.line().partition("/#code=")
    made, where = run(environment, "pair").stdout.splitlines()
    assert "welcome page or in its options" in where
    for code in (printed, made):
        body = json.dumps({"code": code, "client": "tests"}).encode()
        with urllib.request.urlopen(url + "/v1/pair", data=body, timeout=10) as response:
            assert json.load(response)["token"]
    listed = run(environment, "pair", "--list").stdout.splitlines()
    assert len(listed) == 2
    identity = listed[0].split()[0]
    assert run(environment, "pair", "--revoke", identity).returncode == 0
    assert len(run(environment, "pair", "--list").stdout.splitlines()) == 1
    assert run(environment, "pair", "--revoke", identity).returncode == 1


def test_a_state_folder_that_cannot_be_written_is_said_at_the_start_and_no_code_is_offered(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    server = Serving({**environment, "FORETYPE_STATE_DIR": str(tmp_path / "file" / "state")})
    server.line()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", server.line())
    code, errors = server.end()
    assert code == 0
    (line,) = errors.splitlines()
    assert line.startswith(f"Warning: The folder {tmp_path}/file/state cannot be written: Not a directory.")
    assert "FORETYPE_STATE_DIR" in line


def test_a_damaged_state_file_is_said_at_the_start_with_what_to_do(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "clients.json").write_text('{"codes":[')
    server = Serving({**environment, "FORETYPE_STATE_DIR": str(tmp_path)})
    server.line()
    server.line()
    code, errors = server.end()
    assert code == 0
    (line,) = errors.splitlines()
    assert line.startswith(f"Warning: The file {tmp_path}/clients.json is damaged (it is not valid JSON)")


def test_a_server_that_is_told_to_end_ends_well(serving: Serving) -> None:
    serving.line()
    serving.line()
    assert serving.end(signal.SIGTERM) == (0, "")


def test_ctrl_c_while_a_model_is_prepared_ends_at_once(environment: dict[str, str]) -> None:
    server = Serving(environment, "--model", "slow")
    assert server.line() == "preparing"
    assert server.end() == (130, "")


def test_a_port_in_use_is_said_with_the_setting_to_change(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run(environment, "serve", "--port", port)
    assert result.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in result.stderr
    assert "FORETYPE_PORT" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_host_that_does_not_exist_is_said(environment: dict[str, str]) -> None:
    result = run(environment, "serve", "--host", "no such host")
    assert result.returncode == 1
    assert "FORETYPE_HOST" in result.stderr


def test_a_server_that_others_could_read_along_with_does_not_start(environment: dict[str, str]) -> None:
    result = run(environment, "serve", "--host", "0.0.0.0", "--port", "0")
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(
        "Other machines can reach 0.0.0.0, and without TLS anybody on the network can read"
    )
    assert result.stdout == ""


def test_a_blank_host_listens_on_this_machine_only(environment: dict[str, str]) -> None:
    server = Serving({**environment, "FORETYPE_HOST": "", "FORETYPE_MODEL": " "}, "--model", "")
    server.line()
    assert server.line().startswith("http://127.0.0.1:")
    code, errors = server.end()
    assert (code, errors) == (0, "")


def test_behind_a_proxy_one_line_says_who_can_connect(environment: dict[str, str]) -> None:
    server = Serving({**environment, "FORETYPE_TLS_IN_FRONT": "true"}, "--host", "0.0.0.0")
    server.line()
    assert server.line().startswith("http://127.0.0.1:")
    code, errors = server.end()
    assert code == 0
    (line,) = errors.splitlines()
    assert line.startswith(
        "Other machines that can reach any address of this machine can connect to this server"
    )


def test_with_tls_files_the_printed_address_is_https_and_true(
    environment: dict[str, str], tmp_path: Path
) -> None:
    signed = self_signed(tmp_path / "tls")
    files = ["--tls-certificate", str(signed.certificate), "--tls-key", str(signed.key)]
    server = Serving(environment, "--host", "0.0.0.0", *files)
    server.line()
    address, _, code = server.line().partition("/#code=")
    assert address.startswith("https://127.0.0.1:")
    trusting = ssl.create_default_context(cafile=signed.certificate)
    body = json.dumps({"code": code, "client": "tests"}).encode()
    with urllib.request.urlopen(f"{address}/v1/pair", data=body, timeout=10, context=trusting) as response:
        assert json.load(response)["token"]
    ended, errors = server.end()
    assert ended == 0
    assert errors.splitlines() == [
        "Other machines that can reach any address of this machine can connect to this server. "
        "Clients need a token."
    ]


def test_a_certificate_that_cannot_be_used_is_a_sentence(environment: dict[str, str], tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.pem")
    result = run(environment, "serve", "--port", "0", "--tls-certificate", gone, "--tls-key", gone)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"The TLS certificate {gone} cannot be read")


def test_a_setting_of_an_earlier_version_is_warned_of(environment: dict[str, str]) -> None:
    result = run({**environment, "FORETYPE_DISTILGPT2_FOLDER": "/x"}, "complete", TEXT)
    assert "foretype prepare distilgpt2 --from FOLDER" in result.stderr
    assert result.stdout.startswith("stions\n")


def test_help_teaches(environment: dict[str, str]) -> None:
    assert run(environment, "--version").stdout == f"foretype {foretype.__version__}\n"
    for arguments in ([], ["serve"], ["complete"], ["pair"]):
        result = run(environment, *arguments, "--help")
        assert result.returncode == 0
        assert "foretype" in result.stdout
    assert "stions" in run(environment, "complete", "--help").stdout


def test_a_misspelt_variable_is_warned_of(environment: dict[str, str]) -> None:
    result = run({**environment, "FORETYPE_PROT": "1"}, "complete", TEXT)
    assert "FORETYPE_PROT is not a setting" in result.stderr
    assert result.stdout.startswith("stions\n")


@pytest.mark.parametrize("command", [("prepare", "smollm2-135m"), ("complete", TEXT)])
def test_two_onnx_runtimes_are_said_before_anything_else_is_done(
    environment: dict[str, str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    other = tmp_path / "packages" / "onnxruntime_gpu-1.31.1.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: onnxruntime-gpu\nVersion: 1.31.1\n")
    environment["PYTHONPATH"] += f"{os.pathsep}{other.parent}"
    ended = subprocess.run(
        [sys.executable, "-m", "foretype", *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert "pip uninstall onnxruntime onnxruntime-gpu" in line


def test_another_model_that_does_not_exist_is_said_as_the_first_one_is(environment: dict[str, str]) -> None:
    result = run(environment, "serve", "--port", "0", "--also-models", "fake-1m,none")
    assert result.returncode == 1
    assert result.stderr == "There is no recipe none. The recipes are: fake-1m.\n"
