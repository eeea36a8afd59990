"""A merchant's account at the CRM: credentials, state, and the record of every call made with them."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from crm.credentials import app_name_is_valid
from mappings.encrypted import EncryptedTextField
from mappings.models.merchants import Merchant
from mappings.models.order_settings import OrderSettings


def new_version() -> int:
    """One that no row ever had."""
    return secrets.randbits(62)


def validate_app_name(value: str) -> None:
    if not app_name_is_valid(value):
        raise ValidationError(
            "Give only the name in front of .infusionsoft.com, such as ab123: a letter, then letters, "
            "digits or hyphens."
        )


class Connection(OrderSettings):
    """Credentials of one CRM app, bound to it at the first successful test."""

    class CredentialKind(models.TextChoices):
        HEADER_KEY = "header_key", "Personal access token or service account key"
        LEGACY_KEY = "legacy_key", "Legacy API key (on the app's own address)"
        BEARER = "bearer", "Access token"
        OAUTH = "oauth", "Connect with Keap (OAuth 2, no key to copy)"

    class Protocol(models.TextChoices):
        REST = "rest", "REST"
        XMLRPC = "xmlrpc", "XML-RPC (ends 2026-12-31)"
        AUTOMATIC = "automatic", "Automatic: the cheapest live call of each"

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="connections")
    name = models.CharField(max_length=60, default="Infusionsoft")
    enabled = models.BooleanField(
        "Enabled", default=False, help_text="While off, events are stored and can be sent later."
    )
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    throttled_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Nothing new is begun before: its quota is used up."
    )
    paused_reason = models.CharField(max_length=500, blank=True, editable=False)
    credentials_probed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Set while it is paused for refused credentials."
    )
    credential_kind = models.CharField(
        "Kind of key", max_length=12, choices=CredentialKind, default=CredentialKind.HEADER_KEY
    )
    protocol = models.CharField(
        "Protocol",
        max_length=10,
        choices=Protocol,
        default=Protocol.REST,
        help_text="How Cascader talks to the CRM. It may be changed at any time: orders in flight go on.",
    )
    app_name = models.CharField(
        "App Name",
        max_length=31,
        validators=[validate_app_name],
        help_text="The name in front of .infusionsoft.com when you are logged in to your CRM.",
    )
    api_key = EncryptedTextField(
        "API Key", max_length=2000, blank=True, help_text="Stored encrypted, never shown again."
    )
    bound_app = models.CharField(
        max_length=100,
        blank=True,
        editable=False,
        help_text="The app that answered the first successful test.",
    )
    merchant_mode = models.CharField(
        max_length=10, blank=True, editable=False, help_text="test, live, or unknown where it cannot be read."
    )
    merchant_mode_at = models.DateTimeField(null=True, blank=True, editable=False)
    merchant_test_confirmed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When a person said that it is in test mode."
    )
    told_time_zone = models.CharField(
        max_length=64, blank=True, editable=False, help_text="The zone that the CRM account told."
    )
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    test_result = models.JSONField(default=list, blank=True, editable=False)
    drift_checked_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the nightly test was last begun."
    )
    tables_version = models.BigIntegerField(
        default=new_version, editable=False, help_text="Another with each change of its mapping tables."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["merchant__name", "name"]
        constraints = [
            models.UniqueConstraint(fields=["merchant", "name"], name="connection_name_per_merchant"),
        ]

    def __str__(self) -> str:
        return f"{self.merchant} · {self.name}"

    def save(self, **options: Any) -> None:
        """Whoever writes the whole row must not bring back a version that was replaced meanwhile."""
        self.tables_version = new_version()
        super().save(**options)

    @property
    def zone_name(self) -> str:
        """The time zone of the CRM's dates: as set, else as the account tells, else the deployment's."""
        return self.crm_time_zone or self.told_time_zone or settings.CRM_TIME_ZONE


class ApiCall(models.Model):
    """One request to the CRM, redacted. `trace_id` is filled by whoever caused it."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="api_calls")
    trace_id = models.CharField(max_length=40, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    step = models.CharField(max_length=120, blank=True)
    protocol = models.CharField(max_length=10)
    operation = models.CharField(max_length=40)
    method = models.CharField(max_length=80)
    writes = models.BooleanField()
    request = models.TextField(blank=True)
    response = models.TextField(blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    error_class = models.CharField(max_length=15, blank=True)
    error = models.CharField(max_length=1000, blank=True)
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()

    class Meta:
        verbose_name = "API call"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["trace_id", "id"]),
            models.Index(fields=["connection", "started_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.method} ({self.error_class or 'ok'})"
