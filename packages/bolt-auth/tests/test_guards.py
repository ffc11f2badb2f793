import asyncio
import threading

import pytest
from bolt_auth import (
    AllowAny,
    Guard,
    HasAllPermissions,
    HasAnyPermission,
    HasPermission,
    HasScope,
    IsAdminUser,
    IsAuthenticated,
    IsStaff,
    IsSuperuser,
    Requires,
)

from .conftest import FakeRequest

ANN = {
    "user_id": "1",
    "is_staff": True,
    "is_superuser": False,
    "permissions": ["a", "b"],
    "scopes": ["read"],
    "claims": {"plan": "pro", "tags": ["x", "y"], "one": 1, "yes": True, "no": False, "null": None},
}
ROOT = {**ANN, "is_superuser": True, "is_staff": False, "permissions": []}


@pytest.mark.parametrize(
    ("guard", "nobody", "ann", "root"),
    [
        (AllowAny(), True, True, True),
        (IsAuthenticated(), False, True, True),
        (IsStaff(), False, True, False),
        (IsSuperuser(), False, False, True),
        (IsAdminUser(), False, False, True),
        (HasPermission("a"), False, True, False),
        (HasAllPermissions(["a", "b"]), False, True, False),
        (HasAllPermissions(["a", "c"]), False, False, False),
        (HasAnyPermission(["c", "b"]), False, True, False),
        (HasScope("read"), False, True, True),
        (HasScope("read", "write"), False, False, False),
        (Requires("plan"), False, True, True),
        (Requires("no"), False, False, False),
        (Requires("null"), False, False, False),
        (Requires("plan", "free", "pro"), False, True, True),
        (Requires("tags", "y"), False, True, True),
        (Requires("tags", "z"), False, False, False),
        (Requires("yes", 1), False, False, False),
        (Requires("one", True), False, False, False),
        (Requires("one", 1), False, True, True),
        (~IsStaff(), True, False, True),
        (IsStaff() & HasScope("read"), False, True, False),
        (IsStaff() | IsSuperuser(), False, True, True),
        (IsAuthenticated() & ~(IsStaff() | HasPermission("z")), False, False, True),
    ],
)
async def test_who_may_pass(guard, nobody, ann, root):
    """Each guard, for nobody, a member of the staff and a superuser."""
    for auth, allowed in (({}, nobody), (ANN, ann), (ROOT, root)):
        request = FakeRequest(auth=auth)
        assert await guard.check(request) is allowed
        assert guard.check_sync(request) is allowed
    assert guard.is_native
    assert guard.to_wire() is not None


def test_wire():
    """A tree of guards is plain data."""
    tree = IsStaff() & (HasAnyPermission(["a"]) | ~Requires("plan", "pro")) & HasScope("read")

    assert tree.to_wire() == (
        "all",
        [
            ("flag", "is_staff"),
            ("any", [("permissions", ["a"], False), ("not", ("claim", "plan", ["pro"]))]),
            ("scopes", ["read"], True),
        ],
    )
    assert repr(tree) == "(IsStaff() & (HasAnyPermission(('a',)) | ~Requires('plan', ('pro',))) & HasScope(('read',)))"


@pytest.mark.parametrize(
    "make",
    [
        lambda: HasPermission(["a"]),
        lambda: HasAnyPermission([]),
        lambda: HasAllPermissions([7]),
        lambda: HasScope(),
        lambda: HasScope("read write"),
        lambda: Requires(""),
        lambda: Requires("plan", ["pro"]),
        lambda: Requires("plan", None),
    ],
)
def test_guards_that_guard_nothing_are_refused(make):
    """A guard that could not mean anything is an error where it is written."""
    with pytest.raises(ValueError, match=r"\w+"):
        make()


def test_missing_scopes():
    """Scopes are named where they are what is missing, and not where something else is."""
    ann, scope = FakeRequest(auth=ANN), HasScope("write", "admin")

    assert scope.missing_scopes(ann) == ("write", "admin")
    assert (IsStaff() & scope).missing_scopes(ann) == ("write", "admin")
    assert (IsSuperuser() & scope).missing_scopes(ann) == ()
    assert (IsSuperuser() | scope).missing_scopes(ann) == ("write", "admin")
    assert (IsStaff() & IsAuthenticated()).missing_scopes(ann) == ()
    assert (~scope).missing_scopes(ann) == ()
    assert (Owner() & scope).missing_scopes(ann) == ()


def test_equal_guards_are_equal():
    """Guards are values."""
    assert HasPermission("a") == HasPermission("a") != HasPermission("b")
    assert len({IsStaff(), IsStaff(), IsSuperuser()}) == 2


class Owner(Guard):
    """Asks in Python, about the request and the object."""

    def has_permission(self, request):
        self.thread = threading.current_thread()
        return bool(request.auth)

    async def has_object_permission(self, request, obj):
        await asyncio.sleep(0)
        return obj == request.auth.get("user_id")


class Slow(Guard):
    """Asks asynchronously."""

    async def has_permission(self, request):
        await asyncio.sleep(0)
        return request.auth.get("user_id") == "1"


async def test_python_guards():
    """A guard of one's own may block in its own thread, or be async; a tree with one is Python's."""
    owner, ann = Owner(), FakeRequest(auth=ANN)

    assert await owner.check(ann)
    assert owner.thread is not threading.current_thread()
    assert await owner.check_object(ann, "1")
    assert not await owner.check_object(ann, "2")
    tree = IsStaff() & (owner | Slow())
    assert (tree.is_native, tree.is_async, tree.to_wire()) == (False, True, None)
    assert await tree.check(ann)
    assert not await (IsStaff() & ~Slow()).check(ann)
    assert not owner.is_async


async def test_objects_in_trees():
    """With `|` an object needs one guard that lets both pass, with `&` all of them."""
    ann = FakeRequest(auth=ANN)

    assert not await (Owner() | IsSuperuser()).check_object(ann, "2")
    assert await (Owner() | IsStaff()).check_object(ann, "2")
    assert not await (Owner() & IsStaff()).check_object(ann, "2")
    assert await (~Owner()).check_object(ann, "2")
    assert await (~IsSuperuser()).check_object(ann, "2")


def test_async_guard_cannot_be_asked_synchronously():
    """Where nothing can be awaited, an async guard is an error and not a pass."""
    with pytest.raises(TypeError, match="await check"):
        Slow().check_sync(FakeRequest(auth=ANN))


async def test_only_true_allows():
    """What a guard returns must be `True`: a coroutine or an object that is merely truthy does not open a route."""

    class Careless(Guard):
        def has_permission(self, request):
            return "yes"

    assert not await Careless().check(FakeRequest())
    assert not Careless().check_sync(FakeRequest())


def test_only_guards_combine():
    """Something else than a guard beside `&` is a TypeError."""
    with pytest.raises(TypeError):
        IsStaff() & "admin"
    with pytest.raises(TypeError):
        IsStaff() | 7
