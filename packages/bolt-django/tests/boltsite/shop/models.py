"""A product with a picture, and a secret that must never leave."""

from decimal import Decimal

from django.db import models


class Product(models.Model):
    """Something to sell."""

    name: "models.CharField[str, str]" = models.CharField(max_length=50, unique=True)
    price: "models.DecimalField[Decimal, Decimal]" = models.DecimalField(
        max_digits=8, decimal_places=2, default=Decimal(0)
    )
    picture = models.FileField(upload_to="pictures", blank=True)
    api_key: "models.CharField[str, str]" = models.CharField(max_length=50, default="hidden")

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """Asks the database, as a property of a model may."""
        return f"{self.name} of {type(self).objects.count()}"
