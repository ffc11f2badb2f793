"""Django's management commands of the family."""
