"""Copies, pickles, comparisons and representations of instances, with what stands outside of their slots."""

from typing import TYPE_CHECKING, Any

import msgspec

from bolt_serializers.computing import Computed
from bolt_serializers.hidden import Hidden

if TYPE_CHECKING:
    from bolt_serializers.information import Information

type State = tuple[dict[str, Any], dict[str, Any]]
"""Values by field, as they stand in the slots, and what else the instance holds."""


def blank(class_: Any) -> Any:
    """An instance whose fields are `UNSET`, and of which nothing was asked."""
    information: Information = class_.__serializer__.ready()
    if "blank" not in information.made:
        information.made["blank"] = _template(class_)
    made = msgspec.Struct.__copy__(information.made["blank"])  # type: ignore[attr-defined]
    for name, slot in information.slots.items():
        descriptor = information.descriptors.get(name)
        slot.__set__(made, descriptor.reference(made) if isinstance(descriptor, Computed) else msgspec.UNSET)
    return made


def _template(class_: Any) -> Any:
    # msgspec makes no instance without `__post_init__`; a class with the same slots and none lends one.
    meta = type(class_)
    lender = msgspec.StructMeta.__new__(meta, class_.__name__, (class_,), {"__post_init__": lambda self: None})
    # Copies are seen by the garbage collector where the original is: it is if it holds a container.
    made = msgspec.StructMeta.__call__(lender, **{name: [] for name in class_.__struct_fields__})
    # Past the refusal of a frozen class.
    object.__setattr__(made, "__class__", class_)
    return made


def state_of(instance: Any) -> State:
    """All that *instance* holds and that is not computed."""
    information: Information = type(instance).__serializer__
    computed = information.declared.computed
    slots = {name: slot.__get__(instance) for name, slot in information.slots.items() if name not in computed}
    return slots, dict(getattr(instance, "__dict__", {}))


def set_state(instance: Any, state: State) -> None:
    """Let *instance* hold what another held; nothing is validated again."""
    information: Information = type(instance).__serializer__
    slots, others = state
    for name, value in slots.items():
        if name in information.slots:
            information.slots[name].__set__(instance, value)
    if others:
        instance.__dict__.update(others)


def copied(instance: Any) -> Any:
    """A copy that holds the same values."""
    made = blank(type(instance))
    set_state(made, state_of(instance))
    return made


def special_methods(namespace: dict[str, Any], bases: tuple[type, ...], *, hidden: bool) -> dict[str, Any]:
    """What a class with fields outside of its slots needs in place of msgspec's, where its author wrote none."""
    needed: dict[str, Any] = {"__repr__": _repr, "__rich_repr__": _rich_repr}
    if hidden:
        needed["__eq__"] = _eq
    made = {
        name: function
        for name, function in needed.items()
        if name not in namespace and not any(_has_own(base, name, function) for base in bases)
    }
    if "__eq__" in made and "__hash__" not in namespace:
        # Python takes it from a class that compares its instances.
        made["__hash__"] = msgspec.Struct.__hash__
    return made


def _has_own(class_: type, name: str, ours: Any) -> bool:
    return getattr(class_, name) not in (ours, getattr(msgspec.Struct, name))


def _eq(self: Any, other: object) -> Any:
    same = msgspec.Struct.__eq__(self, other)
    if same is not True or self is other:
        return same
    descriptors = type(self).__serializer__.descriptors
    hidden = [name for name, descriptor in descriptors.items() if isinstance(descriptor, Hidden)]
    return all(getattr(self, name) == getattr(other, name) for name in hidden)


def _rich_repr(self: Any) -> Any:
    information: Information = type(self).__serializer__
    return [(name, getattr(self, name)) for name in information.names if name not in information.descriptors]


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={value!r}" for name, value in _rich_repr(self))
    return f"{type(self).__name__}({shown})"
