"""The admin of API keys and revoked tokens."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from bolt_django.tokens.models import APIKey, RevokedToken, RevokedUser


@admin.register(APIKey)
class APIKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Keys are shown once, as they are made; afterwards nobody can tell them."""

    list_display = ("name", "prefix", "user", "state", "expires_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("name", "prefix")
    raw_id_fields = ("user",)
    readonly_fields = ("prefix", "created_at", "revoked_at", "last_used_at")
    actions = ("revoke",)

    @admin.display(description=_("state"))
    def state(self, key: APIKey) -> Any:
        """Whether the key is good."""
        if key.revoked_at is not None:
            return _("revoked")
        if key.expires_at is not None and key.expires_at <= timezone.now():
            return _("expired")
        return _("active")

    @admin.action(description=_("Revoke the selected keys"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> None:
        """End the keys at once."""
        count = queryset.filter(revoked_at=None).update(revoked_at=timezone.now())
        self.message_user(request, _("%d key(s) revoked.") % count)

    def save_model(self, request: HttpRequest, obj: APIKey, form: Any, change: bool) -> None:
        """Make the key of a new row, and show it this once."""
        if change:
            super().save_model(request, obj, form, change)
            return
        key = obj.renew()
        super().save_model(request, obj, form, change)
        said = format_html(
            str(_("The key of “{}” is <code>{}</code>. Copy it now: it is shown this once.")), obj.name, key
        )
        self.message_user(request, said, messages.WARNING)


class _Revoked(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows are added by revoking, and removed to take that back."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Not by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not by hand."""
        return False


@admin.register(RevokedToken)
class RevokedTokenAdmin(_Revoked):
    """Tokens that are good no longer."""

    list_display = ("jti", "revoked_at", "expires_at")
    search_fields = ("jti",)


@admin.register(RevokedUser)
class RevokedUserAdmin(_Revoked):
    """Users all of whose tokens ended."""

    list_display = ("user_id", "before", "expires_at")
    search_fields = ("user_id",)
