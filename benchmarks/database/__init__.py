"""The database, middleware and the admin under load, beside the same work in process: `nox -s bench -- database`."""
