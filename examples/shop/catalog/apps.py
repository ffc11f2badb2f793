"""The catalogue: what the shop sells."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Categories and products, their admin, their API and the home page."""

    name = "catalog"
