"""What holds calls back: the shared count of a quota, the calls reserved of it, and outages of a protocol."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from mappings.models.connection import Connection


class QuotaScope(models.Model):
    """What the CRM counts calls over: one key, one OAuth client or one app.

    The columns from `day` to `reported` are those of `mappings.access.quota.decide.ScopeState`, which says
    what they mean.
    """

    key = models.CharField(max_length=100, unique=True)  # no secret: an HMAC where it stands for one
    kind = models.CharField(max_length=20)
    day = models.IntegerField(default=0)
    used = models.PositiveIntegerField(default=0)
    tick = models.BigIntegerField(default=0)
    sent = models.JSONField(default=list)
    next_slot = models.FloatField(default=0)
    held_until = models.FloatField(default=0)
    pace = models.FloatField(default=0)
    slowed_at = models.FloatField(default=0)
    reported = models.JSONField(default=dict)
    version = models.PositiveBigIntegerField(default=0, help_text="Grows with each change.")

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class QuotaReservation(models.Model):
    """Calls of the day kept for one order until it ends, or until its worker is not heard of any more."""

    scope = models.ForeignKey(QuotaScope, on_delete=models.CASCADE, related_name="reservations")
    holder = models.CharField(max_length=80)
    remaining = models.PositiveIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "holder"], name="one_reservation_per_holder"),
        ]

    def __str__(self) -> str:
        return f"{self.remaining} calls for {self.holder}"


class Outage(models.Model):
    """A protocol of a connection that stopped answering: one row from the first failure to the next success.

    Until `opened_at` it is a suspicion: failures in a row, forgotten at the next success.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="outages")
    protocol = models.CharField(max_length=10)
    since = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=1)
    last_error = models.CharField(max_length=500, blank=True)
    next_probe_at = models.DateTimeField(null=True)
    announced = models.BooleanField(
        default=True, help_text="Who waits was told that it opened, and that it ended."
    )

    class Meta:
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "protocol"], condition=Q(until=None), name="one_outage_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["connection", "-since"])]

    def __str__(self) -> str:
        return f"{self.protocol} of {self.connection_id} since {self.since:%Y-%m-%d %H:%M}"
