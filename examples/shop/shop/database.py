"""Read ``DATABASE_URL``, the one setting that a hosting platform hands out as an address."""

from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_ENGINES = {
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "sqlite": "django.db.backends.sqlite3",
}


def database_from_url(url: str) -> dict[str, object]:
    """Return the ``DATABASES`` entry for *url*.

    ``postgres://user:password@host:5432/name?sslmode=require`` and ``sqlite:///relative.db`` or
    ``sqlite:////absolute.db`` are understood; the query becomes ``OPTIONS``.
    Raises ImproperlyConfigured for any other scheme.
    """
    parts = urlsplit(url)
    engine = _ENGINES.get(parts.scheme)
    if engine is None:
        # The URL itself holds a password and stays out of the message.
        raise ImproperlyConfigured(
            f"DATABASE_URL starts with {parts.scheme or 'no scheme'!r}; use postgres://… or sqlite:///…"
        )
    name = unquote(parts.path.removeprefix("/"))
    if engine.endswith("sqlite3"):
        return {"ENGINE": engine, "NAME": name or ":memory:"}
    return {
        "ENGINE": engine,
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
