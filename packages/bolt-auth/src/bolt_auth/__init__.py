"""Tokens, API keys, guards and revocation, for servers, workers and scripts."""

from bolt_auth.api_keys import APIKeyRecord, APIKeys, APIKeyStore, generate_api_key
from bolt_auth.errors import (
    AuthenticationError,
    AuthenticationUnavailable,
    InvalidToken,
    KeysUnavailable,
    RevocationUnavailable,
)
from bolt_auth.guards import (
    AllowAny,
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
    Requires,
)
from bolt_auth.issuing import (
    Lifetimes,
    Rotation,
    SigningKey,
    TokenPair,
    create_token,
    create_token_pair,
    rotate_refresh_token,
)
from bolt_auth.jwks import JWKSet
from bolt_auth.keys import VerificationKey, keys_from_jwks
from bolt_auth.mapping import auth_from_claims
from bolt_auth.revocation import CachedRevocation, InMemoryRevocation, RedisRevocation, RevocationStore
from bolt_auth.schemes import APIKeyAuthentication, AuthenticationScheme, JWTAuthentication
from bolt_auth.verifying import TokenRules, verify

__all__ = [
    "APIKeyAuthentication",
    "APIKeyRecord",
    "APIKeyStore",
    "APIKeys",
    "AllowAny",
    "AuthenticationError",
    "AuthenticationScheme",
    "AuthenticationUnavailable",
    "CachedRevocation",
    "ClaimGuard",
    "Guard",
    "HasAllPermissions",
    "HasAnyPermission",
    "HasPermission",
    "HasScope",
    "InMemoryRevocation",
    "InvalidToken",
    "IsAdminUser",
    "IsAuthenticated",
    "IsStaff",
    "IsSuperuser",
    "JWKSet",
    "JWTAuthentication",
    "KeysUnavailable",
    "Lifetimes",
    "RedisRevocation",
    "Requires",
    "RevocationStore",
    "RevocationUnavailable",
    "Rotation",
    "SigningKey",
    "TokenPair",
    "TokenRules",
    "VerificationKey",
    "auth_from_claims",
    "create_token",
    "create_token_pair",
    "generate_api_key",
    "keys_from_jwks",
    "rotate_refresh_token",
    "verify",
]
