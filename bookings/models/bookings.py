"""Bookings as they are known: the chain, its segments, and every piece of news."""

from __future__ import annotations

from django.db import models

from bookings.booking_data import BookingData, BookingEventData
from intake.models import InboundEvent, Source
from intake.stored_data import data_from


class Booking(models.Model):
    """A chain of segments; all but `key` is worked out of its news, for lists, searches and the clock.

    `key` is the id of the segment that was heard of first: it never changes, as what is in the CRM is found
    by it. `shown_id` is the first segment's. `version` counts changes of what is replicated. A chain that
    turned out to be part of another has `merged_into`: what it made in the CRM is taken back.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="bookings")
    key = models.CharField(max_length=255)
    shown_id = models.CharField(max_length=255)
    version = models.PositiveIntegerField(default=1)
    content_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=30, blank=True)
    actor = models.CharField(max_length=20, blank=True)
    since = models.DateTimeField(null=True)
    email = models.CharField(max_length=255, blank=True)
    email_key = models.CharField(max_length=255, blank=True)
    name = models.CharField(max_length=255, blank=True)
    host_email = models.CharField(max_length=255, blank=True)
    subject = models.CharField(max_length=500, blank=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    data = models.JSONField(default=dict)
    due_at = models.DateTimeField(null=True)  # when the clock alone may change something
    merged_into = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="merged")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="booking_key_per_source")]
        indexes = [
            models.Index(fields=["source", "shown_id"], name="booking_shown"),
            models.Index(fields=["source", "email_key"], name="booking_email"),
            models.Index(fields=["source", "starts_at"], name="booking_start"),
            models.Index(fields=["due_at"], name="booking_due", condition=~models.Q(due_at=None)),
        ]

    def __str__(self) -> str:
        return self.shown_id

    @property
    def booking_data(self) -> BookingData:
        return data_from(BookingData, self.data)


class Segment(models.Model):
    """One id of the platform. Its row is there as soon as anything names it."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="booking_segments")
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="segments")
    segment_id = models.CharField(max_length=255)
    series_id = models.CharField(max_length=255, blank=True)
    email_key = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "segment_id"], name="booking_segment_per_source")
        ]
        indexes = [
            models.Index(
                fields=["source", "series_id"], name="booking_series", condition=~models.Q(series_id="")
            )
        ]

    def __str__(self) -> str:
        return self.segment_id


class BookingEvent(models.Model):
    """One piece of news, kept whole; `data` is a `BookingEventData`."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="booking_events")
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="events")
    event_id = models.CharField(max_length=255)
    segment_id = models.CharField(max_length=255)
    news = models.CharField(max_length=30)
    occurred_at = models.DateTimeField()
    data = models.JSONField()
    inbound = models.ForeignKey(InboundEvent, null=True, on_delete=models.SET_NULL, related_name="+")
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "event_id"], name="booking_event_per_source")
        ]

    def __str__(self) -> str:
        return f"{self.news} {self.segment_id}"

    @property
    def event_data(self) -> BookingEventData:
        return BookingEventData.from_json(self.data)
