"""The keys and certificates of a control plane: one authority, one administrator, and what servers need.

All components use the administrator's certificate: the lab shows scaling and updates, not rights.
"""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ADMINISTRATORS = "system:masters"
"""The group that may do everything, in every cluster."""
DAY = timedelta(days=1)
SIGNS_CERTIFICATES = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key, as PEM files."""

    certificate: Path
    key: Path

    def encoded(self) -> str:
        """The certificate as it stands in objects."""
        return base64.b64encode(self.certificate.read_bytes()).decode()


@dataclass(frozen=True, slots=True)
class Credentials:
    """authority: signs all others. accounts: signs the tokens of service accounts; its certificate has no
    use. front: with it the API server proves to an aggregated API that it is the API server.
    """

    authority: Pair
    server: Pair
    administrator: Pair
    front: Pair
    accounts: Pair


def make_credentials(folder: Path, names: list[str]) -> Credentials:
    """Write all files into `folder`. names: the DNS names of servers, besides localhost and 127.0.0.1."""
    folder.mkdir(mode=0o700)
    authority = _Authority(folder)
    return Credentials(
        authority=authority.pair,
        server=authority.signed("server", server_names=["localhost", *names]),
        administrator=authority.signed("administrator", organisation=ADMINISTRATORS),
        front=authority.signed("front"),
        accounts=authority.signed("accounts"),
    )


class _Authority:
    """Signs certificates that are valid for a day."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab")])
        self._key = ec.generate_private_key(ec.SECP256R1())
        made = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(SIGNS_CERTIFICATES, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
        )
        self.pair = self._written("authority", made, self._key)

    def signed(self, name: str, *, organisation: str = "lab", server_names: list[str] | None = None) -> Pair:
        """With `server_names` a server's certificate, else a client's."""
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        key = ec.generate_private_key(ec.SECP256R1())
        use = ExtendedKeyUsageOID.SERVER_AUTH if server_names else ExtendedKeyUsageOID.CLIENT_AUTH
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = (
            self._builder(subject, key.public_key())
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(signer, critical=False)
        )
        if server_names:
            loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            names = [loopback, *(x509.DNSName(one) for one in server_names)]
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return self._written(name, made, key)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
        )

    def _written(self, name: str, made: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> Pair:
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}-key.pem")
        certificate = made.sign(self._key, hashes.SHA256())
        pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        return pair
