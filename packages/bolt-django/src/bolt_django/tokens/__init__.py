"""An application with tables: revoked tokens, and API keys. Opt-in: add "bolt_django.tokens" to INSTALLED_APPS."""
