"""What runs when an instance has been made, whoever made it: `__post_init__`, written for each class.

msgspec fills an instance in C and calls `__post_init__`, also deep inside a list of nested models. All that msgspec has
no notion of stands there: what data may not set, checks, validators, what is never written, what is computed. It is
source code, because a loop over validators would cost as much as they do; a class that needs none of it has no
`__post_init__`, and then decoding is msgspec's alone.
"""

import datetime as dt
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import FunctionType
from typing import TYPE_CHECKING, Any

import msgspec

from bolt_serializers.again import found_by
from bolt_serializers.computing import Computed
from bolt_serializers.errors import Refused, refusal
from bolt_serializers.hidden import Hidden
from bolt_serializers.validators import may_return_none

if TYPE_CHECKING:
    from bolt_serializers.fields import Field
    from bolt_serializers.information import Information

UNSET = msgspec.UNSET
MISSING = ("Field required", "missing", None)
# A value of exactly one of these classes is right where it is asked for.
_EXACT = frozenset({int, str, bool, bytes, dt.datetime, dt.date, dt.time, dt.timedelta, uuid.UUID, Decimal})


class _Trust(threading.local):
    on = False


trust = _Trust()


@contextmanager
def trusting(on: bool) -> Iterator[None]:
    """Let data set what is read-only, as it comes from the program itself; or not, inside of that."""
    before = trust.on
    trust.on = on
    try:
        yield
    finally:
        trust.on = before


def needs_finishing(information: "Information") -> bool:
    """Whether instances of the class need anything beyond what msgspec does."""
    validators = information.validators
    return bool(
        validators.fields
        or any(one.mode == "after" for one in validators.models)
        or information.own_post_init
        or any(
            field.computed or field.read_only or not field.written or needs_check(information, field)
            for field in information.fields
        )
    )


def needs_check(information: "Information", field: "Field") -> bool:
    """Whether msgspec cannot hold a value of *field* against all of its type."""
    shown = information.shown[field.name]
    return shown.find is not None or shown.late is not None


def empty_finisher() -> FunctionType:
    """A `__post_init__` to be written later: msgspec asks for it when the class is made, before its types are known."""
    return _function("def __post_init__(self): pass", "<finishing>", {})


def write_finisher(information: "Information", finisher: FunctionType) -> None:
    """Write *finisher*, which is the `__post_init__` of the class that *information* describes."""
    writer = _Writer(information)
    source = "\n".join(writer.lines())
    written = _function(source, f"<finishing {information.class_.__qualname__}>", writer.namespace)
    finisher.__globals__.update(written.__globals__)
    finisher.__code__ = written.__code__


def _function(source: str, name: str, namespace: dict[str, Any]) -> FunctionType:
    exec(compile(source, name, "exec"), namespace)
    function: FunctionType = namespace["__post_init__"]
    return function


def take(value: Any, type_: Any, wire_name: str) -> Any:
    """*value* of the program's own as *type_*."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise Refused([((wire_name, *path), msg, kind, ctx) for path, msg, kind, ctx in found_by(error)]) from error


def hold(find: Any, value: Any, wire_name: str) -> None:
    """Raise `Refused` for all that *find* finds in *value*."""
    if found := list(find(value, (wire_name,))):
        raise Refused(found)


def no_value(owner: type, name: str) -> TypeError:
    """What tells the author of a field's validator that it returns nothing."""
    return TypeError(
        f"{owner.__qualname__}.{name}() returned None for a field that cannot be None; return the value to take"
    )


def not_self(owner: type, name: str) -> TypeError:
    """What tells the author of a model's validator that it returns something else than the instance."""
    return TypeError(f"{owner.__qualname__}.{name}() must return self or nothing")


class _Writer:
    """Writes the source; what it refers to is collected in `namespace`."""

    def __init__(self, information: "Information") -> None:
        self.information = information
        self.namespace: dict[str, Any] = {
            "__name__": information.class_.__module__,
            "Refused": Refused,
            "UNSET": UNSET,
            "cls": information.class_,
            "hold": hold,
            "missing": MISSING,
            "refusal": refusal,
            "no_value": no_value,
            "not_self": not_self,
            "take": take,
            "trust": trust,
        }

    def name(self, prefix: str, value: Any) -> str:
        """A name for *value* in the source."""
        for known, other in self.namespace.items():
            if other is value and known.startswith(f"{prefix}_"):
                return known
        name = f"{prefix}_{len(self.namespace)}"
        self.namespace[name] = value
        return name

    def lines(self) -> Iterator[str]:
        """The source."""
        yield "def __post_init__(self):"
        yield "    pass"
        fields = self.information.fields
        yield from self.read_only([field for field in fields if field.read_only])
        for field in fields:
            if field.computed is None:
                yield from self.field(field)
        yield from self.hiding([field for field in fields if not field.written])
        yield from self.models()
        yield from self.computing([field for field in fields if field.computed])

    def get(self, field: "Field") -> str:
        """The expression for what is in the slot of *field*."""
        if isinstance(self.information.descriptors.get(field.name), Hidden):
            return f"{self.name('slot', self.information.slots[field.name])}.__get__(self)"
        return f"self.{field.name}"

    def set(self, field: "Field", value: str) -> str:
        """The statement that puts *value* there."""
        if self.information.frozen or field.name in self.information.descriptors:
            return f"{self.name('slot', self.information.slots[field.name])}.__set__(self, {value})"
        return f"self.{field.name} = {value}"

    def read_only(self, fields: "list[Field]") -> Iterator[str]:
        if not fields:
            return
        yield "    if trust.on:"
        for field in fields:
            yield f"        v = {self.get(field)}"
            quick = f" and type(v) is not {self.name('type', field.hint)}" if field.hint in _EXACT else ""
            default = self.name("default", self.default(field))
            type_ = self.name("taken", self.information.shown[field.name].taken)
            yield f"        if v is not UNSET and v is not {default}{quick}:"
            yield f"            {self.set(field, f'take(v, {type_}, {field.wire_name!r})')}"
        yield "    else:"
        for field in fields:
            if field.default_factory is not None:
                yield f"        {self.set(field, self.name('make', field.default_factory) + '()')}"
            else:
                yield f"        {self.set(field, self.name('default', self.default(field)))}"

    @staticmethod
    def default(field: "Field") -> Any:
        return UNSET if field.default is msgspec.NODEFAULT else field.default

    def field(self, field: "Field") -> Iterator[str]:
        """Checks and validators of a field; a default is trusted, and so is what is not there."""
        shown = self.information.shown[field.name]
        validators = self.information.validators.of_field(field.name, "after")
        if shown.find is None and shown.late is None and not validators:
            return
        yield f"    v = {self.get(field)}"
        guards = ["v is not UNSET"] if self.information.can_be_unset(field) else []
        if field.default is not msgspec.NODEFAULT and field.default is not UNSET:
            guards.append(f"v is not {self.name('default', field.default)}")
        indent = "    "
        if guards:
            yield f"    if {' and '.join(guards)}:"
            indent = "        "
        yield f"{indent}try:"
        if shown.late is not None:
            yield f"{indent}    v = {self.name('late', shown.late)}(v)"
        if shown.find is not None:
            yield f"{indent}    hold({self.name('find', shown.find)}, v, {field.wire_name!r})"
        yield from self.validators(field, validators, indent)
        yield f"{indent}except Exception as error:"
        yield f"{indent}    raise refusal(error, ({field.wire_name!r},)) from error"

    def validators(self, field: "Field", validators: Any, indent: str) -> Iterator[str]:
        changed = self.information.shown[field.name].late is not None
        for index, validator in enumerate(validators):
            # What a validator gives back unchanged need not be stored again.
            target = "v" if changed or index < len(validators) - 1 else "r"
            changed = changed or len(validators) > 1
            yield f"{indent}    {target} = {self.name(validator.name, validator.function)}(cls, v)"
            if not self.information.can_be_none(field) and may_return_none(validator.function):
                yield f"{indent}    if {target} is None: raise no_value(cls, {validator.name!r})"
            if target == "r":
                yield f"{indent}    if r is not v: {self.set(field, 'r')}"
        if changed:
            yield f"{indent}    {self.set(field, 'v')}"

    def hiding(self, fields: "list[Field]") -> Iterator[str]:
        """What is never written is moved out of reach of every encoder."""
        for field in fields:
            slot = self.name("slot", self.information.slots[field.name])
            yield f"    v = {slot}.__get__(self)"
            yield "    if v is not UNSET:"
            yield f"        self.__dict__[{field.name!r}] = v"
            yield f"        {slot}.__set__(self, UNSET)"
            if field.required:
                yield "    elif not trust.on:"
                yield f"        raise Refused([(({field.wire_name!r},), *missing)])"

    def models(self) -> Iterator[str]:
        validators = self.information.validators.of_model("after")
        own = self.information.own_post_init
        if own is None and not validators:
            return
        yield "    try:"
        if own is not None:
            yield f"        {self.name('own', own)}(self)"
        for one in validators:
            yield f"        r = {self.name(one.name, one.function)}(self)"
            yield f"        if r is not self and r is not None: raise not_self(cls, {one.name!r})"
        yield "    except Exception as error:"
        yield "        raise refusal(error) from error"

    def computing(self, fields: "list[Field]") -> Iterator[str]:
        for field in fields:
            descriptor = self.information.descriptors[field.name]
            assert isinstance(descriptor, Computed)
            slot = self.name("slot", self.information.slots[field.name])
            yield f"    {slot}.__set__(self, {self.name('ref', descriptor.reference)}(self))"
