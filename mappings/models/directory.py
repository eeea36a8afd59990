"""Our copy of the CRM's lists, and what the CRM answered when it was asked for a single name."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from background.lease import Leased
from mappings.models.connection import Connection


class DirectoryList(Leased):
    """How far one list of a connection has been read; the truth about who reads it now.

    A pass begins at `started_at`, goes on at `next_page` and ends as `refreshed_at`. `wanted_at` says since
    when somebody wants it read anew, `due_at` when to go on or begin again; `error` is for the merchant.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="directory_lists")
    kind = models.CharField(max_length=20)
    refreshed_at = models.DateTimeField(null=True)
    count = models.PositiveIntegerField(default=0)
    supported = models.BooleanField(default=True)
    error = models.CharField(max_length=600, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    wanted_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    next_page = models.TextField(blank=True)
    seen = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind"], name="one_list_per_kind"),
        ]
        indexes = [models.Index(fields=["due_at"])]

    def __str__(self) -> str:
        return f"{self.connection}: {self.kind}"

    def is_being_read(self, now: datetime) -> bool:
        return self.lease_until is not None and self.lease_until > now


class DirectoryRow(models.Model):
    """One record of a list as last read. `code` is a product's SKU, a partner's code, a user's e-mail.

    `slot` is 0, but for an assignment the category: one product may be in several. `seen_at` is the start of
    the pass that saw it last.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="directory_rows")
    kind = models.CharField(max_length=20)
    crm_id = models.PositiveBigIntegerField()
    slot = models.PositiveBigIntegerField(default=0)
    parent_id = models.PositiveBigIntegerField(default=0)
    name = models.CharField(max_length=300, blank=True)
    code = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    detail = models.JSONField(default=dict, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "crm_id", "slot"], name="one_row_per_crm_record"
            ),
        ]
        indexes = [
            models.Index(fields=["connection", "kind", "name"]),
            models.Index(fields=["connection", "kind", "code"]),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.crm_id})"


class DirectoryEntry(models.Model):
    """What the CRM answered when it was asked for a name: an id, or a clean "absent" (`crm_id` null)."""

    class Kind(models.TextChoices):
        """What can be asked for by name: lists in the words of `crm.contract.DirectoryKind`, and SKUs."""

        TAG = "tag", "Tag"
        PRODUCT = "product", "Product"
        LEAD_SOURCE = "lead_source", "Lead source"
        AFFILIATE = "affiliate", "Referral partner"
        SKU = "sku", "Product by SKU"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="directory")
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=200)
    crm_id = models.PositiveBigIntegerField(null=True)
    matches = models.PositiveSmallIntegerField(default=0, help_text="How many records carry the name.")
    checked_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "directory entries"
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind", "name"], name="one_entry_per_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.crm_id or 'absent'})"
