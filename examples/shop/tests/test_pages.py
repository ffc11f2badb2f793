"""Django's own pages, with Django's own test client."""

from catalog.models import Product
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

UPLOAD = "/stock/import/"


def test_home_lists_products(client: Client, product: Product) -> None:
    """The first page names what is sold."""
    assert b"Bread" in client.get("/").content


def test_import_needs_staff(client: Client, db: None) -> None:
    """A visitor is sent to the admin's login."""
    response = client.get(UPLOAD)

    assert response.status_code == 302
    assert response["location"].startswith("/admin/login/")


def test_import_sets_stock(admin_client: Client, product: Product) -> None:
    """The file's numbers become the stock; unknown SKUs are passed over."""
    file = SimpleUploadedFile("stock.csv", b"sku,stock\nB-1,40\nB-9,1\n")

    response = admin_client.post(UPLOAD, {"file": file}, follow=True)

    assert b"Stock of 1 products set." in response.content
    product.refresh_from_db()
    assert product.stock == 40


def test_a_bad_file_is_explained(admin_client: Client, product: Product) -> None:
    """A file that is not the CSV asked for changes nothing."""
    for content in (b"\xff\xfe", b"name\nBread\n", b"sku,stock\nB-1,many\n", b"sku,stock\nB-1,-1\n"):
        response = admin_client.post(UPLOAD, {"file": SimpleUploadedFile("stock.csv", content)})
        assert response.context["form"].errors["file"]

    product.refresh_from_db()
    assert product.stock == 3


def test_admin_pages_open(admin_client: Client, admin_user: User, product: Product) -> None:
    """Every list and form of the admin renders."""
    for page in ("catalog/product", "catalog/category", "orders/order", "orders/customer"):
        assert admin_client.get(f"/admin/{page}/").status_code == 200
        assert admin_client.get(f"/admin/{page}/add/").status_code == 200
