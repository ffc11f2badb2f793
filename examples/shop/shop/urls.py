"""Django's own URLs. The API's routes are found by themselves, in each app's ``api.py``, and come first."""

from catalog import views
from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("", views.home, name="home"),
    path("stock/import/", views.import_stock, name="import-stock"),
    path("admin/", admin.site.urls),
]
