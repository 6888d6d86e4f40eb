"""The server's certificate and key, checked before a client connects: one sentence for each mistake."""

from __future__ import annotations

import ssl
from pathlib import Path

HANDSHAKE_STEPS = 8  # more than a TLS 1.3 handshake in memory needs

# OpenSSL's X509_V_ERR_… numbers, as `SSLCertVerificationError.verify_code` gives them.
NOT_YET_VALID = 9
HAS_EXPIRED = 10
WRONG_PURPOSE = 26


class BadCertificateError(Exception):
    """The certificate and key cannot be used. The message says why and what to do."""


class _LockedKeyError(Exception):
    """The key has a password. Raised when OpenSSL asks for it."""


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A TLS context for a server with this certificate. Raises `BadCertificateError`."""
    certificate, key = certificate.expanduser(), key.expanduser()
    _check_pem(certificate, "certificate", b"CERTIFICATE-----")
    _check_pem(key, "key", b"PRIVATE KEY-----")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except _LockedKeyError:
        raise BadCertificateError(
            f"The TLS key {key} has a password, and the server cannot ask for it: make a key without a "
            f"password with `openssl pkey -in {key} -out KEY`, and set FORETYPE_TLS_KEY to that file."
        ) from None
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise BadCertificateError(
                f"The TLS key {key} does not belong to the certificate {certificate}: FORETYPE_TLS_KEY must "
                "name the key that the certificate was made with. The server's own certificate must be the "
                "first in its file."
            ) from None
        raise BadCertificateError(
            f"The TLS certificate {certificate} and the key {key} cannot be used: OpenSSL says "
            f"{(error.reason or 'that they are damaged').replace('_', ' ').lower()}."
        ) from None
    _check_as_client(context, certificate)
    return context


def _check_pem(file: Path, what: str, mark: bytes) -> None:
    setting = f"FORETYPE_TLS_{what.upper()}"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadCertificateError(
            f"The TLS {what} {file} cannot be read ({error.strerror}): {setting} must name a PEM file."
        ) from None
    if mark not in content:
        raise BadCertificateError(
            f"There is no {what} in {file}: {setting} must name a PEM file, which has a line "
            f"-----BEGIN … {mark.decode()}."
        )


def _no_password() -> str:
    raise _LockedKeyError


def _check_as_client(context: ssl.SSLContext, certificate: Path) -> None:
    """Do one TLS handshake in memory, as a client that trusts this certificate and checks its dates."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        trusting.load_verify_locations(certificate)
        _shake_hands(trusting, context)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == HAS_EXPIRED:
            why = "has expired: every client would refuse it. Renew the certificate"
        elif error.verify_code == NOT_YET_VALID:
            why = (
                "is not valid yet: every client would refuse it. Correct this machine's clock, or renew the "
                "certificate"
            )
        elif error.verify_code == WRONG_PURPOSE:
            why = "is not for a server: every client would refuse it. Use a certificate for a server"
        else:
            return  # other problems depend on the client
        raise BadCertificateError(f"The TLS certificate {certificate} {why}, then start again.") from None
    except ssl.SSLError as error:
        raise BadCertificateError(
            f"No client can connect with the TLS certificate {certificate}: OpenSSL says "
            f"{(error.reason or 'nothing else').replace('_', ' ').lower()}."
        ) from None


def _shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    """Raises `ssl.SSLError` if the handshake fails on either side."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(HANDSHAKE_STEPS):
        waiting = 0
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                waiting += 1
        if not waiting:
            return
    raise ssl.SSLError("the handshake does not end")
