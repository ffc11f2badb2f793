"""Permissions as the database has them."""

import pytest
from bolt_auth import AllowAny
from bolt_core import BoltAPI
from bolt_django.auth import DjangoModelPermissions, HasDjangoPermission, JWTAuthentication
from bolt_django.auth.jwt_utils import create_jwt_for_user
from boltsite.library.models import Book
from django.contrib.auth.models import Permission, User
from django.test import override_settings

ALLOWED = {"GET": "view", "POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}


@pytest.fixture
def send(serve):
    """Sends a request as a user to a route with these guards."""

    def start(guards):
        api = BoltAPI(auth=[JWTAuthentication()], guards=guards)

        @api.route("/it", methods=[*ALLOWED, "PURGE"])
        async def asynchronous() -> str:
            return "x"

        @api.route("/sync", methods=[*ALLOWED, "PURGE"])
        def synchronous() -> str:
            return "x"

        browser = serve(api)

        def send(user, method="GET", path="/it"):
            headers = {"Authorization": f"Bearer {create_jwt_for_user(user)}"} if user else {}
            return browser.request(method, path, headers=headers).status

        return send

    return start


def grant(user: User, codename: str) -> User:
    user.user_permissions.add(Permission.objects.get(codename=codename, content_type__app_label="library"))
    return user


@pytest.mark.parametrize("path", ["/it", "/sync"])
def test_by_method(send, db, path):
    """Each method asks for its permission; a method that has none is refused, also to a superuser."""
    ask = send([DjangoModelPermissions(Book)])
    for method, action in ALLOWED.items():
        user = grant(User.objects.create_user(f"{method}{path}"), f"{action}_book")
        assert [ask(user, other, path) for other in ALLOWED] == [
            200 if ALLOWED[other] == action else 403 for other in ALLOWED
        ]
    boss = User.objects.create_superuser(f"boss{path}")
    assert [ask(boss, other, path) for other in (*ALLOWED, "PURGE")] == [*[200] * 5, 403]
    assert ask(None, "GET", path) == 401


def test_named_permissions(send, db):
    """All that are named; taken away in the database, they are gone at once whatever the token remembers."""
    ask = send([HasDjangoPermission("library.view_book", "library.add_book")])
    user = grant(grant(User.objects.create_user("ann"), "view_book"), "add_book")
    assert ask(user) == 200
    user.user_permissions.clear()
    assert ask(user) == 403
    assert ask(User.objects.create_superuser("boss")) == 200


MODEL = "django.contrib.auth.backends.ModelBackend"


@pytest.mark.parametrize("path", ["/it", "/sync"])
def test_backends_without_asynchronous_methods(send, db, path):
    """Their word counts as it does in Django's views: a veto, a grant and a refusal."""
    ask = send([HasDjangoPermission("library.view_book")])
    reader = grant(User.objects.create_user("reader"), "view_book")
    editor = User.objects.create_user("editor")
    assert [ask(user, path=path) for user in (reader, editor)] == [200, 403]
    with override_settings(AUTHENTICATION_BACKENDS=["boltsite.backends.Veto", MODEL]):
        assert [ask(user, path=path) for user in (reader, editor)] == [403, 403]
    with override_settings(AUTHENTICATION_BACKENDS=["boltsite.backends.Editors"]):
        assert [ask(user, path=path) for user in (reader, editor)] == [403, 200]


def test_backends_that_know_objects(serve, ann):
    """With `per_object` such a backend is asked about the object."""
    api = BoltAPI(auth=[JWTAuthentication()], guards=[AllowAny()])
    asks = HasDjangoPermission("library.view_book", per_object=True)

    @api.get("/{name}")
    async def told(request, name: str) -> bool:
        return await asks.has_object_permission(request, name)

    headers = {"Authorization": f"Bearer {create_jwt_for_user(ann)}"}
    with override_settings(AUTHENTICATION_BACKENDS=[MODEL, "boltsite.backends.Objects"]):
        browser = serve(api)
        assert [browser.get(f"/{name}", headers).json() for name in ("mine", "yours")] == [True, False]


@pytest.mark.parametrize(
    "make",
    [
        lambda: HasDjangoPermission(),
        lambda: HasDjangoPermission("view_book"),
        lambda: DjangoModelPermissions("library.Book"),
    ],
)
def test_mistakes(make):
    """What is no permission and no model is an error where it is written."""
    with pytest.raises(ValueError, match="takes"):
        make()
