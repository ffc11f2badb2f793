"""Guards: what a route asks of who calls it, combined by `&`, `|` and `~`."""

from bolt_auth.guards.base import AllOf, AnyOf, ClaimGuard, Guard, Not
from bolt_auth.guards.claims import (
    AllowAny,
    HasAllPermissions,
    HasAnyPermission,
    HasPermission,
    HasScope,
    IsAdminUser,
    IsAuthenticated,
    IsStaff,
    IsSuperuser,
    Requires,
)

__all__ = [
    "AllOf",
    "AllowAny",
    "AnyOf",
    "ClaimGuard",
    "Guard",
    "HasAllPermissions",
    "HasAnyPermission",
    "HasPermission",
    "HasScope",
    "IsAdminUser",
    "IsAuthenticated",
    "IsStaff",
    "IsSuperuser",
    "Not",
    "Requires",
]
