"""`manage.py bolt_tokens`."""
