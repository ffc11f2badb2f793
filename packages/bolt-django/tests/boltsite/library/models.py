"""Books, and who writes and publishes them: every kind of relation and of field."""

import uuid
from decimal import Decimal

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy


class Publisher(models.Model):
    """Publishes books."""

    name = models.CharField(max_length=50, unique=True)
    country = models.ForeignKey("Country", models.SET_NULL, null=True, blank=True, related_name="publishers")
    notes = models.TextField(blank=True)


class Country(models.Model):
    """Its key is text."""

    code = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(max_length=50, default=gettext_lazy("Unknown"))


class Author(models.Model):
    """Writes books, mostly for one publisher."""

    name = models.CharField(max_length=50)
    email = models.EmailField(unique=True)
    publisher = models.ForeignKey(Publisher, models.SET_NULL, null=True, blank=True, related_name="authors")
    biography = models.TextField(blank=True)

    @property
    def initials(self) -> str:
        """Of a column."""
        return "".join(part[0] for part in self.name.split())

    @property
    def book_count(self) -> int:
        """Asks the database."""
        return self.books.count()  # type: ignore[attr-defined,no-any-return]

    def greeting(self) -> str:
        """A method."""
        return f"Dear {self.name}"


class Portrait(models.Model):
    """Of one author."""

    author = models.OneToOneField(Author, models.CASCADE, related_name="portrait")
    picture = models.FileField(upload_to="portraits", blank=True)


class Tag(models.Model):
    """Of many books; tags may stand below one another."""

    name = models.CharField(max_length=20, unique=True)
    owner = models.ForeignKey(Author, models.SET_NULL, null=True, blank=True, related_name="tags")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")


class Mark(models.Model):
    """On anything."""

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    target = GenericForeignKey("content_type", "object_id")
    text = models.CharField(max_length=20)


def no_shouting(value: str) -> None:
    """Refuse capitals alone."""
    if value.isupper():
        raise ValidationError(gettext_lazy("Do not shout."), code="shouting")


class Book(models.Model):
    """Nearly every kind of field."""

    class Status(models.TextChoices):
        """Of a book."""

        DRAFT = "draft", gettext_lazy("A draft")
        OUT = "out", gettext_lazy("Published")

    title = models.CharField(max_length=40, validators=[MinLengthValidator(2), no_shouting])
    slug = models.SlugField(unique=True, null=True, blank=True)
    isbn = models.CharField(max_length=13, blank=True, default="", validators=[RegexValidator(r"^([0-9]{13})?$")])
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    pages = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(5000)])
    price = models.DecimalField(max_digits=6, decimal_places=2, default=Decimal("0"))
    published = models.DateField(null=True, blank=True)
    duration = models.DurationField(null=True, blank=True)
    details = models.JSONField(default=dict, blank=True)
    code = models.UUIDField(default=uuid.uuid4, editable=False)
    cover = models.FileField(upload_to="covers", blank=True)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    editor = models.ForeignKey(Author, models.SET_NULL, null=True, blank=True, related_name="edited")
    tags = models.ManyToManyField(Tag, blank=True, related_name="books")
    marks = GenericRelation(Mark)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["author", "title"], name="one_title_an_author"),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="no_negative_price"),
        ]

    def clean(self) -> None:
        """A book that is out has pages."""
        if self.status == self.Status.OUT and self.pages < 2:
            raise ValidationError({"pages": ValidationError("A published book has more pages.", code="too_short")})
