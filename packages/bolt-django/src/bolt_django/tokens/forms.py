"""Forms of the admin."""

from typing import TYPE_CHECKING, Any

from django import forms

from bolt_django.tokens.models import PREFIX_LENGTH, APIKey

if TYPE_CHECKING:
    _KeyForm = forms.ModelForm[APIKey]
else:
    _KeyForm = forms.ModelForm


class WordsField(forms.CharField):
    """A list of words, written with spaces or line breaks between them."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        """One in a line."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """The list."""
        return str(super().to_python(value) or "").split()

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the list is another."""
        return list(initial or ()) != self.to_python(data)


class APIKeyForm(_KeyForm):
    """What may be changed of a key."""

    permissions = WordsField(required=False, help_text="One in a line, such as shop.view_order.")
    scopes = WordsField(required=False, help_text="One in a line, such as orders:read.")

    class Meta:
        model = APIKey
        fields = ("name", "expires_at", "scopes", "permissions")


class NewAPIKeyForm(APIKeyForm):
    """What is said of a key that is to be made."""

    key_prefix = forms.RegexField(
        r"\A[A-Za-z0-9]+\Z",
        max_length=PREFIX_LENGTH - 9,
        initial="key",
        help_text="What the key begins with, such as the name of the service; ASCII letters and digits.",
        error_messages={"invalid": "Give ASCII letters and digits."},
    )

    may_act_for_superusers = False
    """Whether who fills the form in is a superuser."""

    class Meta(APIKeyForm.Meta):
        fields = ("name", "user", "expires_at", "scopes", "permissions")  # type: ignore[assignment]

    def clean_user(self) -> Any:
        """Refuses what would make a superuser of somebody who is none."""
        user = self.cleaned_data["user"]
        if getattr(user, "is_superuser", False) and not self.may_act_for_superusers:
            raise forms.ValidationError("Only superusers may make keys that act for superusers.", code="superuser")
        return user
