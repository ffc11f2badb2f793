"""What the parameters of one handler come to together: clashes between them, and how the body is read."""

from collections.abc import Iterator

from bolt_core.exceptions import ConfigError
from bolt_core.markers import Source
from bolt_core.plan import BodyMode, FormPlan, ParamPlan

_FORM = (Source.FORM, Source.FILE)


def check_params(params: tuple[ParamPlan, ...], path_names: tuple[str, ...]) -> None:
    """Raise `ConfigError` for parameters that do not go together, or that leave a part of the path unread."""
    requests = [param.name for param in params if param.source is Source.REQUEST]
    if len(requests) > 1:
        raise ConfigError(f"takes the request twice ({', '.join(requests)}); keep one")
    used = {param.wire_name for param in params if param.source is Source.PATH}
    # With the request at hand, the handler may read `request.path_params`.
    for name in () if requests else path_names:
        if name not in used:
            raise ConfigError(f"never uses path parameter {name!r}; add a parameter named {name}")
    _check_wire_names(params)
    _check_one_body(params)


def _single(params: tuple[ParamPlan, ...]) -> Iterator[tuple[ParamPlan, str]]:
    """Everything that is read by one name, with how messages call it."""
    for param in params:
        if param.model is None:
            yield param, repr(param.name)
        else:
            for field in param.model.fields:
                yield field, f"field {field.name!r} of {param.name!r}"


def _check_wire_names(params: tuple[ParamPlan, ...]) -> None:
    seen: dict[tuple[Source, str], str] = {}
    for param, shown in _single(params):
        # Files stand among the fields of their form; header fields have no case (RFC 9110 §5.1).
        source = Source.FORM if param.source is Source.FILE else param.source
        name = param.wire_name.lower() if source is Source.HEADER else param.wire_name
        if (source, name) in seen:
            raise ConfigError(
                f"reads {source} value {param.wire_name!r} into both {seen[source, name]} and {shown}; "
                "give one of them another name"
            )
        seen[source, name] = shown


def _check_one_body(params: tuple[ParamPlan, ...]) -> None:
    bodies = [param.name for param in params if param.source is Source.BODY]
    forms = [param.name for param, _ in _single(params) if param.source in _FORM]
    if bodies and forms:
        raise ConfigError(
            f"reads {bodies[0]!r} from a JSON body and {forms[0]!r} from a form, but a request has one body; mark "
            f"{bodies[0]!r} with Form(), or send the file to a route of its own"
        )


def body_mode(params: tuple[ParamPlan, ...], *, stream: bool, is_async: bool) -> BodyMode:
    """How the engine reads the body."""
    sources = {param.source for param, _ in _single(params)}
    form = not sources.isdisjoint(_FORM)
    if stream:
        if form or Source.BODY in sources:
            kind = "form" if form else "body"
            raise ConfigError(
                f"has stream_body=True and a {kind} parameter; read the body from request.stream() instead"
            )
        if Source.REQUEST not in sources:
            raise ConfigError("has stream_body=True but takes no request; add a parameter named request")
        if not is_async:
            raise ConfigError(
                "has stream_body=True but is no async def, so it cannot wait for the body; declare it async"
            )
        return "stream"
    if form:
        return "form"
    return "whole" if sources & {Source.BODY, Source.REQUEST, Source.INJECTED} else "none"


def form_of(params: tuple[ParamPlan, ...]) -> FormPlan | None:
    """What the route takes of a form; `None` where it reads none."""
    single = [param for param, _ in _single(params)]
    if not any(param.source in _FORM for param in single):
        return None
    files = {param.wire_name: param.marker for param in single if param.source is Source.FILE}
    return FormPlan(files=files, keep_others=any(param.source is Source.REQUEST for param in single))
