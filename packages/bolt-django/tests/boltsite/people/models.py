"""User models whose keys are no numbers; AUTH_USER_MODEL names one of them in single tests."""

import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class Person(AbstractBaseUser):
    """Its key is a UUID, and it has a value that can be changed in place."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=50, unique=True)
    is_active = models.BooleanField(default=True)
    settings = models.JSONField(default=dict)
    boss = models.ForeignKey("self", models.SET_NULL, null=True)

    USERNAME_FIELD = "name"
    objects = BaseUserManager["Person"]()


class Member(AbstractBaseUser):
    """Its key is a text; Django takes those without `is_active` for active."""

    code = models.CharField(max_length=20, primary_key=True)

    USERNAME_FIELD = "code"
    objects = BaseUserManager["Member"]()
