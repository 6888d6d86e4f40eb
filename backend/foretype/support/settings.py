"""Every setting: its name, default, meaning and limits.

A value comes from the first of these that gives it: command line, environment, file, default. In the
environment a setting has its name in capitals after `FORETYPE_`. The file is TOML and has the names as they
are here.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo

from foretype.support.allowed_names import check_hosts, check_origins
from foretype.support.checkout import checkout
from foretype.support.collector_address import check_collector
from foretype.support.cores import physical_cores
from foretype.support.execution_provider import Provider
from foretype.support.expected import expected
from foretype.support.frugal import Frugal
from foretype.support.issuer_address import check_issuer
from foretype.support.language_codes import check_languages

PREFIX = "FORETYPE_"
CONFIG_VARIABLE = "FORETYPE_CONFIG"
DEFAULT_PORT = 22738
"""Decision 24 says how it was chosen. The extension has the same default, in protocol/address.ts."""
MOST_THREADS = 4
MOST_TOKEN_CHARS = 1024  # a longer one does not fit into `hello`
LEAST_TOKEN_CHARS = 16
"""16 random characters have 96 bits (base64) or 64 bits (hexadecimal), too many to try all of them."""
REPLACED = {
    "distilgpt2_folder": "Instead, run this command once: `foretype prepare distilgpt2 --from FOLDER`."
}
"""Settings of earlier versions, with what replaces them."""


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Group(StrEnum):
    """The subject of a setting: a heading in `foretype serve --help`."""

    ADDRESS = "Address and TLS"
    ACCESS = "Access"
    MODEL = "Model"
    WORK = "Time and memory"
    LIMITS = "Limits of one client"
    CONNECTIONS = "Limits of all clients"
    WORDS = "Own words"
    LOGS = "Logs and traces"


class BadSettingsError(Exception):
    """Settings that cannot be used, with one sentence for each mistake."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def is_blank(value: object) -> bool:
    """Whether a value counts as not given in every source of settings: None, empty or white space."""
    return value is None or (isinstance(value, str) and not value.strip())


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """A source's values without blank ones. Names that are not settings stay, so that they are refused."""
    return {
        name: value
        for name, value in values.items()
        if name not in Settings.model_fields or not is_blank(value)
    }


def _of_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """The settings that the environment gives, in capitals or not."""
    variables = {name.upper(): value for name, value in environment.items()}
    named = {name: variables.get(PREFIX + name.upper()) for name in Settings.model_fields}
    return given(named)


def _split(value: object) -> object:
    """Split a list from the environment or the command line at its commas."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        return value
    return tuple(part.strip() if isinstance(part, str) else part for part in parts if not is_blank(part))


def _check_token(token: SecretStr | None) -> SecretStr | None:
    if token is not None and len(token.get_secret_value().strip()) < LEAST_TOKEN_CHARS:
        raise ValueError(
            f"a token needs at least {LEAST_TOKEN_CHARS} characters that nobody can guess; make one with "
            '`openssl rand -base64 32` or `python3 -c "import secrets; print(secrets.token_urlsafe(32))"`'
        )
    if token is not None and len(token.get_secret_value()) > MOST_TOKEN_CHARS:
        raise ValueError(f"a token has at most {MOST_TOKEN_CHARS} characters")
    return token


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(check_hosts)]
Origins = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(check_origins)]
Languages = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(check_languages)]
CollectorAddress = Annotated[str | None, AfterValidator(check_collector)]
Issuer = Annotated[str | None, AfterValidator(check_issuer)]
Token = Annotated[SecretStr | None, AfterValidator(_check_token)]


def _models_dir() -> Path:
    root = checkout()
    return (
        root / "models" / "build" if root else Path(platformdirs.user_data_dir("foretype", False)) / "models"
    )


def config_file(asked: str | Path | None, environment: Mapping[str, str]) -> tuple[Path, bool]:
    """The settings file, and whether it was named explicitly: by `asked`, else by FORETYPE_CONFIG. If neither
    names one, it is the file in the user's configuration folder.
    """
    for named in (asked, environment.get(CONFIG_VARIABLE)):
        if named is not None and not is_blank(named):
            return Path(named), True
    return Path(platformdirs.user_config_dir("foretype", False)) / "config.toml", False


class Settings(BaseModel):
    """The settings of one run, during which they do not change. Each setting names its group. `load` reads
    them from their sources.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True)

    host: Annotated[str, Group.ADDRESS] = Field(
        "127.0.0.1",
        description="The address to listen on. If other machines can reach it, the server needs TLS.",
    )
    port: Annotated[int, Group.ADDRESS] = Field(
        DEFAULT_PORT, ge=0, le=65535, description="The port to listen on; 0 means any free port."
    )
    tls_certificate: Annotated[Path | None, Group.ADDRESS] = Field(
        None,
        description="A PEM file with the server's certificate and its chain, for HTTPS.",
    )
    tls_key: Annotated[Path | None, Group.ADDRESS] = Field(
        None, description="A PEM file with the certificate's private key, without a password."
    )
    tls_in_front: Annotated[bool, Group.ADDRESS] = Field(
        False, description="True if a proxy in front of this server speaks HTTPS with the clients."
    )
    operations_port: Annotated[int | None, Group.ADDRESS] = Field(
        None,
        ge=0,
        le=65535,
        description="A second port with /livez, /readyz and /metrics, for probes and for Prometheus, without "
        "tokens and without the check of the Host header; 0 means any free port. Keep it private.",
    )
    drain_seconds: Annotated[float, Group.ADDRESS] = Field(
        0,
        ge=0,
        le=3600,
        description="Seconds within which a server that is stopped closes its connections, one after the "
        "other; 0 closes all of them at once.",
    )
    token: Annotated[Token, Group.ACCESS] = Field(
        None,
        description="A fixed token for clients, at least 16 characters. Clients that pair get their own "
        "tokens. There is no option for it, because other users of the machine can read command lines.",
    )
    allowed_hosts: Annotated[Hosts, Group.ACCESS] = Field(
        (), description="More values of the Host header that the server accepts, separated by commas."
    )
    allowed_origins: Annotated[Origins, Group.ACCESS] = Field(
        (), description="More origins whose pages may use the server, separated by commas."
    )
    tokens_keys: Annotated[Path | None, Group.ACCESS] = Field(
        None,
        description="A file with the public keys (JSON Web Key Set) of signed tokens. Every server with this "
        "file accepts these tokens. foretype token mint writes the file: keys.json.",
    )
    tokens_revoked: Annotated[Path | None, Group.ACCESS] = Field(
        None,
        description="The file of revoked signed tokens; by default revoked.json beside the keys. The server "
        "notices a change within a second.",
    )
    oidc_issuer: Annotated[Issuer, Group.ACCESS] = Field(
        None,
        description="The issuer of your organisation's OpenID Connect provider, exactly as it writes it, "
        "such as https://login.example.org. The server fetches its public keys, and accepts its tokens.",
    )
    oidc_audience: Annotated[str | None, Group.ACCESS] = Field(
        None,
        description="The audience (aud) that the provider's tokens must have: the client id or the API under "
        "which Foretype is registered at the provider.",
    )
    oidc_tenant_claim: Annotated[str | None, Group.ACCESS] = Field(
        None,
        description="The claim that names the tenant (the organisation with a quota) of a provider's token; "
        "by default all of these tokens have the same tenant, the issuer's host.",
    )
    state_dir: Annotated[Path, Group.ACCESS] = Field(
        default_factory=lambda: Path(platformdirs.user_state_dir("foretype", False)),
        description="The folder for the list of paired clients (hashes of their tokens) and for own words.",
    )
    model: Annotated[str | None, Group.MODEL] = Field(
        None, description="The model to serve; by default the first recipe whose weights are available."
    )
    also_models: Annotated[Names, Group.MODEL] = Field(
        (),
        description="More models to serve, separated by commas: a client may choose one for each field. All "
        "of them share the time and memory that the settings allow.",
    )
    models_dir: Annotated[Path, Group.MODEL] = Field(
        default_factory=_models_dir, description="The folder for prepared models."
    )
    provider: Annotated[Provider, Group.MODEL] = Field(
        Provider.AUTO,
        description="The execution provider for the model: auto, cpu, cuda, tensorrt, or a plug-in "
        "(openvino, webgpu, tensorrt-rtx, qnn, mlx). foretype providers tries them.",
    )
    threshold: Annotated[float | None, Group.MODEL] = Field(
        None,
        ge=0,
        le=1,
        description="Suggestions with a lower probability (0 to 1) are not shown; by default the value of "
        "each model's recipe.",
    )
    languages: Annotated[Languages, Group.MODEL] = Field(
        (),
        description="Languages in which texts get suggestions, such as en,de; by default the recipe's. any: "
        "all that are written in Latin letters.",
    )
    budget_ms: Annotated[int, Group.WORK] = Field(
        300, ge=10, le=60_000, description="Milliseconds until the final answer to a keystroke."
    )
    threads: Annotated[int, Group.WORK] = Field(
        default_factory=lambda: min(MOST_THREADS, physical_cores()),
        ge=1,
        le=256,
        description="Processor threads for the model; by default one for each physical core, at most 4.",
    )
    runs_ahead: Annotated[int, Group.WORK] = Field(
        4,
        ge=0,
        le=100,
        description="Largest number of model runs for the next keystrokes after each answer. They are made "
        "only if no field waits for the model and if they are likely to be useful; 0 means none.",
    )
    shorten_when_busy: Annotated[bool, Group.WORK] = Field(
        True,
        description="While the model is almost always busy, shorten suggestions and offer no corrections. If "
        "this is off, answers come later instead, which is useful only to measure quality.",
    )
    frugal: Annotated[Frugal, Group.WORK] = Field(
        Frugal.AUTO,
        description="Save energy: the server makes fewer model runs for the next keystrokes, so more answers "
        "wait for the model. on, off, or auto: on while the machine runs on its battery.",
    )
    gpu_memory_mb: Annotated[int | None, Group.WORK] = Field(
        None,
        ge=256,
        description="Megabytes of GPU memory that ONNX Runtime may allocate for each model; by default no "
        "limit.",
    )
    field_mb: Annotated[int, Group.WORK] = Field(
        48, ge=16, le=1024, description="Megabytes for the tree of one field."
    )
    trees_mb: Annotated[int | None, Group.WORK] = Field(
        None,
        ge=64,
        le=1_048_576,
        description="Megabytes for the trees of all fields; by default 1,024, on a GPU half of its memory.",
    )
    context_chars: Annotated[int, Group.LIMITS] = Field(
        2000, ge=1, le=1_000_000, description="Characters that a client may send on each side of the caret."
    )
    fields: Annotated[int, Group.LIMITS] = Field(
        64, ge=1, le=10_000, description="Fields that one connection may have open."
    )
    message_bytes: Annotated[int, Group.LIMITS] = Field(
        32_768, ge=1024, le=16_777_216, description="The longest message in bytes."
    )
    keystrokes_per_second: Annotated[float, Group.LIMITS] = Field(
        100,
        gt=0,
        le=100_000,
        description="Keystrokes per second that one client may send. With the fixed token, each connection "
        "has this limit.",
    )
    keystroke_burst: Annotated[int, Group.LIMITS] = Field(
        200,
        ge=1,
        le=1_000_000,
        description="Keystrokes that one client may send at once. With the fixed token, each connection has "
        "this limit.",
    )
    tenant_keystrokes_per_second: Annotated[float | None, Group.CONNECTIONS] = Field(
        None,
        gt=0,
        le=1_000_000,
        description="Keystrokes per second that all clients with signed tokens of one tenant may send to "
        "this server, and twice as many at once; by default no limit.",
    )
    tenant_sockets: Annotated[int | None, Group.CONNECTIONS] = Field(
        None,
        ge=1,
        le=100_000,
        description="WebSockets that all clients with signed tokens of one tenant may have on this server; "
        "by default no limit.",
    )
    connections: Annotated[int, Group.CONNECTIONS] = Field(
        500, ge=1, le=100_000, description="Connections that may be open at once."
    )
    socket_minutes: Annotated[float, Group.CONNECTIONS] = Field(
        30,
        ge=0,
        le=10_080,
        description="Minutes that a WebSocket may be open; 0 means no limit. To spread clients over servers, "
        "it is closed just after an answer, at a random age between half of this and all of it.",
    )
    sockets_target: Annotated[int | None, Group.CONNECTIONS] = Field(
        None,
        ge=1,
        le=100_000,
        description="If more WebSockets than this are open, the server closes idle ones, a few a second, so "
        "that their clients go to another server; by default no target.",
    )
    connections_per_address: Annotated[int, Group.CONNECTIONS] = Field(
        100,
        ge=1,
        le=100_000,
        description="Connections that may be open from one address of another machine; no effect behind a "
        "proxy.",
    )
    own_words: Annotated[bool, Group.WORDS] = Field(
        True,
        description="Learn a person's own words from fields whose client asks for it. false: nothing is "
        "learnt or used.",
    )
    own_words_most: Annotated[int, Group.WORDS] = Field(
        30_000,
        ge=1000,
        le=1_000_000,
        description="The most word sequences (1 to 4 words) that are kept for one person; the least seen and "
        "oldest are forgotten first. 30,000 take about 4 MB in the file, 10 MB in memory while typing.",
    )
    log_level: Annotated[LogLevel, Group.LOGS] = Field(
        LogLevel.WARNING, description="debug, info, warning or error. Typed text is never logged."
    )
    traces: Annotated[CollectorAddress, Group.LOGS] = Field(
        None,
        description="The address of an OpenTelemetry collector (OTLP over HTTP) that gets the times of "
        "keystrokes and of model runs, without any text; by default nothing is sent.",
    )
    traces_share: Annotated[float, Group.LOGS] = Field(
        1.0, ge=0, le=1, description="The share of keystrokes that is traced, 0 to 1."
    )

    @model_validator(mode="after")
    def _tls_files_go_together(self) -> Settings:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError(f"{PREFIX}TLS_CERTIFICATE and {PREFIX}TLS_KEY: set both or neither.")
        return self

    @model_validator(mode="after")
    def _a_provider_needs_an_audience(self) -> Settings:
        if (self.oidc_issuer is None) != (self.oidc_audience is None):
            raise ValueError(f"{PREFIX}OIDC_ISSUER and {PREFIX}OIDC_AUDIENCE: set both or neither.")
        if self.oidc_tenant_claim is not None and self.oidc_issuer is None:
            raise ValueError(f"{PREFIX}OIDC_TENANT_CLAIM needs {PREFIX}OIDC_ISSUER.")
        return self

    @model_validator(mode="after")
    def _messages_hold_their_context(self) -> Settings:
        needed = 8 * self.context_chars + 1024  # four bytes a character, left and right of the caret
        if self.message_bytes < needed:
            raise ValueError(
                f"{PREFIX}MESSAGE_BYTES must be at least {needed}: a message must hold {PREFIX}CONTEXT_CHARS "
                "characters on both sides of the caret."
            )
        return self


def load(command_line: Mapping[str, Any] | None = None, config: str | Path | None = None) -> Settings:
    """The settings of this run.

    A blank value (`is_blank`) counts as not given in every source. Raises `BadSettingsError`.
    """
    asked = given(command_line or {})
    path, was_named = config_file(config, os.environ)
    file = given(_read(path, must_exist=was_named))

    try:
        return Settings(**{**file, **_of_environment(os.environ), **asked})
    except ValidationError as bad:
        raise BadSettingsError([_sentence(error, asked, path) for error in bad.errors()]) from None


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """A sentence for each FORETYPE_ variable that is not a setting, for example a misspelt one."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {CONFIG_VARIABLE}
    return [
        f"{name} is not a setting and is ignored.{_instead(name, known)}"
        for name in sorted(environment)
        if name.upper().startswith(PREFIX) and name.upper() not in known and not is_blank(environment[name])
    ]


def table() -> str:
    """The settings as a Markdown table, as in docs/settings.md."""
    rows = ["| Setting | Default | Meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(f"| `{PREFIX}{name.upper()}` | {_default(name, field)} | {field.description} |")
    return "\n".join(rows)


_DEFAULTS_IN_WORDS = {
    "models_dir": "`models/build` in a checkout, else the user's data folder",
    "state_dir": "the user's state folder",
    "threads": "physical cores, at most 4",
}


def _default(name: str, field: FieldInfo) -> str:
    if name in _DEFAULTS_IN_WORDS:
        return _DEFAULTS_IN_WORDS[name]
    value = field.default
    if isinstance(value, bool):
        value = str(value).lower()
    return f"`{value}`" if value not in (None, ()) else "–"


def _read(path: Path, *, must_exist: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if must_exist:
            raise BadSettingsError(
                [f"The settings file {path} does not exist: correct --config or {CONFIG_VARIABLE}."]
            ) from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettingsError([f"The settings file {path} cannot be read: {error}."]) from None
    except tomllib.TOMLDecodeError as error:
        raise BadSettingsError([f"The settings file {path} is not valid TOML: {error}."]) from None


def _sentence(error: Any, asked: Mapping[str, Any], path: Path) -> str:
    """A sentence for one mistake that says where the value was set. It never contains the value, which may be
    a token.
    """
    what = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return what
    name = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        return f"'{name}' in {path} is not a setting.{_instead(name, set(Settings.model_fields))}"
    variable = PREFIX + name.upper()
    if name in asked:
        where = "--" + name.replace("_", "-")
    elif any(key.upper() == variable and not is_blank(value) for key, value in os.environ.items()):
        where = variable
    else:
        where = f"'{name}' in {path}"
    field = Settings.model_fields.get(name)
    if field is not None:
        must_be = expected(error, field.metadata, whole="float" not in str(field.annotation))
        if must_be is not None:
            return f"{where}: this must be {must_be}."
    return f"{where}: {what[:1].lower()}{what[1:]}."


def _instead(name: str, known: set[str]) -> str:
    """A sentence with the setting that is similar to a name that is not one; empty if none is similar."""
    if (replaced := REPLACED.get(name.lower().removeprefix(PREFIX.lower()))) is not None:
        return f" {replaced}"
    close = difflib.get_close_matches(name.upper() if name.isupper() else name, known, n=1)
    return f" Did you mean {close[0]}?" if close else ""
