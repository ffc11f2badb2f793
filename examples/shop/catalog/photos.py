"""Photos of products: what is accepted, and where it goes."""

from functools import partial

from django.db import transaction
from django_bolt import UploadFile

from catalog.models import Product

MAX_BYTES = 5_000_000
# The suffix decides what a browser takes the file for, so it is ours and not the client's. No SVG: it can hold scripts.
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


def replace_photo(product_id: int, upload: UploadFile) -> Product:
    """Make *upload*, whose type is one of SUFFIXES, the photo of a product; the one before it is deleted.

    Raises Product.DoesNotExist.
    """
    with transaction.atomic():
        product = Product.objects.select_related("category").select_for_update(of=("self",)).get(pk=product_id)
        storage, old = product.photo.storage, product.photo.name
        suffix = SUFFIXES[(upload.content_type or "").lower()]
        product.photo.save(f"{product.pk}{suffix}", upload, save=False)
        product.save(update_fields=["photo"])
        if old:
            transaction.on_commit(partial(storage.delete, old))
    return product
