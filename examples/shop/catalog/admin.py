"""The catalogue in the admin."""

from django.contrib import admin

from catalog.models import Category, Product


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    """Categories, their slug filled in from the name."""

    list_display = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    """Products, with price and stock editable in the list."""

    list_display = ["name", "sku", "category", "price", "stock"]
    list_editable = ["price", "stock"]
    list_filter = ["category"]
    list_select_related = ["category"]
    search_fields = ["name", "sku"]
