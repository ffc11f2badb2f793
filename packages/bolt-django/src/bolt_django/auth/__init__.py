"""Credentials of Django's users."""
