"""Routes that take uploads into models."""

from typing import Any

from bolt_core import BoltAPI, Request
from bolt_core.forms import form_of
from bolt_core.params import File, Form
from bolt_django.uploads import UploadFile
from django.core.files.uploadedfile import InMemoryUploadedFile, TemporaryUploadedFile, UploadedFile

from boltsite.shop.models import Product

api = BoltAPI(prefix="/uploads")


def described(upload: Any) -> dict[str, Any]:
    """What Django code sees of a file."""
    return {
        "name": upload.name,
        "size": upload.size,
        "type": upload.content_type,
        "django": isinstance(upload, UploadedFile),
        "memory": isinstance(upload, InMemoryUploadedFile),
        "disk": isinstance(upload, TemporaryUploadedFile),
    }


@api.post("/sync")
def save_sync(name: str = Form(), picture: UploadFile = File()) -> Any:
    product = Product.objects.create(name=name, picture=picture)
    return described(picture) | {"path": product.picture.path}


@api.post("/async")
async def save_async(name: str = Form(), picture: UploadedFile | None = None) -> Any:
    product = await Product.objects.acreate(name=name, picture=picture)
    return {"path": product.picture.path if product.picture else None}


@api.post("/twice")
def read_twice(pictures: list[UploadFile]) -> Any:
    seen = []
    for picture in pictures:
        with picture as opened:
            first = opened.read()
        with picture.open() as opened:
            again = b"".join(opened.chunks())
        seen.append([first == again, len(again), picture.multiple_chunks()])
    return seen


@api.post("/form")
async def whole_form(request: Request) -> Any:
    return [described(file) for _, file in form_of(request).files.multi_items()]
