"""bolt-django."""
