"""Who calls: schemes, guards and logins in Django's terms.

Beside what `bolt_auth` has: tokens signed with SECRET_KEY, Django's sessions, user names and passwords, tokens in
cookies, permissions of the database, and views for logging in and out.
"""

from bolt_auth import (
    AllowAny,
    APIKeyAuthentication,
    APIKeyRecord,
    AuthenticationError,
    AuthenticationScheme,
    ClaimGuard,
    Guard,
    HasAllPermissions,
    HasAnyPermission,
    HasPermission,
    HasScope,
    IsAdminUser,
    IsAuthenticated,
    IsStaff,
    IsSuperuser,
    Lifetimes,
    Requires,
    generate_api_key,
)

from bolt_django.api_keys import DjangoAPIKeys
from bolt_django.auth.basic import BasicAuthentication
from bolt_django.auth.cookies import CookieJWT, TokenCookies, delete_jwt_cookies, set_jwt_cookies
from bolt_django.auth.csrf import CSRFFailed
from bolt_django.auth.guards import DjangoModelPermissions, HasDjangoPermission
from bolt_django.auth.jwt import JWTAuthentication
from bolt_django.auth.jwt_utils import create_jwt_for_user, create_token_pair_for_user
from bolt_django.auth.passwords import password_claim, password_matches
from bolt_django.auth.session import SessionAuthentication
from bolt_django.auth.views import LoginViews, auth_router

__all__ = [
    "APIKeyAuthentication",
    "APIKeyRecord",
    "AllowAny",
    "AuthenticationError",
    "AuthenticationScheme",
    "BasicAuthentication",
    "CSRFFailed",
    "ClaimGuard",
    "CookieJWT",
    "DjangoAPIKeys",
    "DjangoModelPermissions",
    "Guard",
    "HasAllPermissions",
    "HasAnyPermission",
    "HasDjangoPermission",
    "HasPermission",
    "HasScope",
    "IsAdminUser",
    "IsAuthenticated",
    "IsStaff",
    "IsSuperuser",
    "JWTAuthentication",
    "Lifetimes",
    "LoginViews",
    "Requires",
    "SessionAuthentication",
    "TokenCookies",
    "auth_router",
    "create_jwt_for_user",
    "create_token_pair_for_user",
    "delete_jwt_cookies",
    "generate_api_key",
    "password_claim",
    "password_matches",
    "set_jwt_cookies",
]
