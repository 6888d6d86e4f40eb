"""Mutual proof of a token that is not sent: first the server proves that it knows the client, then the client
proves that it has the token.

A program that took the server's port while the server was stopped can prove nothing, so it gets neither the
token nor typed text. The construction is that of SCRAM (RFC 5802), without the slow hash, because a token is
random: the server stores a hash only, and a copy of its file does not let anybody in as a client. Where SCRAM
uses HMAC once, the client's proof uses it once for each 32 bytes of the token.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

NONCE = re.compile(r"[A-Za-z0-9_-]{22,64}", re.ASCII)  # 128 bits or more in base64url
KEY_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
ADDRESS = re.compile(r"[!-~]{1,300}", re.ASCII)
LONGEST_PROOF = 4000


@dataclass(frozen=True, slots=True)
class Claim:
    """A client's claim that it has a token.

    key: names the token, and does not reveal it.
    nonce: drawn by the client for this connection.
    address: host and port that the client has connected to, as in a URL.
    """

    key: str
    nonce: str
    address: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """The server's answer to a claim: a nonce of its own."""

    claim: Claim
    nonce: str

    @classmethod
    def to(cls, claim: Claim) -> Challenge:
        return cls(claim, secrets.token_urlsafe(24))

    def proof(self, digest: str) -> str:
        """The server's proof that it knows the client whose token has this digest (`guard.digest`)."""
        return _mac(digest, "server", self._said()).hex()

    def token(self, digest: str, proof: str) -> str | None:
        """The token that a client's proof gives with this digest. The caller has to check it: a wrong proof
        gives another text, or None.
        """
        try:
            masked = base64.b64decode(proof + "=" * (-len(proof) % 4), altchars=b"-_", validate=True)
            return _masked(masked, digest, self._said()).decode("utf-8")
        except (binascii.Error, ValueError):
            return None

    def _said(self) -> str:
        """The values that both sides have sent. None of them may contain a line break, so the text is
        unambiguous.
        """
        return f"{self.claim.nonce}\n{self.nonce}\n{self.claim.address}"


@lru_cache(maxsize=4096)
def key_id(digest: str) -> str:
    """The name of a token in a claim: 32 hexadecimal digits."""
    return _mac(digest, "key", "").hex()[:32]


def client_proof(token: str, challenge: Challenge) -> str:
    """A client's proof, in base64url without padding. The server does not need it; clients in Python do."""
    content = token.encode("utf-8")
    masked = _masked(content, sha256(content).hexdigest(), challenge._said())
    return base64.urlsafe_b64encode(masked).decode("ascii").rstrip("=")


def _mac(digest: str, purpose: str, said: str) -> bytes:
    return hmac.digest(bytes.fromhex(digest), f"foretype.v1 {purpose}\n{said}".encode(), "sha256")


def _masked(content: bytes, digest: str, said: str) -> bytes:
    """`content` XOR a mask that can be computed only with the digest. Masking twice gives `content` again."""
    blocks = [_mac(digest, f"client {number}", said) for number in range(-(-len(content) // 32))]
    return bytes(one ^ other for one, other in zip(content, b"".join(blocks), strict=False))
