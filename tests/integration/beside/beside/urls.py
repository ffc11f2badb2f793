"""One view of DRF's, one router of Ninja's, the shop's pages, and the API's routes by their names."""

from catalog.models import Product
from debug_toolbar.toolbar import debug_toolbar_urls
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import include, path
from ninja import NinjaAPI, Schema
from ninja import Router as NinjaRouter
from rest_framework import generics, serializers

ninja = NinjaAPI(urls_namespace="ninja")
router = NinjaRouter()


class ProductOut(Schema):
    """A product as Ninja writes it."""

    sku: str
    name: str


@router.get("/products", response=list[ProductOut])
def ninja_products(request: HttpRequest) -> object:
    """Every product."""
    return Product.objects.order_by("sku")


ninja.add_router("", router)


class ProductSerializer(serializers.ModelSerializer):
    """A product as DRF writes it."""

    class Meta:
        model = Product
        fields = ["sku", "name"]


class DrfProducts(generics.ListAPIView):
    """Every product, filtered by django-filter."""

    queryset = Product.objects.order_by("sku")
    serializer_class = ProductSerializer
    filterset_fields = ["sku"]


def links(request: HttpRequest) -> HttpResponse:
    """A page with a URL of the API's, by its name, and a query for the toolbar."""
    template = Template(
        "<html><body>{% url 'bolt:retrieve_product' product_id=number %} of {{ count }}"
        "<link rel=stylesheet href='/static/admin/css/base.css'></body></html>"
    )
    return HttpResponse(template.render(Context({"number": 3, "count": Product.objects.count()})))


urlpatterns = [
    path("drf/products/", DrfProducts.as_view()),
    path("ninja/", ninja.urls),
    path("links/", links),
    path("", include("shop.urls")),
    path("", include("django_bolt.urls")),
    *debug_toolbar_urls(),
]
