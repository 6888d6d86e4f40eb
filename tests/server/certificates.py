"""Self-signed certificates for 127.0.0.1 and localhost, made with the `openssl` command."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

CONFIG = """
[ca]
default_ca = own
[own]
new_certs_dir = {folder}
database = {folder}/index.txt
serial = {folder}/serial
default_md = sha256
policy = policy
x509_extensions = server
[policy]
commonName = supplied
[server]
subjectAltName = DNS:localhost, IP:127.0.0.1
[client]
extendedKeyUsage = clientAuth
"""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Signed:
    certificate: Path
    key: Path


def new_key(folder: Path, name: str = "key.pem") -> Path:
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / name)
    return folder / name


def self_signed(
    folder: Path, *, begins: timedelta = -DAY, ends: timedelta = DAY, extensions: str = "server"
) -> Signed:
    """A certificate and its key in `folder`; it is valid from `begins` to `ends`, seen from now."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "openssl.cnf"
    config.write_text(CONFIG.format(folder=folder))
    (folder / "index.txt").touch()
    key, request, certificate = new_key(folder), folder / "request.pem", folder / "certificate.pem"
    openssl("req", "-new", "-key", key, "-subj", "/CN=localhost", "-out", request)
    openssl(
        *("ca", "-batch", "-notext", "-create_serial", "-selfsign", "-config", config),
        *("-extensions", extensions, "-startdate", _time(begins), "-enddate", _time(ends)),
        *("-keyfile", key, "-in", request, "-out", certificate),
    )
    return Signed(certificate, key)


def openssl(*words: str | Path) -> None:
    done = subprocess.run(
        ["openssl", *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def _time(from_now: timedelta) -> str:
    return (datetime.now(UTC) + from_now).strftime("%Y%m%d%H%M%SZ")
