# ruff: noqa
# fmt: off
"""Django ORM (async and sync), error handling; what a snippet takes for granted stands before it."""

import msgspec
from django.contrib.auth.models import User
from django_bolt import BoltAPI

api = BoltAPI()


class UserCreate(msgspec.Struct):
    name: str
    email: str


# Async ORM (preferred for async handlers)
@api.get("/async/users/{user_id}")
async def get_user_async(user_id: int):
    user = await User.objects.aget(pk=user_id)
    return {"id": user.id, "name": user.username}

@api.get("/async/users")
async def list_users_async():
    users = []
    async for user in User.objects.all():
        users.append({"id": user.id, "name": user.username})
    return users

# Sync ORM (for sync handlers)
@api.get("/sync/users/{user_id}")
def get_user_sync(user_id: int):
    user = User.objects.get(pk=user_id)
    return {"id": user.id, "name": user.username}

@api.post("/sync/users")
def create_user_sync(user: UserCreate):
    new_user = User.objects.create(username=user.name, email=user.email)
    return {"id": new_user.id}

from django_bolt.exceptions import NotFound, BadRequest, Unauthorized

@api.get("/users/{user_id}")
async def get_user(user_id: int):
    user = await User.objects.filter(pk=user_id).afirst()
    if not user:
        raise NotFound(detail=f"User {user_id} not found")
    return user
