"""No URLs of Django's: the API answers everything."""

urlpatterns: list[object] = []
