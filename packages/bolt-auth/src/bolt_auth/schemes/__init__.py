"""Schemes: where a credential stands in a request, and what makes it good."""

from bolt_auth.schemes.api_key import APIKeyAuthentication
from bolt_auth.schemes.base import AuthenticationScheme
from bolt_auth.schemes.jwt import JWTAuthentication

__all__ = ["APIKeyAuthentication", "AuthenticationScheme", "JWTAuthentication"]
