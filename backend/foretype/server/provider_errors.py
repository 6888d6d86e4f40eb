"""The errors of an OpenID Connect provider, apart from the code that loads the packages for its tokens."""

from __future__ import annotations

from foretype.server.state_file import BadStateError


class ProviderError(Exception):
    """The provider's documents cannot be used. The message is for the administrator, and has no key."""

    cause = "invalid"
    """A word for the log."""


class UnreachableProviderError(ProviderError):
    """The provider does not answer, or answers that it cannot now: the same request may succeed later."""

    cause = "unreachable"


class UnknownKeyError(BadStateError):
    """A token names a key that the server does not know, and the provider does not answer. So the server
    cannot tell whether the token is right.
    """

    for_clients = (
        "The server cannot reach the provider that has issued your token: try again in a moment. Your token "
        "may be right."
    )

    def __init__(self) -> None:
        super().__init__("The provider of tokens does not answer.", UnreachableProviderError.cause)
