"""Orders in the admin."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from orders.models import Customer, Order, OrderLine


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    """Customers."""

    list_display = ["name", "email"]
    search_fields = ["name", "email"]


class OrderLineInline(admin.TabularInline):
    """The lines within their order."""

    model = OrderLine
    extra = 0
    autocomplete_fields = ["product"]


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """Orders with their lines."""

    list_display = ["__str__", "customer", "status", "created_at"]
    list_filter = ["status"]
    list_select_related = ["customer"]
    inlines = [OrderLineInline]
    actions = ["mark_shipped"]

    @admin.action(description="Mark selected orders as shipped")
    def mark_shipped(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Set the status; who watches the order's events is told."""
        queryset.update(status=Order.Status.SHIPPED)
