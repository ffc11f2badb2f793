"""The catalogue's API: search, retrieve, export, watch."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import msgspec
from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.crypto import constant_time_compare
from django_bolt import BoltAPI, UploadFile
from django_bolt.exceptions import Forbidden, NotFound
from django_bolt.param_functions import File, Header, Query
from django_bolt.responses import FileResponse, StreamingResponse

from catalog.models import Category, Product
from catalog.photos import MAX_BYTES, SUFFIXES, replace_photo
from catalog.schemas import CategoryOut, ProductFilter, ProductOut, ProductPage, StockLevel

api = BoltAPI(prefix="/api")

PAGE_SIZE = 20


@api.get("/categories")
def list_categories() -> list[CategoryOut]:
    """List the categories with the number of products in each."""
    # Spelt out, because Django drops Meta.ordering from a query that groups.
    counted = Category.objects.annotate(product_count=Count("products")).order_by("name")
    return CategoryOut.from_models(counted)


@api.get("/products")
async def search_products(wanted: Annotated[ProductFilter, Query()]) -> ProductPage:
    """Search by name or SKU, 20 products a page."""
    found = matching(wanted)
    first = (wanted.page - 1) * PAGE_SIZE
    items = await ProductOut.afrom_models(found[first : first + PAGE_SIZE])
    return ProductPage(items=items, total=await found.acount(), page=wanted.page)


@api.get("/products/{product_id}")
async def retrieve_product(product_id: int) -> ProductOut:
    """Show one product."""
    product = await ProductOut.optimize(Product.objects).filter(pk=product_id).afirst()
    if product is None:
        raise NotFound(detail=f"Product {product_id} not found")
    return ProductOut.from_model(product)


@api.put("/products/{product_id}/photo")
def upload_photo(
    product_id: int,
    photo: Annotated[UploadFile, File(max_size=MAX_BYTES, allowed_types=list(SUFFIXES))],
    staff_key: Annotated[str, Header("X-Staff-Key")],
) -> ProductOut:
    """Set the photo of a product, sent as a form with the file ``photo``."""
    if not settings.STAFF_KEY or not constant_time_compare(staff_key, settings.STAFF_KEY):
        raise Forbidden
    return ProductOut.from_model(replace_photo(product_id, photo))


@api.get("/products/{product_id}/photo")
async def download_photo(product_id: int) -> FileResponse:
    """Send a product's photo; with ranges, and 304 to who has it already."""
    photo = (await Product.objects.aget(pk=product_id)).photo
    if not photo:
        raise NotFound(detail=f"Product {product_id} has no photo")
    headers = {"Cache-Control": "max-age=60", "X-Content-Type-Options": "nosniff"}
    return FileResponse(photo.name, root=settings.MEDIA_ROOT, headers=headers)


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


def matching(wanted: ProductFilter) -> QuerySet[Product]:
    """Return the products that fit every criterion that is given."""
    found = ProductOut.optimize(Product.objects)
    if wanted.q:
        found = found.filter(Q(name__icontains=wanted.q) | Q(sku__iexact=wanted.q))
    if wanted.category is not None:
        found = found.filter(category__slug=wanted.category)
    if wanted.max_price is not None:
        found = found.filter(price__lte=wanted.max_price)
    if wanted.in_stock:
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
