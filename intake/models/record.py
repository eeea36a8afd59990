"""What a record that a platform tells of is stored as: the latest accepted version; `data` is the truth."""

from __future__ import annotations

from django.db import models

from intake.models.events import InboundEvent
from intake.models.sources import Source


class ReportedRecord(models.Model):
    """What every row of such a record keeps. `version` counts the accepted changes of content."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="%(class)ss")
    version = models.PositiveIntegerField(default=1)
    version_at = models.DateTimeField()
    content_hash = models.CharField(max_length=64)
    data = models.JSONField()
    event = models.ForeignKey(InboundEvent, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
