"""Django's responses in terms of the engine's."""

from django.http.response import HttpResponseBase

# Of one connection, not of the response (RFC 9110 §7.6.1); the engine decides them.
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection", "te", "trailer"}
)


def header_fields(response: HttpResponseBase) -> list[tuple[str, str]]:
    """The header fields of *response*, one `Set-Cookie` per cookie; without those of a single connection."""
    # Not items(), which asks for each field by its name again.
    stored = response.headers._store.items()
    fields = [(name, str(value)) for key, (name, value) in stored if key not in _HOP_BY_HOP]
    fields += [("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values()]
    return fields
