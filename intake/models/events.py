"""What arrived, as it arrived."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from intake.models.sources import Source


class InboundEvent(models.Model):
    """A delivery, stored raw before it is acknowledged; its single events are its children.

    A delivery (`parent` null) is split into events, each with a row and a fate of its own, so that one bad
    event of a batch parks alone. Where its subject is read from the shop instead, `reading` is that look.
    """

    class State(models.TextChoices):
        STORED = "stored", "Stored"
        READING = "reading", "Being read from the shop"
        SPLIT = "split", "Split into events"
        APPLIED = "applied", "Applied"
        REPEATED = "repeated", "Already known"
        OUTDATED = "outdated", "Older than what is known"
        IGNORED = "ignored", "Not used"
        PARKED = "parked", "Parked"

    class Channel(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        API = "api", "REST API"
        POLL = "poll", "Read from the shop"
        TEST = "test", "Test event"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="events")
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    position = models.PositiveIntegerField(default=0)
    channel = models.CharField(max_length=10, choices=Channel)
    name = models.CharField(max_length=60, blank=True)
    body = models.BinaryField()
    content_type = models.CharField(max_length=100, blank=True)
    headers = models.JSONField(default=dict, blank=True, help_text="Those that the platform reads.")
    delivery_id = models.CharField(max_length=200, blank=True, help_text="The shop's own id of the delivery.")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the body.")
    reading = models.ForeignKey(
        "Reading", null=True, blank=True, on_delete=models.SET_NULL, related_name="events"
    )
    state = models.CharField(max_length=10, choices=State, default=State.STORED)
    problem = models.CharField(max_length=500, blank=True, help_text="Why it is parked or not used.")
    detail = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    deaths = models.PositiveSmallIntegerField(default=0, help_text="Processes that ended at it, in a row.")
    not_before = models.DateTimeField(null=True)
    received_at = models.DateTimeField(auto_now_add=True)
    parsed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "position"],
                condition=Q(parent__isnull=False),
                name="one_event_per_position",
            ),
            models.UniqueConstraint(
                fields=["source", "delivery_id", "digest"],
                condition=~Q(delivery_id=""),
                name="one_event_per_delivery",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="stored"), name="event_stored"),
            models.Index(fields=["source"], condition=Q(state="parked"), name="event_parked"),
            models.Index(fields=["source", "received_at"]),
            models.Index(fields=["source", "digest"], condition=~Q(digest=""), name="event_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.name or 'delivery'} #{self.pk}"
