"""`foretype token`: the words, the exit codes, and that a server with bad keys does not start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from foretype.cli import app
from foretype.server.signed_tokens import SignedTokens, parsed_revoked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


def token(*words: str, folder: Path) -> Result:
    return CliRunner().invoke(app, ["token", *words, "--folder", str(folder)], env={"COLUMNS": "250"})


def test_a_token_is_minted_listed_and_revoked(folder: Path) -> None:
    minted = token("mint", "example.org", "--name", "Ada", folder=folder)
    assert minted.exit_code == 0
    written = minted.stdout.strip()
    found = SignedTokens(folder / "keys.json").read(written)
    assert found is not None
    assert f"FORETYPE_TOKENS_KEYS={folder / 'keys.json'}" in minted.stderr
    assert written not in minted.stderr
    listed = token("list", folder=folder).stdout
    assert listed.startswith(f"{found.id}  example.org  valid until ")
    assert listed.endswith("  Ada\n")
    assert token("revoke", found.id, folder=folder).stdout == f"{found.id} is revoked.\n"
    assert "  revoked on " in token("list", folder=folder).stdout
    assert SignedTokens(folder / "keys.json").read(written) is None


def test_an_empty_folder_has_no_tokens(folder: Path) -> None:
    assert f"No token was minted in {folder}. " in token("list", folder=folder).stdout
    unknown = token("revoke", "0123456789abcdef", folder=folder)
    assert unknown.exit_code == 1
    assert "foretype token list" in unknown.stderr
    assert f"No token in {folder} has the id 0123456789abcdef" in unknown.stderr


def test_the_folder_that_was_looked_in_is_named_without_one_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_: str(folder))
    for words in (["list"], ["revoke", "0123456789abcdef"]):
        done = CliRunner().invoke(app, ["token", *words], env={"COLUMNS": "250"})
        assert str(folder / "tokens") in done.output
        assert "give the same --folder" in done.output


@pytest.mark.parametrize(
    "words", [("Example",), ("-a",), ("a b",), ("a" * 64,), ("a", "--name", "a\x1b[31m")]
)
def test_a_tenant_and_a_name_have_a_form(folder: Path, words: tuple[str, ...]) -> None:
    assert token("mint", *words, folder=folder).exit_code == 2
    assert not folder.exists()


def test_a_server_whose_keys_cannot_be_read_does_not_start(tmp_path: Path) -> None:
    missing = tmp_path / "keys.json"
    ended = CliRunner().invoke(app, ["serve", "--port", "0", "--tokens-keys", str(missing)])
    assert ended.exit_code == 2
    assert f"{missing} does not exist" in ended.stderr
    assert "FORETYPE_TOKENS_KEYS" in ended.stderr


def test_a_server_without_its_provider_does_not_start(unused_tcp_port: int, tmp_path: Path) -> None:
    """In a process of its own: the model is being loaded meanwhile."""
    provider = f"http://127.0.0.1:{unused_tcp_port}"
    options = ["--port", "0", "--oidc-issuer", provider, "--oidc-audience", "foretype"]
    folders = ["--state-dir", str(tmp_path), "--models-dir", str(tmp_path)]
    ended = subprocess.run(
        [sys.executable, "-m", "foretype", "serve", *options, *folders],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert f"{provider}/.well-known/openid-configuration cannot be reached" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_token_of_a_provider_is_revoked_by_its_jti(folder: Path) -> None:
    assert token("revoke", "Of-A/Provider", "--of-provider", folder=folder).exit_code == 0
    assert parsed_revoked((folder / "revoked.json").read_bytes()) == {"Of-A/Provider"}
    for odd in ("", "x" * 256, "a\x1b[31m"):
        assert token("revoke", odd, "--of-provider", folder=folder).exit_code == 2
