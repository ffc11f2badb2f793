"""Guards that ask Django: permissions as they are in the database, not as a token remembers them."""

from typing import Any

from bolt_auth import Guard
from bolt_core.reading import off_loop
from django.db.models import Model

_ACTIONS = {"GET": "view", "HEAD": "view", "OPTIONS": "view", "POST": "add", "PUT": "change", "PATCH": "change"}


async def _has_perms(request: Any, permissions: list[str], obj: Any = None) -> bool:
    user = await request.auser()
    if user is None or not user.is_authenticated:
        return False
    # Not `ahas_perm`: it passes by backends without such a method, their vetoes too, and what others override.
    return bool(await off_loop(lambda: all(user.has_perm(permission, obj) for permission in permissions)))


class HasDjangoPermission(Guard):
    """Whose user has every one of the permissions (`"shop.view_order"`) by AUTHENTICATION_BACKENDS; superusers do.

    Unlike `HasPermission`, which reads the token, this loads the user. Objects are asked about with `has_perm(…, obj)`,
    which only backends such as django-guardian's answer. Raises `ValueError` for what is no permission's name.
    """

    def __init__(self, *permissions: str, per_object: bool = False) -> None:
        if not permissions or not all(isinstance(one, str) and one.count(".") == 1 for one in permissions):
            raise ValueError(f"HasDjangoPermission takes names like 'shop.view_order', not {permissions!r}")
        self.permissions = list(permissions)
        self.per_object = per_object

    async def has_permission(self, request: Any) -> bool:
        """Whether the user has them all."""
        return await _has_perms(request, self.permissions)

    async def has_object_permission(self, request: Any, obj: Any) -> bool:
        """Whether the user has them for *obj*, where *per_object* says that this is asked."""
        return not self.per_object or await _has_perms(request, self.permissions, obj)

    def __repr__(self) -> str:
        return f"HasDjangoPermission({', '.join(map(repr, self.permissions))})"


class DjangoModelPermissions(Guard):
    """Whose user may do with *model* what the method does: view, add, change or delete, by Django's permissions.

    GET, HEAD and OPTIONS ask for `view`, POST for `add`, PUT and PATCH for `change`, DELETE for `delete`; any other
    method is refused.
    """

    def __init__(self, model: type[Model]) -> None:
        if not (isinstance(model, type) and issubclass(model, Model)):
            raise ValueError(f"DjangoModelPermissions takes a model class, not {model!r}")
        self.model = model

    async def has_permission(self, request: Any) -> bool:
        """Whether the user has the method's permission."""
        action = "delete" if request.method == "DELETE" else _ACTIONS.get(request.method)
        if action is None:
            return False
        meta = self.model._meta
        return await _has_perms(request, [f"{meta.app_label}.{action}_{meta.model_name}"])

    def __repr__(self) -> str:
        return f"DjangoModelPermissions({self.model.__name__})"
