"""What a merchant's people must hear of, and when each of them last got a mail."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from background.lease import Leased
from mappings.models.connection import Connection
from mappings.models.merchants import Merchant


class Notice(models.Model):
    """One cause of trouble while it lasts; the same cause later is a new row."""

    class Level(models.TextChoices):
        WARNING = "warning", "Warning"
        ERROR = "error", "Error"

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="notices")
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="notices", null=True, blank=True
    )
    cause = models.CharField(max_length=80)
    level = models.CharField(max_length=7, choices=Level, default=Level.WARNING)
    sentence = models.CharField(max_length=600)
    path = models.CharField(
        max_length=300, blank=True, help_text="The page that shows more; else the settings."
    )
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["level", "-first_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "cause"],
                condition=Q(resolved_at__isnull=True, connection__isnull=False),
                name="one_open_notice_per_cause",
            ),
            models.UniqueConstraint(
                fields=["merchant", "cause"],
                condition=Q(resolved_at__isnull=True, connection__isnull=True),
                name="one_open_merchant_notice",
            ),
        ]

    def __str__(self) -> str:
        return self.sentence


class NoticeMail(Leased):
    """When a person was last mailed about a merchant: over all causes, so that causes cannot add up.

    `said` is what that mail said: the last sighting of each notice, ISO text by the notice's id. Who has the
    lease alone hands the next mail over.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    sent_at = models.DateTimeField(null=True, blank=True)
    said = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "merchant"], name="one_mail_clock_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} about {self.merchant}"
