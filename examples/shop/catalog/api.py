"""The catalogue's API: search, retrieve, export, watch."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Annotated

import msgspec
from django.db.models import Count, Q, QuerySet
from django_bolt import BoltAPI
from django_bolt.exceptions import NotFound
from django_bolt.param_functions import Query
from django_bolt.responses import StreamingResponse

from catalog.models import Category, Product
from catalog.schemas import CategoryOut, ProductOut, ProductPage, StockLevel, category_out

api = BoltAPI(prefix="/api")

PAGE_SIZE = 20
# PostgreSQL knows no NUL character; refused here, it is the client's 422 and not our 500.
SearchText = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]


@api.get("/categories")
def list_categories() -> list[CategoryOut]:
    """List the categories with the number of products in each."""
    # Spelt out, because Django drops Meta.ordering from a query that groups.
    counted = Category.objects.annotate(product_count=Count("products")).order_by("name")
    return [category_out(category, category.product_count) for category in counted]


@api.get("/products")
async def search_products(
    q: SearchText = "",
    category: SearchText | None = None,
    max_price: Decimal | None = None,
    in_stock: bool = False,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> ProductPage:
    """Search by name or SKU, 20 products a page."""
    found = matching(q, category, max_price, in_stock)
    first = (page - 1) * PAGE_SIZE
    items = [ProductOut.of(product) async for product in found[first : first + PAGE_SIZE]]
    return ProductPage(items=items, total=await found.acount(), page=page)


@api.get("/products/{product_id}")
async def retrieve_product(product_id: int) -> ProductOut:
    """Show one product."""
    product = await Product.objects.select_related("category").filter(pk=product_id).afirst()
    if product is None:
        raise NotFound(detail=f"Product {product_id} not found")
    return ProductOut.of(product)


@api.get("/products.csv")
def export_products() -> StreamingResponse:
    """Download every product; rows leave as they are read, so the export needs no memory to speak of."""
    return StreamingResponse(
        csv_rows(),
        media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="products.csv"'},
    )


@api.get("/stock/events")
async def watch_stock(
    updates: Annotated[int, Query(ge=1, le=1000)] = 10,
    interval: Annotated[float, Query(ge=0, le=60)] = 1.0,
) -> StreamingResponse:
    """Send the stock of every product as server-sent events, *interval* seconds apart."""
    return StreamingResponse(stock_events(updates, interval), media_type="text/event-stream")


def matching(q: str, category: str | None, max_price: Decimal | None, in_stock: bool) -> QuerySet[Product]:
    """Return the products that fit every criterion that is given."""
    found = Product.objects.select_related("category")
    if q:
        found = found.filter(Q(name__icontains=q) | Q(sku__iexact=q))
    if category is not None:
        found = found.filter(category__slug=category)
    if max_price is not None:
        found = found.filter(price__lte=max_price)
    if in_stock:
        found = found.filter(stock__gt=0)
    return found


def csv_rows() -> Iterator[str]:
    """Yield the export line by line; the header comes even from an empty shop."""
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(["sku", "name", "price", "stock"])
    for row in Product.objects.values_list("sku", "name", "price", "stock").iterator():
        yield line.getvalue()
        line.seek(0)
        line.truncate()
        writer.writerow(row)
    yield line.getvalue()


async def stock_events(updates: int, interval: float) -> AsyncIterator[bytes]:
    """Yield *updates* events; a client that leaves cancels the wait between two of them."""
    for number in range(updates):
        if number:
            await asyncio.sleep(interval)
        rows = Product.objects.order_by("sku").values_list("sku", "stock")
        levels = [StockLevel(sku=sku, stock=stock) async for sku, stock in rows]
        yield b"data: " + msgspec.json.encode(levels) + b"\n\n"
