"""Finds the project's APIs: `settings.BOLT_API`, or the `api` module of the project and of every installed app."""

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType

from bolt_core.api import BoltAPI
from django.apps import apps
from django.conf import settings

from bolt_django import conf


class DiscoveryError(Exception):
    """An API cannot be loaded; the message is one line that names the module and the reason."""


def find_apis() -> list[BoltAPI]:
    """The APIs to serve, each once, in a fixed order. Raises DiscoveryError.

    With `BOLT_API` those it lists and no others. Without it, those of the project package first, then those of the apps
    in the order of INSTALLED_APPS; an API that another one includes is served by that one alone.
    """
    paths = conf.api_paths()
    if paths:
        return _unique(_import_api(path) for path in paths)
    found = _unique(api for name in _module_names() for api in _apis_in(_load(name)))
    return outermost(found)


def survey() -> tuple[list[BoltAPI], list[DiscoveryError]]:
    """As `find_apis`, with every module that cannot be loaded instead of the first alone."""
    found: list[BoltAPI] = []
    errors: list[DiscoveryError] = []
    paths = conf.api_paths()
    for name in paths or _module_names():
        try:
            found += [_import_api(name)] if paths else _apis_in(_load(name))
        except DiscoveryError as error:
            errors.append(error)
    found = _unique(found)
    return (found if paths else outermost(found)), errors


def outermost(found: Sequence[BoltAPI]) -> list[BoltAPI]:
    """Those of *found* that no other of them includes."""
    return [api for api in found if not any(other is not api and other.reaches(api) for other in found)]


def _unique(apis: Iterable[BoltAPI]) -> list[BoltAPI]:
    return list({id(api): api for api in apis}.values())


def _import_api(path: str) -> BoltAPI:
    """What `pkg.module:name` or `pkg.module.name` of BOLT_API names."""
    module_name, _, name = path.partition(":") if ":" in path else path.rpartition(".")
    if not module_name or not name:
        raise DiscoveryError(f"settings.BOLT_API: {path!r} is no dotted path; write 'package.module:api'")
    module = _load(module_name)
    if module is None:
        raise DiscoveryError(f"settings.BOLT_API: {path!r}: there is no module {module_name}")
    api = getattr(module, name, None)
    if not isinstance(api, BoltAPI):
        found = "nothing" if api is None else f"a {type(api).__name__}"
        raise DiscoveryError(f"settings.BOLT_API: {path!r} must be a BoltAPI; {module_name} has {found} of that name")
    return api


def _module_names() -> list[str]:
    names = [f"{package}.api" for package in project_packages()]
    names += [f"{config.name}.api" for config in apps.get_app_configs()]
    return list(dict.fromkeys(names))


def project_packages() -> list[str]:
    """The packages of ROOT_URLCONF and of the settings module, with the parents of the latter (`shop.settings.dev`)."""
    packages = [str(getattr(settings, "ROOT_URLCONF", "")).rpartition(".")[0]]
    package = os.environ.get("DJANGO_SETTINGS_MODULE", "").rpartition(".")[0]
    while package:
        packages.append(package)
        package = package.rpartition(".")[0]
    return [package for package in dict.fromkeys(packages) if package]


def _load(name: str) -> ModuleType | None:
    """The module, or None where there is none of that name; what importing it raises becomes a DiscoveryError."""
    try:
        if name not in sys.modules and importlib.util.find_spec(name) is None:
            return None
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # Only the absence of the module itself or of its parents means that there is none.
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            return None
        raise DiscoveryError(f"cannot import {name}: {one_line(error)}") from error
    except Exception as error:
        raise DiscoveryError(f"cannot import {name}: {one_line(error)}") from error


def _apis_in(module: ModuleType | None) -> Iterator[BoltAPI]:
    if module is None:
        return iter(())
    return (value for value in list(vars(module).values()) if isinstance(value, BoltAPI))


def one_line(error: BaseException) -> str:
    """An exception in one line, with where it came from: `NameError: name 'x' is not defined (shop/api.py, line 3)`."""
    if isinstance(error, SyntaxError):
        place = f"{_short(error.filename)}, line {error.lineno}" if error.filename else ""
        text = error.msg
    else:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename]
        place = f"{_short(frames[-1].filename)}, line {frames[-1].lineno}" if frames else ""
        text = " ".join(str(error).split())
    message = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"{message} ({place})" if place else message


def _short(path: str) -> str:
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
