"""Objects as they were told, each with the record of the CRM that it is linked to."""

from __future__ import annotations

from django.db import models

from intake.models.record import ReportedRecord
from objects.object_data import ObjectData, ObjectType


class CrmObject(ReportedRecord):
    """The latest accepted version, and its link: `crm_id` is empty until it was sent."""

    type = models.CharField(max_length=20, choices=[(each.value, each.value) for each in ObjectType])
    object_id = models.CharField(max_length=100)
    title = models.CharField(max_length=255)
    contact_email = models.CharField(max_length=320, blank=True)
    email_key = models.CharField(max_length=320, blank=True)
    crm_id = models.PositiveBigIntegerField(null=True)
    linked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "type", "object_id"], name="object_once_per_source")
        ]
        indexes = [models.Index(fields=["source", "email_key"], name="object_email")]

    def __str__(self) -> str:
        return f"{self.type} {self.object_id}"

    @property
    def key(self) -> str:
        """Unique in its source."""
        return f"{self.type}/{self.object_id}"

    @property
    def object_data(self) -> ObjectData:
        return ObjectData.from_json(self.data)
