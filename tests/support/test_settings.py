"""The sources of settings, and the messages for mistakes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from foretype.cli import app
from foretype.server.limits import ClientLimits
from foretype.support.cores import physical_cores
from foretype.support.settings import (
    DEFAULT_PORT,
    BadSettingsError,
    Settings,
    load,
    table,
    unknown_variables,
)
from tests.cli.values import BESIDE, OTHER_VALUES


def test_the_defaults_are_what_the_protocol_says() -> None:
    settings = load()
    assert (settings.host, settings.port, settings.budget_ms, settings.token) == (
        "127.0.0.1",
        DEFAULT_PORT,
        300,
        None,
    )
    limits = ClientLimits.of(settings)
    assert (limits.context_chars, limits.fields, limits.message_bytes) == (2000, 64, 32768)
    assert 1 <= settings.threads <= 4
    assert settings.models_dir.parts[-2:] == ("models", "build")


def test_command_line_before_environment_before_file_before_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "foretype.toml"
    file.write_text("port = 1\nbudget_ms = 100\nhost = 'localhost'\nallowed_hosts = ['a', 'b']\n")
    monkeypatch.setenv("FORETYPE_PORT", "2")
    monkeypatch.setenv("FORETYPE_BUDGET_MS", "200")
    settings = load({"port": 3, "host": None}, file)
    assert (settings.port, settings.budget_ms, settings.host, settings.log_level) == (
        3,
        200,
        "localhost",
        "warning",
    )
    assert settings.allowed_hosts == ("a", "b")


def test_the_file_may_be_named_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.toml").write_text("port = 7")
    monkeypatch.setenv("FORETYPE_CONFIG", str(tmp_path / "other.toml"))
    assert load().port == 7


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORETYPE_ALLOWED_HOSTS", " a.example, b.example:1 ,")
    assert load().allowed_hosts == ("a.example", "b.example:1")
    assert load({"allowed_origins": "https://a,https://b"}).allowed_origins == ("https://a", "https://b")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "foretype.toml"


@pytest.mark.parametrize("blank", ["", " ", "\t\r\n "], ids=["empty", "space", "white space"])
@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_that_is_set_to_nothing_has_its_default(
    name: str, blank: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(f"{name} = {json.dumps(blank)}\n")
    monkeypatch.setenv(f"FORETYPE_{name.upper()}", blank)
    settings = load({name: blank}, file)
    monkeypatch.delenv(f"FORETYPE_{name.upper()}")
    assert settings.model_dump() == load().model_dump()


@pytest.mark.parametrize("blank", ["", "  "], ids=["empty", "space"])
@pytest.mark.parametrize(("name", "value"), OTHER_VALUES.items())
def test_a_source_that_gives_nothing_does_not_hide_the_next_one(
    name: str, value: object, blank: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = BESIDE.get(name, {})
    wanted = load({name: value, **more})
    assert getattr(wanted, name) != getattr(load(), name)
    monkeypatch.setenv(f"FORETYPE_{name.upper()}", str(value))
    assert load({name: blank, **more}).model_dump() == wanted.model_dump()
    monkeypatch.setenv(f"FORETYPE_{name.upper()}", blank)
    file.write_text(f"{name} = {json.dumps(value)}\n")
    assert load({name: blank, **more}, file).model_dump() == wanted.model_dump()


def test_every_setting_has_another_value_here() -> None:
    assert OTHER_VALUES.keys() == Settings.model_fields.keys()


def test_a_blank_name_of_the_settings_file_is_none(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORETYPE_CONFIG", "  ")
    assert load().port == load({}, "").port == DEFAULT_PORT
    file.write_text("port = 7")
    monkeypatch.setenv("FORETYPE_CONFIG", str(file))
    assert load({}, " ").port == 7


def test_blank_options_of_a_command_are_not_given() -> None:
    result = CliRunner().invoke(app, ["pair", "--state-dir", " ", "--config", "", "--list"])
    assert (result.exit_code, result.output) == (0, "No client is paired.\n")


def test_a_mistake_is_laid_where_the_value_came_from(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("port = 70000")
    monkeypatch.setenv("FORETYPE_PORT", "")
    with pytest.raises(BadSettingsError, match="'port' in "):
        load({"port": ""}, file)


def test_a_token_is_in_no_representation_and_in_no_sentence() -> None:
    assert "hush-hush" not in repr(load({"token": "hush-hush-hush-hush"}))
    with pytest.raises(BadSettingsError) as bad:
        load({"token": "hush-hush"})
    assert "hush" not in str(bad.value)


@pytest.mark.parametrize("token", ["x", "x" * 15, "x" + " " * 20])
def test_a_token_that_is_too_short_is_refused_with_how_to_make_one(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORETYPE_TOKEN", token)
    with pytest.raises(BadSettingsError) as bad:
        load()
    (said,) = bad.value.sentences
    assert said.startswith("FORETYPE_TOKEN: a token needs at least 16 characters")
    _, command, *_ = said.split("`")
    made = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout.strip()
    assert load({"token": made}).token is not None


def test_a_token_of_the_least_length_is_taken() -> None:
    assert load({"token": "x" * 16}).token is not None


@pytest.mark.parametrize(
    ("setting", "value", "part"),
    [
        ("allowed_origins", "null", "sandboxed frame"),
        ("allowed_origins", "https://app.example.org, NULL", "sandboxed frame"),
        ("allowed_origins", "*", "would allow every page"),
        ("allowed_origins", "https://*.example.org", "would allow every page"),
        ("allowed_origins", "chrome-extension://*", "would allow every page"),
        ("allowed_origins", "app.example.org", "a scheme, a host"),
        ("allowed_origins", "https://app.example.org/page", "a scheme, a host"),
        ("allowed_origins", "https://user@app.example.org", "a scheme, a host"),
        ("allowed_origins", "https://app.example.org:", "a scheme, a host"),
        ("allowed_origins", "https://", "a scheme, a host"),
        ("allowed_origins", "file://", "a scheme, a host"),
        ("allowed_origins", "file:///home", "a scheme, a host"),
        ("allowed_origins", "data:text/html", "a scheme, a host"),
        ("allowed_origins", "https://a b", "a scheme, a host"),
        ("allowed_origins", "https://\N{KELVIN SIGN}it.example", "a scheme, a host"),
        ("allowed_hosts", "*", "would allow every page"),
        ("allowed_hosts", "*.example.org", "would allow every page"),
        ("allowed_hosts", ".example.org", "without https://"),
        ("allowed_hosts", "https://complete.example.org", "without https://"),
        ("allowed_hosts", "complete.example.org/", "without https://"),
        ("allowed_hosts", "complete.example.org:port", "without https://"),
        ("allowed_hosts", "\N{KELVIN SIGN}it.example", "without https://"),
        ("allowed_hosts", "0.0.0.0", "not names"),
        ("allowed_hosts", "0.0.0.0:22738", "not names"),
        ("allowed_hosts", "[::]:22738", "not names"),
    ],
)
def test_lists_that_would_open_the_server_are_refused(
    setting: str, value: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"FORETYPE_{setting.upper()}", value)
    with pytest.raises(BadSettingsError) as bad:
        load()
    (said,) = bad.value.sentences
    assert said.startswith(f"FORETYPE_{setting.upper()}: ")
    assert part in said
    assert "KELVIN" not in said


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("allowed_origins", "https://app.example.org"),
        ("allowed_origins", "https://app.example.org/"),
        ("allowed_origins", "HTTPS://App.example.org:8443"),
        ("allowed_origins", "http://192.0.2.7:3000"),
        ("allowed_origins", "http://[2001:db8::7]:3000"),
        ("allowed_origins", "chrome-extension://ijfnigekiijgjonokmjdlocconcionjf"),
        ("allowed_origins", "safari-web-extension://0f5c3a9e-1111-4222-8333-444455556666"),
        ("allowed_hosts", "complete.example.org"),
        ("allowed_hosts", "complete.example.org:8443"),
        ("allowed_hosts", "complete_1"),
        ("allowed_hosts", "192.0.2.7"),
        ("allowed_hosts", "[2001:db8::7]:22738"),
        ("allowed_hosts", "xn--bcher-kva.example"),
    ],
)
def test_exact_names_are_taken(setting: str, value: str) -> None:
    assert getattr(load({setting: value}), setting) == (value,)


@pytest.mark.parametrize("name", ["tls_certificate", "tls_key"])
def test_one_tls_file_without_the_other_is_refused(name: str) -> None:
    with pytest.raises(
        BadSettingsError, match="FORETYPE_TLS_CERTIFICATE and FORETYPE_TLS_KEY: set both or neither"
    ):
        load({name: "file.pem"})


def test_each_mistake_is_a_sentence_that_names_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("prot = 9\nthreads = 0\n")
    monkeypatch.setenv("FORETYPE_BUDGET_MS", "soon")
    with pytest.raises(BadSettingsError) as bad:
        load({"port": 70000}, file)
    sentences = bad.value.sentences
    assert len(sentences) == 4
    for part in ["--port: ", "FORETYPE_BUDGET_MS: ", "'threads' in ", "'prot' in "]:
        assert sum(part in sentence for sentence in sentences) == 1, part
    assert any("Did you mean port?" in sentence for sentence in sentences)


@pytest.mark.parametrize(("content", "part"), [("port = ", "not valid TOML"), (None, "does not exist")])
def test_a_file_that_cannot_be_used_is_said(tmp_path: Path, content: str | None, part: str) -> None:
    if content is not None:
        (tmp_path / "config.toml").write_text(content)
    with pytest.raises(BadSettingsError, match=part):
        load({}, tmp_path / "config.toml")


def test_messages_must_hold_their_context() -> None:
    with pytest.raises(BadSettingsError, match="FORETYPE_MESSAGE_BYTES must be at least 161024: "):
        load({"context_chars": 20_000})


def test_a_misspelt_variable_is_warned_of() -> None:
    assert unknown_variables(
        {"FORETYPE_PROT": "1", "FORETYPE_PORT": "2", "FORETYPE_CONFIG": "x", "PATH": ""}
    ) == ["FORETYPE_PROT is not a setting and is ignored. Did you mean FORETYPE_PORT?"]


def test_what_was_a_setting_once_is_said_with_what_it_has_become(tmp_path: Path) -> None:
    (said,) = unknown_variables({"FORETYPE_DISTILGPT2_FOLDER": "/models/distilgpt2"})
    assert said.startswith("FORETYPE_DISTILGPT2_FOLDER is not a setting and is ignored.")
    assert "`foretype prepare distilgpt2 --from FOLDER`" in said
    file = tmp_path / "config.toml"
    file.write_text("distilgpt2_folder = '/models/distilgpt2'")
    with pytest.raises(BadSettingsError, match="foretype prepare distilgpt2 --from FOLDER"):
        load({}, file)


def test_every_setting_is_described_in_the_table() -> None:
    rows = table().splitlines()[2:]
    assert len(rows) == len(Settings.model_fields)
    assert all(len(row.split("|")[3].strip()) > 10 for row in rows)


def test_bad_settings_end_with_2_and_no_stack_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORETYPE_PORT", "ninety")
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 2
    assert result.stderr.startswith("FORETYPE_PORT: ")
    assert "Traceback" not in result.output


def test_there_is_a_core() -> None:
    assert physical_cores() >= 1


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("port", "x", "--port: this must be a whole number from 0 to 65,535."),
        ("port", "70000", "--port: this must be a whole number from 0 to 65,535."),
        ("threads", "1.5", "--threads: this must be a whole number from 1 to 256."),
        ("threshold", "2", "--threshold: this must be a number from 0 to 1."),
        ("languages", "German", "--languages: a language is a code of ISO 639-1, for example en;"),
        ("languages", "any,de", "--languages: any stands for all languages: name it alone"),
        ("keystrokes_per_second", "0", "this must be a number, above 0 and at most 100,000."),
        ("gpu_memory_mb", "much", "--gpu-memory-mb: this must be a whole number, at least 256."),
        ("drain_seconds", "soon", "--drain-seconds: this must be a number from 0 to 3,600."),
        ("own_words", "perhaps", "--own-words: this must be true or false."),
        ("frugal", "maybe", "--frugal: this must be one of 'auto', 'on' or 'off'."),
        ("state_dir", 3, "--state-dir: this must be a path."),
        ("host", 3, "--host: this must be a text."),
        ("allowed_hosts", 3, "--allowed-hosts: this must be a list of texts, separated by commas."),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_what_is_expected(setting: str, value: object, says: str) -> None:
    with pytest.raises(BadSettingsError) as bad:
        load({setting: value})
    assert says in str(bad.value)


def test_no_setting_is_told_in_the_words_of_a_library() -> None:
    for name in Settings.model_fields:
        with pytest.raises(BadSettingsError) as bad:
            load({name: object()})
        assert "nput should be" not in str(bad.value), name
