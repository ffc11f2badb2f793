"""Validation and serialization on msgspec."""

from bolt_serializers.encoding import register_encoder
from bolt_serializers.errors import DeclarationError
from bolt_serializers.invalid import InvalidValue
from bolt_serializers.metadata import Check

__all__ = ["Check", "DeclarationError", "InvalidValue", "register_encoder"]
