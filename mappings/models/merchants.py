"""Merchants, and which person may do what for them."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Merchant(models.Model):
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=40, unique=True)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="merchants")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's rights at one merchant. Whoever is listed may read the replication log."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="memberships")
    can_edit_settings = models.BooleanField(
        "Edit settings",
        default=False,
        help_text="May change credentials, settings and mappings.",
    )
    can_resend = models.BooleanField(
        "Resend", default=False, help_text="May send a replication again from the log."
    )

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(fields=["user", "merchant"], name="one_membership_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.merchant}"
