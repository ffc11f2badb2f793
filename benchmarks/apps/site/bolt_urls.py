"""Django's own URLs beside the bolt routes: none."""

urlpatterns: list[object] = []
