"""The admin of the shop."""

from django.contrib import admin

from boltsite.shop.models import Product

admin.site.register(Product)
