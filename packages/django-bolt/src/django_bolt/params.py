"""Where handlers' parameters are read from."""

from bolt_core.params import Body, Cookie, Depends, File, Form, Header, Path, Query

__all__ = ["Body", "Cookie", "Depends", "File", "Form", "Header", "Path", "Query"]
