"""The tables."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import bolt_django.tokens.validators


class Migration(migrations.Migration):
    """Revoked tokens, users with revoked tokens, API keys."""

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RevokedToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("jti", models.CharField(max_length=255, unique=True, verbose_name="token (jti)")),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="expires")),
                ("revoked_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="revoked")),
            ],
            options={
                "verbose_name": "revoked token",
                "ordering": ["-revoked_at"],
            },
        ),
        migrations.CreateModel(
            name="RevokedUser",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("user_id", models.CharField(max_length=255, unique=True, verbose_name="user (sub)")),
                ("before", models.DateTimeField(verbose_name="issued up to")),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="expires")),
            ],
            options={
                "verbose_name": "user with revoked tokens",
                "verbose_name_plural": "users with revoked tokens",
                "ordering": ["-before"],
            },
        ),
        migrations.CreateModel(
            name="APIKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="What the key is for.", max_length=100)),
                ("prefix", models.CharField(editable=False, max_length=64, unique=True)),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "permissions",
                    models.JSONField(
                        blank=True, default=list, validators=[bolt_django.tokens.validators.validate_words]
                    ),
                ),
                (
                    "scopes",
                    models.JSONField(
                        blank=True, default=list, validators=[bolt_django.tokens.validators.validate_words]
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created"),
                ),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, help_text="Empty for never.", null=True, verbose_name="expires"),
                ),
                ("revoked_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="revoked")),
                ("last_used_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last used")),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        help_text="Whom the key acts for, as staff or superuser where the user is; empty for nobody.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bolt_api_keys",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "ordering": ["-created_at"],
            },
        ),
    ]
