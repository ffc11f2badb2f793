"""What a project serves and how it is configured, for people and programs that ask: `manage.py bolt`."""
