"""Names of the components of a JSON Schema: stable, whichever of them a document shows, and in whichever mode."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from bolt_serializers.information import information_of

type Mode = Literal["input", "output"]
type Schema = dict[str, Any]
type Components = dict[Mode, dict["Key", Schema]]
MODES: tuple[Mode, Mode] = ("input", "output")


@dataclass(frozen=True, slots=True)
class Foreign:
    """A definition that another library wrote."""

    name: str
    text: str
    """It and all that it refers to, as JSON: of one name there may be several."""


@dataclass(frozen=True, slots=True)
class Key:
    """Stands in a schema where the name of a component belongs, until all are known."""

    type: Any
    """A class, an alias of a generic one, a `type` that holds itself, or a `Foreign`."""


def keys_in(value: Any) -> Iterator[Key]:
    """Every component that the schema *value* refers to directly."""
    if isinstance(value, Key):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from keys_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from keys_in(member)


def name_of(type_: Any, *, qualified: bool = False) -> str:
    """A name of letters, digits and underscores, which OpenAPI 3.1 (Components Object) takes: `Page_Item`."""
    if isinstance(type_, Foreign):
        return _plain(type_.name)
    if type_ is NoneType:
        return "None"
    origin, arguments = _origin(type_)
    if origin is Literal:
        return "_".join(["Literal", *(_plain(str(value)) for value in arguments)])
    inner = [name_of(argument, qualified=qualified) for argument in arguments]
    if origin in (Union, UnionType):
        return "_or_".join(inner)
    if origin is Annotated:
        # What else is said of it may show itself with an address in memory, which is no stable name.
        return inner[0]
    if inner:
        return "_".join([name_of(origin, qualified=qualified), *inner])
    name = getattr(type_, "__name__", None)
    if name is None:
        return _plain(str(type_)).strip("_") or "Value"
    if not qualified:
        return _plain(name)
    path = getattr(type_, "__qualname__", name).replace("<locals>.", "")
    module = getattr(type_, "__module__", "")
    return _plain(path if module == "builtins" else f"{module}.{path}")


def _origin(type_: Any) -> tuple[Any, tuple[Any, ...]]:
    information = information_of(type_)
    if information is not None:
        return information.origin or (None, ())
    origin, arguments = get_origin(type_), get_args(type_)
    return origin, arguments[:1] if origin is Annotated else arguments


def _plain(name: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)


def names(components: Components, differing: Collection[Key]) -> dict[tuple[Key, Mode], str]:
    """A name for each component in each mode: the same in both, but for those that are *differing*.

    What shares its name with another is named with its module, and so is the other; what still shares it is numbered.
    """
    keys = list(dict.fromkeys(key for mode in MODES for key in components[mode]))
    clashes = dict.fromkeys(keys, 0)
    while True:
        found = {
            (key, mode): _name(key, mode, keys, differing, clashes[key]) for mode in MODES for key in components[mode]
        }
        owners: dict[str, set[Key]] = defaultdict(set)
        for (key, _), name in found.items():
            owners[name].add(key)
        shared = {key for group in owners.values() if len(group) > 1 for key in group}
        if not shared:
            return found
        for key in shared:
            clashes[key] += 1


def _name(key: Key, mode: Mode, keys: list[Key], differing: Collection[Key], clashes: int) -> str:
    name = name_of(key.type, qualified=clashes > 0)
    joint = "_" if clashes else ""
    if key in differing:
        name += joint + mode.capitalize()
    return name if clashes < 2 else f"{name}_{keys.index(key) + 1}"


def differing(components: Components) -> set[Key]:
    """Components that are not the same in both modes, or that hold one which is not."""
    first, second = (components[mode] for mode in MODES)
    found = {key for key in first if key in second and first[key] != second[key]}
    foreign = [{key.type.name: key for key in one if isinstance(key.type, Foreign)} for one in (first, second)]
    for name in foreign[0].keys() & foreign[1].keys():
        if foreign[0][name] != foreign[1][name]:
            found |= {foreign[0][name], foreign[1][name]}
    while True:
        more = {
            key
            for mode in MODES
            for key, schema in components[mode].items()
            if key not in found and not found.isdisjoint(keys_in(schema))
        }
        if not more:
            return found
        found |= more


def named(value: Any, found: dict[tuple[Key, Mode], str], mode: Mode, template: str) -> Any:
    """A copy of the schema *value* with references in place of keys."""
    if isinstance(value, Key):
        return template.format(name=found[value, mode])
    if isinstance(value, dict):
        return {name: named(member, found, mode, template) for name, member in value.items()}
    if isinstance(value, list):
        return [named(member, found, mode, template) for member in value]
    return value


def foreign_definitions(definitions: dict[str, Schema], prefix: str) -> dict[Key, Schema]:
    """*definitions*, which refer to each other as *prefix* and a name, with keys in place of that."""
    known = {name: Key(Foreign(name, _text(name, definitions, prefix))) for name in definitions}
    by_reference = {prefix + name: key for name, key in known.items()}
    return {key: _keyed(definitions[name], by_reference) for name, key in known.items()}


def _text(name: str, definitions: dict[str, Schema], prefix: str) -> str:
    reached: dict[str, Schema] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached[current] = definitions[current]
            waiting += [text.removeprefix(prefix) for text in _texts(definitions[current]) if text.startswith(prefix)]
    return json.dumps(reached, sort_keys=True, default=str)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _texts(member)


def _keyed(value: Any, keys: dict[str, Key]) -> Any:
    if isinstance(value, str):
        return keys.get(value, value)
    if isinstance(value, dict):
        return {name: _keyed(member, keys) for name, member in value.items()}
    return [_keyed(member, keys) for member in value] if isinstance(value, list) else value
