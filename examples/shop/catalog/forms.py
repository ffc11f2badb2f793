"""Forms of the catalogue's pages."""

import csv
import io

from django import forms
from django.core.files.uploadedfile import UploadedFile

MAX_BYTES = 1_000_000
MAX_STOCK = 1_000_000


class StockImportForm(forms.Form):
    """A CSV file with the columns ``sku`` and ``stock``."""

    file = forms.FileField(help_text="CSV with the columns sku and stock")

    def clean_file(self) -> dict[str, int]:
        """Return the stock by SKU; anything but a well-formed file of sensible size is the user's error."""
        upload: UploadedFile = self.cleaned_data["file"]
        if upload.size is None or upload.size > MAX_BYTES:
            raise forms.ValidationError(f"The file is larger than {MAX_BYTES} bytes.")
        try:
            rows = csv.DictReader(io.StringIO(upload.read().decode()))
            stock = {row["sku"]: int(row["stock"]) for row in rows}
        except (KeyError, TypeError, ValueError, csv.Error):
            raise forms.ValidationError("The file must be UTF-8 CSV with the columns sku and stock.") from None
        if not all(0 <= count <= MAX_STOCK for count in stock.values()):
            raise forms.ValidationError(f"Stock must be between 0 and {MAX_STOCK}.")
        return stock
