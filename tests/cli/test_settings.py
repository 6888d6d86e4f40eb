"""Where settings come from, and what is said where they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from foretype.cli import app
from foretype.cores import physical_cores
from foretype.settings import BadSettingsError, Settings, load, table, unknown_variables


def test_the_defaults_are_what_the_protocol_says() -> None:
    settings = load()
    assert (settings.host, settings.port, settings.budget_ms, settings.token) == (
        "127.0.0.1",
        8765,
        300,
        None,
    )
    limits = settings.limits
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


def test_what_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN", "MODEL", "THRESHOLD"):
        monkeypatch.setenv(f"FORETYPE_{name}", "")
    settings = load()
    assert (settings.token, settings.model, settings.threshold) == (None,) * 3


def test_a_token_is_in_no_representation() -> None:
    assert "hush-hush" not in repr(load({"token": "hush-hush"}))


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


@pytest.mark.parametrize(("content", "part"), [("port = ", "not TOML"), (None, "no settings file")])
def test_a_file_that_cannot_be_used_is_said(tmp_path: Path, content: str | None, part: str) -> None:
    if content is not None:
        (tmp_path / "config.toml").write_text(content)
    with pytest.raises(BadSettingsError, match=part):
        load({}, tmp_path / "config.toml")


def test_messages_must_hold_their_context() -> None:
    with pytest.raises(BadSettingsError, match="message_bytes must be at least 161024"):
        load({"context_chars": 20_000})


def test_a_misspelt_variable_is_warned_of() -> None:
    assert unknown_variables(
        {"FORETYPE_PROT": "1", "FORETYPE_PORT": "2", "FORETYPE_CONFIG": "x", "PATH": ""}
    ) == ["FORETYPE_PROT is no setting and is ignored. Did you mean FORETYPE_PORT?"]


def test_what_was_a_setting_once_is_said_with_what_it_has_become(tmp_path: Path) -> None:
    (said,) = unknown_variables({"FORETYPE_DISTILGPT2_FOLDER": "/models/distilgpt2"})
    assert said.startswith("FORETYPE_DISTILGPT2_FOLDER is no setting and is ignored.")
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
