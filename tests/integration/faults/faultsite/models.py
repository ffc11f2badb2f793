"""One table, some of whose rows are wide, so that a stream of them fills every buffer on its way."""

from django.db import models


class Entry(models.Model):
    """A row."""

    text = models.TextField()
