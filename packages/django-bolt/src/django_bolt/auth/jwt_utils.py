"""Tokens for Django's users."""

from bolt_django.auth.jwt_utils import claims_of_user, create_jwt_for_user, create_token_pair_for_user

__all__ = ["claims_of_user", "create_jwt_for_user", "create_token_pair_for_user"]
