"""JSON Schema 2020-12 of types: what data must be to be read, and what is written.

`json_schema` makes one document; `schemas` makes several that share their components, as OpenAPI does.
"""

from collections.abc import Iterable
from typing import Any

from bolt_serializers.schema_names import (
    MODES,
    Components,
    Foreign,
    Key,
    Mode,
    Schema,
    differing,
    keys_in,
    named,
    names,
)
from bolt_serializers.schema_types import Builder

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(annotation: Any, *, mode: Mode = "input", ref_template: str = "#/$defs/{name}") -> Schema:
    """The JSON Schema (2020-12) of *annotation*: a `Serializer`, or any type that a field of one may have.

    *mode*: `"input"` for what is read: without what is read-only or computed, `required` where there is no default.
    `"output"` for what is written: without what is write-only, `required` what is always written.
    *ref_template*: how references are written; `{name}` is the component's name.

    Components stand in `$defs`, each under its class's name, followed by `Input` or `Output` where it is not the same
    in both modes; of two classes of one name, both are named with their modules. Raises `DeclarationError` where a type
    cannot be resolved, ValueError for an unknown *mode*.
    """
    (root,), components = _build([(annotation, mode)], ref_template, root_in_place=True)
    made = {"$schema": DIALECT, **root}
    return made | ({"$defs": components} if components else {})


def schemas(
    wanted: Iterable[tuple[Any, Mode]], *, ref_template: str = "#/components/schemas/{name}"
) -> tuple[list[Schema], dict[str, Schema]]:
    """The schemas of several types, each with its mode, and the components that they refer to, by name.

    `schemas([(Article, "input"), (list[Article], "output")])`. Names and errors are those of `json_schema`.
    """
    return _build(list(wanted), ref_template, root_in_place=False)


def _build(
    wanted: list[tuple[Any, Mode]], template: str, *, root_in_place: bool
) -> tuple[list[Schema], dict[str, Schema]]:
    if unknown := [mode for _, mode in wanted if mode not in MODES]:
        raise ValueError(f"mode={unknown[0]!r}: give 'input' or 'output'")
    builders = {mode: Builder(mode) for mode in MODES}
    roots = [{mode: builders[mode].schema(annotation) for mode in MODES} for annotation, _ in wanted]
    _complete(builders)
    components = {mode: builders[mode].components for mode in MODES}
    found = names(components, differing(components))

    shown = [(root[mode], mode) for root, (_, mode) in zip(roots, wanted, strict=True)]
    if root_in_place:
        shown = [(_in_place(root, components[mode]), mode) for root, mode in shown]
    reached = _reached(shown, components)
    return (
        [named(root, found, mode, template) for root, mode in shown],
        {found[key, mode]: named(components[mode][key], found, mode, template) for key, mode in reached},
    )


def _complete(builders: dict[Mode, Builder]) -> None:
    """Have both builders know every class: whether it is the same in both modes decides about its name."""
    before = -1
    while before != (before := sum(len(builder.components) for builder in builders.values())):
        for one, other in (MODES, MODES[::-1]):
            for key in list(builders[one].components):
                if not isinstance(key.type, Foreign):
                    builders[other].component(key.type)
            for model in list(builders[one].models):
                builders[other].foreign(model)


def _in_place(root: Schema, components: dict[Key, Schema]) -> Schema:
    """The schema itself in place of a reference to it, unless it holds itself."""
    key = root.get("$ref")
    if set(root) != {"$ref"} or key in _closure(keys_in(components[root["$ref"]]), components):
        return root
    return components[root["$ref"]]


def _closure(keys: Iterable[Key], components: dict[Key, Schema]) -> dict[Key, None]:
    found: dict[Key, None] = {}
    waiting = list(keys)
    while waiting:
        key = waiting.pop(0)
        if key not in found:
            found[key] = None
            waiting += keys_in(components[key])
    return found


def _reached(shown: list[tuple[Schema, Mode]], components: Components) -> list[tuple[Key, Mode]]:
    return [(key, mode) for root, mode in shown for key in _closure(keys_in(root), components[mode])]


__all__ = ["Mode", "Schema", "json_schema", "schemas"]
