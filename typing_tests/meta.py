"""The names of `django_bolt` are those of the packages that make them."""

from typing import assert_type

import bolt_core
import django_bolt

assert_type(django_bolt.BoltAPI(), bolt_core.BoltAPI)
assert_type(django_bolt.JSON({}), bolt_core.JSON)
