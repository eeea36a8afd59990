"""Shops, and the keys by which they reach us."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from mappings.encrypted import EncryptedTextField
from mappings.models import Connection

SLUG_TAKEN = "Another shop sends to this CRM app under this short name. Choose another one."


class OrderViews(models.TextChoices):
    WHOLE = "whole", "The whole order"
    PARTS = "parts", "Its parts"
    EACH = "each", "Each by itself"


class Source(models.Model):
    """A shop and how it talks to us. Its slug is part of every order's identity, so it never changes.

    `token` is the secret in the hook's address; `token_hash` (SHA-256) finds the source. While a signing
    secret is being changed, deliveries signed with the one before are taken too. `api_user` and `api_secret`
    are what the shop's own API asks for, in the platform's words.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="sources")
    slug = models.CharField(
        max_length=30,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$", "Small letters, digits and hyphens.")],
        help_text="Short name of the shop; part of the order title in the CRM. Fixed once saved.",
    )
    name = models.CharField(max_length=100)
    platform = models.CharField(max_length=30)
    enabled = models.BooleanField(default=True)
    SECRETS = ("token", "basic_password", "signing_secret", "signing_secret_before", "api_secret")

    token = EncryptedTextField(editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    basic_user = models.CharField("Basic authentication: user", max_length=100, blank=True)
    basic_password = EncryptedTextField("Basic authentication: password", blank=True, default="")
    signing_secret = EncryptedTextField(blank=True, default="")
    signing_secret_before = EncryptedTextField(blank=True, default="")
    shop_url = models.URLField("Address of the shop", max_length=300, blank=True)
    api_user = models.CharField("API user", max_length=200, blank=True)
    api_secret = EncryptedTextField("API secret", blank=True, default="")
    poll_minutes = models.PositiveSmallIntegerField(
        "Ask the shop every",
        default=5,
        validators=[MaxValueValidator(1440)],
        help_text="Minutes between two looks at the shop's API, 0 for never. Without credentials for the API "
        "the shop is not asked.",
    )
    silence_hours = models.PositiveSmallIntegerField(
        "Silence alarm after",
        default=24,
        validators=[MaxValueValidator(2000)],
        help_text="Hours without any event, where there used to be some, after which somebody is told. 0: "
        "never.",
    )
    currency = models.CharField(
        max_length=3,
        default="USD",
        validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters, such as USD.")],
        help_text="The shop's base currency, in which it reports amounts.",
    )
    start_date = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Orders placed before this moment are stored and skipped.",
    )
    abandon_hours = models.PositiveSmallIntegerField(
        "Abandon interval",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(672)],
        help_text="Hours after which a cart counts as abandoned, as set in the shop. It tells when the cart "
        "was left, and so which orders came after it. Shopify calls no cart abandoned: there you choose.",
    )
    order_views = models.CharField(
        "Orders in parts",
        max_length=10,
        choices=OrderViews,
        default=OrderViews.WHOLE,
        help_text="Marketplace extensions tell one purchase as a whole order, and once more as an order for "
        "each vendor. Choose what of it goes to the CRM; “each” only where the parts are no part of another.",
    )
    quiet_channels = models.CharField(
        "Channels without e-mail",
        max_length=500,
        blank=True,
        help_text="Marketplaces and tills whose orders may carry no e-mail address, with commas between: "
        "amazon, ebay, pos. Their orders without one are skipped instead of waiting for a person.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["connection", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "slug"], name="source_slug_per_connection"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.platform})"

    def clean(self) -> None:
        """The slug begins the titles of orders in the CRM, so in one app each belongs to one shop."""
        if self.pk is None and self.connection_id and self.connection.bound_app:
            taken = Source.objects.filter(slug=self.slug, connection__bound_app=self.connection.bound_app)
            if taken.exclude(connection_id=self.connection_id).exists():
                raise ValidationError({"slug": SLUG_TAKEN})


# As a row of a source, which shows none of them, defers them.
SOURCE_SECRETS = tuple(f"source__{name}" for name in Source.SECRETS)


class ApiKey(models.Model):
    """A key of the REST API. Only its hash is stored; `prefix` tells keys apart on the page."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Set when a new key takes its place."
    )

    class Meta:
        verbose_name = "API key"
        verbose_name_plural = "API keys"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
