"""Guards that the claims of a token, or the record of an API key, decide alone. The server runs them in Rust."""

from collections.abc import Iterable, Mapping
from typing import Any

from bolt_auth.guards.base import ClaimGuard


class AllowAny(ClaimGuard):
    """Everybody; opens a route that its router closes. A credential that is presented must still be good."""

    def allows(self, auth: Mapping[str, Any]) -> bool:
        """Always."""
        return True

    def to_wire(self) -> tuple[Any, ...]:
        """`("allow",)`"""
        return ("allow",)


class IsAuthenticated(ClaimGuard):
    """Whoever presents a good credential."""

    def allows(self, auth: Mapping[str, Any]) -> bool:
        """Whether there is one."""
        return bool(auth)

    def to_wire(self) -> tuple[Any, ...]:
        """`("authenticated",)`"""
        return ("authenticated",)


class _Flag(ClaimGuard):
    name = ""

    def allows(self, auth: Mapping[str, Any]) -> bool:
        """Whether the flag is set."""
        return auth.get(self.name) is True

    def to_wire(self) -> tuple[Any, ...]:
        """`("flag", name)`"""
        return ("flag", self.name)


class IsStaff(_Flag):
    """Whose `is_staff` is true: what Django REST framework calls `IsAdminUser`."""

    name = "is_staff"


class IsSuperuser(_Flag):
    """Whose `is_superuser` is true."""

    name = "is_superuser"


class IsAdminUser(_Flag):
    """Whose `is_superuser` is true. Django REST framework asks for `is_staff` under this name: that is `IsStaff`."""

    name = "is_superuser"


class _Names(ClaimGuard):
    """Names of which all, or one, must be granted."""

    kind = "permissions"
    every = True

    def __init__(self, names: Iterable[str]) -> None:
        given = [names] if isinstance(names, str) else list(names)
        if not given or not all(isinstance(name, str) and name for name in given):
            raise ValueError(f"{type(self).__name__}: name at least one {self.kind[:-1]}, as a string, not {names!r}")
        self.names = tuple(given)

    def allows(self, auth: Mapping[str, Any]) -> bool:
        """Whether they are granted. A superuser has no more than the token says."""
        granted = auth.get(self.kind) or ()
        return (all if self.every else any)(name in granted for name in self.names)

    def to_wire(self) -> tuple[Any, ...]:
        """`(kind, names, whether all of them)`"""
        return (self.kind, list(self.names), self.every)


class HasPermission(_Names):
    """Who was granted the permission, by the token."""

    def __init__(self, permission: str) -> None:
        if not isinstance(permission, str):
            raise ValueError("HasPermission takes one permission; HasAllPermissions and HasAnyPermission take a list")
        super().__init__([permission])


class HasAllPermissions(_Names):
    """Who was granted every one of the permissions, by the token."""


class HasAnyPermission(_Names):
    """Who was granted one of the permissions, by the token."""

    every = False


class HasScope(_Names):
    """Whose token has every one of the scopes. A refusal says which are needed (RFC 6750 §3.1)."""

    kind = "scopes"

    def __init__(self, *scopes: str) -> None:
        super().__init__(scopes)
        if any(" " in scope or '"' in scope for scope in self.names):
            raise ValueError("HasScope takes each scope as an argument of its own: HasScope('read', 'write')")

    def missing_scopes(self, request: Any) -> tuple[str, ...]:
        """The scopes themselves."""
        return self.names


class Requires(ClaimGuard):
    """Whose claim *claim* is one of *values* or, being a list, has one of them; without *values*, is there at all.

    `Requires("tenant")`, `Requires("plan", "pro", "team")`. A claim that is `null` or `false` is not there. Raises
    `ValueError` for values that are no text, number or boolean.
    """

    def __init__(self, claim: str, *values: str | int | float | bool) -> None:
        if not isinstance(claim, str) or not claim:
            raise ValueError(f"Requires takes the name of a claim first, not {claim!r}")
        if not all(isinstance(value, str | int | float | bool) for value in values):
            raise ValueError(f"Requires({claim!r}): values are texts, numbers or booleans")
        self.claim = claim
        self.values = values

    def allows(self, auth: Mapping[str, Any]) -> bool:
        """Whether the claim says so."""
        said = (auth.get("claims") or {}).get(self.claim)
        if not self.values:
            return said is not None and said is not False
        found = said if isinstance(said, list) else [said]
        return any(_same(one, value) for one in found for value in self.values)

    def to_wire(self) -> tuple[Any, ...]:
        """`("claim", name, values)`"""
        return ("claim", self.claim, list(self.values))


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON has it: `true` is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other
