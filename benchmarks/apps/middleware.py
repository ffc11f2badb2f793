"""The stacks of Django's middleware that are measured. Standard library only."""

# That of a new project, outermost first.
MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)
# Often added, and each able to stand alone.
MORE = (
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.gzip.GZipMiddleware",
)
EMPTY = "benchmarks.apps.site.empty_middleware.empty"


def name(path: str) -> str:
    """The last part of a dotted *path*."""
    return path.rpartition(".")[2]


# By name: none, one that does nothing, the seven one after the other, and each of the others alone.
STACKS = {
    "none": (),
    "empty": (EMPTY,),
    **{name(path): MIDDLEWARE[:count] for count, path in enumerate(MIDDLEWARE, 1)},
    **{name(path): (path,) for path in MORE},
}
ALL = name(MIDDLEWARE[-1])
