"""What goes wrong with a credential. Frameworks know these by their attributes, not by their classes."""


class AuthenticationError(Exception):
    """A credential was presented and is no good: 401, where a server answers.

    *detail* is what the client reads: a fixed text that says nothing of the credential itself.
    """

    authentication_failed = True
    """Tells a framework to answer 401 with the challenges of its route."""

    def __init__(self, detail: str = "Invalid credentials") -> None:
        self.detail = detail
        super().__init__(detail)


class InvalidToken(AuthenticationError):
    """A token cannot be trusted, or not any longer. `detail` says why."""


class AuthenticationUnavailable(Exception):
    """Nobody can say whether a credential is good: a store or a key server cannot be reached. 503, never a pass."""

    authentication_unavailable = True
    """Tells a framework to answer 503."""

    def __init__(self, detail: str = "Credentials cannot be checked at the moment") -> None:
        self.detail = detail
        super().__init__(detail)


class KeysUnavailable(AuthenticationUnavailable):
    """The keys of an issuer cannot be fetched, and none were fetched before."""


class RevocationUnavailable(AuthenticationUnavailable):
    """The store of revoked tokens cannot be reached."""
