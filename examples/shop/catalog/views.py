"""Plain Django views, served by the same process as the API."""

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from catalog.forms import StockImportForm
from catalog.models import Product


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the shop's shelves."""
    return render(request, "catalog/home.html", {"products": Product.objects.select_related("category")})


@staff_member_required
def import_stock(request: HttpRequest) -> HttpResponse:
    """Set the stock of products from an uploaded CSV file."""
    form = StockImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        stock = form.cleaned_data["file"]
        with transaction.atomic():
            changed = sum(Product.objects.filter(sku=sku).update(stock=count) for sku, count in stock.items())
        messages.success(request, f"Stock of {changed} products set.")
        return redirect("import-stock")
    return render(request, "catalog/import_stock.html", {"form": form})
