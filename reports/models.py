"""Data sets, the runs that read them, and every version of every row."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from background.lease import Leased
from mappings.models import Connection


def new_trace_id() -> str:
    return uuid.uuid4().hex


class DataSet(models.Model):
    """Rows pulled from one CRM account by one report, again and again.

    `arguments` are the report's parameters as a person gave them, `columns` the names chosen, none for all.
    Readers see the row versions up to the run `shown_run`, and no run that is under way. `schema` is what
    the columns hold: `name`, `label`, `type`, and `gone` for one that the CRM no longer has. `began_at` is
    the CRM's clock when the last complete run began. Versions up to `pruned_to` may be missing from the
    changes.
    """

    class Mode(models.TextChoices):
        REPLACE = "replace", "Replace: the rows are what the CRM has, deleted ones too"
        MERGE = "merge", "Merge: rows are added and updated, none is deleted"
        APPEND = "append", "Append: each run adds its rows to the earlier ones"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="data_sets")
    slug = models.CharField(
        max_length=40,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$", "Small letters, digits and hyphens.")],
    )
    name = models.CharField(max_length=100)
    report = models.CharField(max_length=40, help_text="The name of a report of the catalogue.")
    arguments = models.JSONField(default=dict, blank=True)
    columns = models.JSONField(default=list, blank=True)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.REPLACE)
    cron = models.CharField(max_length=100, blank=True)
    next_run_at = models.DateTimeField(null=True, blank=True)
    keep_days = models.PositiveSmallIntegerField(
        default=90, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    shown_run = models.PositiveIntegerField(default=0)
    row_count = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField(null=True, blank=True)
    schema = models.JSONField(default=list, blank=True)
    pruned_to = models.PositiveBigIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["connection", "name"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "slug"], name="data_set_slug_per_connection"),
        ]
        indexes = [models.Index(fields=["next_run_at"], condition=~Q(cron=""), name="data_set_scheduled")]

    def __str__(self) -> str:
        return self.name


class Run(Leased):
    """One reading of a data set, from the first page to the switch; all it asks for is pinned here.

    A worker owns it while `lease_token` is its own. `cursor` is where to go on and is committed with the rows
    of the page before. `removed` rows are those that the CRM no longer has. Every delay is `not_before`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        READING = "reading", "Reading"
        UNDOING = "undoing", "Taking back"
        COMPLETE = "complete", "Complete"
        INCOMPLETE = "incomplete", "Incomplete"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    class Trigger(models.TextChoices):
        PERSON = "person", "By a person"
        SCHEDULE = "schedule", "By the schedule"

    class Proof(models.TextChoices):
        NONE = "", "Not yet"
        COUNTED = "counted", "Counted: complete"
        READ_TO_END = "read_to_end", "Read to the end, not counted"
        NOT_PROVEN = "not_proven", "Not proven"

    OPEN = (State.WAITING, State.READING, State.UNDOING)

    data_set = models.ForeignKey(DataSet, on_delete=models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    ends_as = models.CharField(max_length=10, choices=State, blank=True, help_text="After taking back.")
    triggered_by = models.CharField(max_length=10, choices=Trigger, default=Trigger.PERSON)
    triggered_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    trace_id = models.CharField(max_length=40, default=new_trace_id)

    protocol = models.CharField(max_length=10, blank=True)
    mode = models.CharField(max_length=10, choices=DataSet.Mode)
    arguments = models.JSONField(default=dict, blank=True)
    columns = models.JSONField(default=list, blank=True)
    since = models.DateTimeField(null=True, help_text="What LastSuccessfulRun stands for.")

    began_at = models.DateTimeField(null=True, help_text="By the CRM's clock.")
    cursor = models.JSONField(default=dict, blank=True)
    at_end = models.BooleanField(default=False)
    first_page = models.CharField(max_length=64, blank=True, help_text="A digest, where pages go by number.")
    failed_ids = models.JSONField(default=list, blank=True, help_text="Asked for and not in the CRM.")
    page_rows = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    counted_before = models.PositiveIntegerField(null=True)
    counted_after = models.PositiveIntegerField(null=True)
    changed_meanwhile = models.PositiveIntegerField(null=True)
    proof = models.CharField(max_length=12, choices=Proof, default=Proof.NONE, blank=True)
    rereads = models.PositiveSmallIntegerField(default=0)

    not_before = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="In a row.")
    error = models.CharField(max_length=600, blank=True)
    notes = models.JSONField(default=list, blank=True)
    cancel_wanted = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["data_set", "number"], name="one_run_per_number"),
            models.UniqueConstraint(
                fields=["data_set"],
                condition=Q(state__in=("waiting", "reading", "undoing")),
                name="one_open_run_per_data_set",
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=Q(state__in=("waiting", "reading", "undoing")),
                name="run_open",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.number} of {self.data_set_id}"


class RowVersion(models.Model):
    """What a row was from the run `born` on, until the run `replaced`; a change number is its id.

    One that is `gone` is a tombstone: from its run on the row is not there. Of one key at most one version is
    not replaced. `page` tells with the run which call it came by.
    """

    data_set = models.ForeignKey(DataSet, on_delete=models.CASCADE, related_name="versions")
    key = models.CharField(max_length=200)
    key_number = models.BigIntegerField(null=True)
    born = models.PositiveIntegerField()
    replaced = models.PositiveIntegerField(null=True)
    gone = models.BooleanField(default=False)
    page = models.PositiveIntegerField(default=0)
    values = models.JSONField(default=dict, blank=True)
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["data_set", "key"], condition=Q(replaced=None), name="one_living_version_per_key"
            ),
        ]
        indexes = [
            models.Index(
                fields=["data_set", "key_number"],
                condition=Q(replaced=None),
                name="living_versions_by_number",
            ),
            models.Index(fields=["data_set", "id"]),
            models.Index(fields=["data_set", "born"]),
            models.Index(
                fields=["data_set", "replaced"], condition=Q(replaced__isnull=False), name="replaced_versions"
            ),
            models.Index(fields=["data_set", "key"]),
        ]

    def __str__(self) -> str:
        return self.key


class MetKey(models.Model):
    """A key that a run met, where only its end tells what is gone; kept until the run ends."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="met")
    key = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="one_met_key_per_run")]

    def __str__(self) -> str:
        return self.key


class SearchHold(models.Model):
    """Until when one saved search of an account is left alone, whichever data set asks for it.

    `slow` and `blocked` count the CRM's refusals in a row.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="search_holds")
    search_id = models.PositiveBigIntegerField()
    slow = models.PositiveSmallIntegerField(default=0)
    blocked = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "search_id"], name="one_hold_per_search"),
        ]

    def __str__(self) -> str:
        return f"search {self.search_id}"


class ReportAllowance(models.Model):
    """What the reports of one connection called today, and when they may call again."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="report_allowance")
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.calls} calls on {self.day}"
