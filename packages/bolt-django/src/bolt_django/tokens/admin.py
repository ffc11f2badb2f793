"""The tables in Django's admin."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from bolt_django.tokens.forms import APIKeyForm, NewAPIKeyForm
from bolt_django.tokens.models import APIKey, RevokedToken, RevokedUser

if TYPE_CHECKING:
    _KeyAdmin = admin.ModelAdmin[APIKey]
    _RowAdmin = admin.ModelAdmin[Model]
else:
    _KeyAdmin = _RowAdmin = admin.ModelAdmin


@admin.register(APIKey)
class APIKeyAdmin(_KeyAdmin):
    """Makes keys, shown once, and revokes them."""

    list_display = ("prefix", "name", "user", "last_used_at", "expires_at", "state")
    list_filter = ("revoked_at", "expires_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("prefix", "name")
    date_hierarchy = "created_at"
    raw_id_fields = ("user",)
    actions = ("revoke",)
    form = APIKeyForm

    @admin.display(description="state")
    def state(self, row: APIKey) -> str:
        """Whether the key is good."""
        return row.state

    def get_fields(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        """Never the digest."""
        if obj is None:
            return ("name", "key_prefix", "user", "expires_at", "scopes", "permissions")
        told = ("prefix", "user", "state", "created_at", "last_used_at", "revoked_at")
        return ("name", *told, "expires_at", "scopes", "permissions")

    def get_readonly_fields(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        """Whom a key acts for stays as it was when it was made."""
        return () if obj is None else ("prefix", "user", "state", "created_at", "last_used_at", "revoked_at")

    def get_form(self, request: HttpRequest, obj: APIKey | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Another form for a new key."""
        if obj is not None:
            return super().get_form(request, obj, change, **kwargs)
        # The admin takes model fields from `get_fields` and would refuse one that only the form has.
        kwargs |= {"form": NewAPIKeyForm, "fields": NewAPIKeyForm.Meta.fields}
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.may_act_for_superusers = _is_superuser(request.user)
        return form

    def has_change_permission(self, request: HttpRequest, obj: APIKey | None = None) -> bool:
        """What superusers' keys may do, superusers say."""
        if obj is not None and _is_superuser(obj.user) and not _is_superuser(request.user):
            return False
        return super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: APIKey, form: Any, change: bool) -> None:
        """A new key is told to who makes it, and to nobody else."""
        if change:
            super().save_model(request, obj, form, change)
            return
        key = obj.save_with_new_key(form.cleaned_data["key_prefix"])
        told = 'The key "{}" is <code>{}</code> Copy it now: it is not stored and cannot be shown again.'
        messages.warning(request, format_html(told, obj.name, key))

    @admin.action(description="Revoke selected API keys", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> None:
        """Refuse them from now on."""
        count = APIKey.objects.get_queryset().filter(pk__in=[row.pk for row in queryset]).revoke()
        messages.success(request, f"Revoked API keys: {count}.")
        for row in queryset:
            self.log_change(request, row, "Revoked.")


def _is_superuser(user: Any) -> bool:
    return getattr(user, "is_superuser", False) is True


class _Revoked(_RowAdmin):
    """Rows that are only looked at, and deleted to make tokens good again."""

    actions = ("delete_selected",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Stores add them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing in them can be changed with sense."""
        return False

    # By the name of the admin's own action, which its page of confirmation asks for.
    @admin.action(description="Restore selected %(verbose_name_plural)s", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Delete them, after a question: their tokens are good again, where no process remembers otherwise."""
        return delete_selected(self, request, queryset)


@admin.register(RevokedToken)
class RevokedTokenAdmin(_Revoked):
    """Shows and restores tokens."""

    list_display = ("jti", "revoked_at", "expires_at")
    search_fields = ("jti",)
    date_hierarchy = "revoked_at"


@admin.register(RevokedUser)
class RevokedUserAdmin(_Revoked):
    """Shows and restores users' tokens."""

    list_display = ("user_id", "before", "expires_at")
    search_fields = ("user_id",)
