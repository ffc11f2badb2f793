"""Where handlers' parameters are read from; the same names as in `django_bolt.params`."""

from bolt_core.param_functions import Body, Cookie, Depends, File, Form, Header, Path, Query

__all__ = ["Body", "Cookie", "Depends", "File", "Form", "Header", "Path", "Query"]
