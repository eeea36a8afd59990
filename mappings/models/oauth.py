"""The tokens of a connection that a person connected through the CRM's own log-in."""

from __future__ import annotations

from django.db import models

from background.lease import Leased
from mappings.encrypted import EncryptedTextField
from mappings.models.connection import Connection


class OAuthGrant(Leased):
    """One row per connection. `version` counts the pairs: whoever stores the next one names the last.

    `lease_token` and `lease_until` belong to the worker that is renewing; `unclear_at` says since when it is
    not known whether the CRM used up the refresh token; `broken_reason` is set once the CRM refused it.
    """

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="oauth")
    access_token = EncryptedTextField(blank=True, editable=False)
    refresh_token = EncryptedTextField(blank=True, editable=False)
    version = models.PositiveIntegerField(default=0)
    app = models.CharField(max_length=100, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    unclear_at = models.DateTimeField(null=True, blank=True)
    broken_at = models.DateTimeField(null=True, blank=True)
    broken_reason = models.CharField(max_length=500, blank=True)
    state_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = "OAuth grant"

    def __str__(self) -> str:
        return f"{self.connection} (pair {self.version})"

    @property
    def is_connected(self) -> bool:
        return self.version > 0 and self.issued_at is not None
