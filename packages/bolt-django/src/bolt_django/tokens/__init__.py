"""Opt-in Django application: revoked tokens and API keys in the database."""
