"""Django's own URLs where no framework needs any."""

urlpatterns: list[object] = []
