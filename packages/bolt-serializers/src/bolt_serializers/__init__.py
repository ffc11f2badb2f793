"""Validation and serialization on msgspec: declare once, read and write JSON, objects and models.

`Serializer` is the class to derive from; the rest of the names here declare what its fields are or say what is wrong.
"""

from msgspec import UNSET, Meta, UnsetType

from bolt_serializers import types
from bolt_serializers.asynchronous import set_thread_runner
from bolt_serializers.deriving import Partial
from bolt_serializers.encoding import register_encoder
from bolt_serializers.errors import (
    ConstructionError,
    DeclarationError,
    ErrorDetails,
    LazyLoadError,
    ValidationError,
)
from bolt_serializers.fields import field
from bolt_serializers.invalid import InvalidValue
from bolt_serializers.metadata import Check
from bolt_serializers.schema import json_schema
from bolt_serializers.serializer import Serializer
from bolt_serializers.translation import MESSAGES, set_translator
from bolt_serializers.validators import computed_field, field_validator, model_validator

__all__ = [
    "MESSAGES",
    "UNSET",
    "Check",
    "ConstructionError",
    "DeclarationError",
    "ErrorDetails",
    "InvalidValue",
    "LazyLoadError",
    "Meta",
    "Partial",
    "Serializer",
    "UnsetType",
    "ValidationError",
    "computed_field",
    "field",
    "field_validator",
    "json_schema",
    "model_validator",
    "register_encoder",
    "set_thread_runner",
    "set_translator",
    "types",
]
