"""None but the API's."""

urlpatterns: list[object] = []
