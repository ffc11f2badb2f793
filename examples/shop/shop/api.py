"""Routes that belong to the project rather than to one of its apps."""

from catalog.models import Product
from django_bolt import BoltAPI
from django_bolt.exceptions import NotFound
from django_bolt.responses import HTML, PlainText, Redirect

api = BoltAPI()


@api.get("/health")
async def health() -> PlainText:
    """Say that the process serves, without touching the database."""
    return PlainText("ok")


@api.get("/about")
async def about() -> HTML:
    """A page that needs no template."""
    return HTML("<!doctype html><title>About</title><h1>A small shop</h1>")


@api.get("/newest")
async def newest() -> Redirect:
    """Redirect to the product added last."""
    product = await Product.objects.order_by("-created_at", "-pk").afirst()
    if product is None:
        raise NotFound(detail="The shop is empty")
    return Redirect(f"/api/products/{product.pk}")


@api.get("/broken")
def broken() -> None:
    """Fail, to show what a client and the log see of a bug."""
    raise RuntimeError("this route is broken on purpose")
