"""A file of mappings on its way into the tables."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from background.lease import Leased
from mappings.models.connection import Connection


class BatchImport(Leased):
    """One uploaded file: checked first, row by row, and applied as a whole or not at all.

    `report` holds the first problems, `rows` and `bad_rows` count all; `done_rows` is the progress of the
    present state. `body` is the file itself; once it is applied, what it changed as it was before (a packed
    CSV); nothing, once it is withdrawn.
    """

    class State(models.TextChoices):
        CHECKING = "checking", "Being checked"
        COLUMNS = "columns", "Columns to be named"
        CHECKED = "checked", "Checked"
        APPLYING = "applying", "Being applied"
        APPLIED = "applied", "Applied"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="batch_imports")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    file_name = models.CharField(max_length=200)
    body = models.BinaryField()
    replaces_all = models.BooleanField(
        default=False, help_text="Whether items that the file does not name lose their mappings."
    )
    columns = models.JSONField(
        default=list, help_text="Each column of the file and which of ours it is; blank: it is left out."
    )
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    rows = models.PositiveIntegerField(default=0)
    bad_rows = models.PositiveIntegerField(default=0)
    done_rows = models.PositiveIntegerField(default=0)
    summary = models.JSONField(default=dict, help_text="How many of what it adds, changes, removes.")
    report = models.JSONField(default=list)
    problem = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often the present work was begun.")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"])]

    def __str__(self) -> str:
        return self.file_name
