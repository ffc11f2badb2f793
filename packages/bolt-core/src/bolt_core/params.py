"""Where parameters are read from: the markers, and the plain records that they become."""

from bolt_serializers.limits import Constraints

from bolt_core.markers import Marker, Source
from bolt_core.param_functions import Body, Cookie, Depends, File, Form, Header, Path, Query

__all__ = [
    "Body",
    "Constraints",
    "Cookie",
    "Depends",
    "File",
    "Form",
    "Header",
    "Marker",
    "Path",
    "Query",
    "Source",
]
