"""What is read from shops by asking them: how far, what is due, what went wrong."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from background.lease import Leased
from intake.models.sources import Source


class Poller(Leased):
    """Who asks a shop right now, and how the shop is. One worker at a time holds the lease of a shop.

    `not_before` holds for every question to the shop: it asked us to wait, or it failed `failures` times.
    """

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="poller")
    due_at = models.DateTimeField(
        null=True, help_text="When something is to be asked next; none: nothing is."
    )
    not_before = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)
    problem_since = models.DateTimeField(null=True)
    needs_person = models.BooleanField(default=False, help_text="Asking again by itself cannot help.")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"])]

    def __str__(self) -> str:
        return f"poller of {self.source_id}"


class FeedState(models.Model):
    """How far one feed of a shop is read. All that changed before `read_until` is stored here."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="feeds")
    feed = models.CharField(max_length=30)
    read_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    found = models.PositiveIntegerField(default=0, help_text="What was new in the last round.")

    class Meta:
        ordering = ["feed"]
        constraints = [models.UniqueConstraint(fields=["source", "feed"], name="feed_once_per_source")]
        indexes = [models.Index(fields=["due_at"])]

    def __str__(self) -> str:
        return f"{self.feed} of {self.source_id}"


class PolledRecord(models.Model):
    """What a feed last gave for one key, by its digest: the same again is not stored again."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    feed = models.CharField(max_length=30)
    key = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "feed", "key"], name="polled_once_per_feed"),
        ]

    def __str__(self) -> str:
        return f"{self.feed} {self.key}"


class Reading(models.Model):
    """What is to be read from its shop by an id, because an event told of it. `problem` if that failed."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Under way"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="readings")
    refresh_id = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "refresh_id"],
                condition=Q(state="waiting"),
                name="one_waiting_reading_per_id",
            ),
        ]
        indexes = [
            models.Index(
                fields=["source"], condition=Q(state__in=["waiting", "running"]), name="reading_open"
            ),
        ]

    def __str__(self) -> str:
        return f"reading of {self.refresh_id}"


class Catchup(models.Model):
    """A person asked for the last days of a shop once more: what was read of them, and how far it is."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Under way"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="catchups")
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    parts = models.PositiveIntegerField(default=0, help_text="Windows to read in all.")
    parts_done = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0, help_text="Of what was seen, new or changed.")
    problem = models.CharField(max_length=500, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_open_catchup_per_source",
            ),
        ]

    def __str__(self) -> str:
        return f"the days from {self.since:%Y-%m-%d} to {self.until:%Y-%m-%d}"
