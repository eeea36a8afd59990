"""The truth about every replication: the row a worker claims, its attempts, and the journal of effects."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from background.lease import Leased
from carts.models import AbandonedCart, Affiliate, Order
from intake.models import Source
from mappings.models import Connection


def new_trace_id() -> str:
    return uuid.uuid4().hex


class Replication(Leased):
    """One subject on its way into one account, such as an order or an abandoned cart.

    `subject_key` is `<source slug>/<shop's id>`; `contact_key` the normalised e-mail. A worker owns the row
    while `lease_token` is its own and `lease_until` lies ahead. Every delay is `not_before`. One that is
    `without_automation` starts nothing in the CRM: no tags, goals, action sets.
    """

    class Lane(models.IntegerChoices):
        """Fresh ones never wait behind a backfill."""

        FRESH = 0, "Fresh"
        BACKFILL = 1, "Backfill"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        RETRYING = "retrying", "Retrying"
        PARKED = "parked", "Parked"
        SUCCEEDED = "succeeded", "Succeeded"
        SKIPPED = "skipped", "Skipped"
        FAILED = "failed", "Failed"

    class Level(models.TextChoices):
        INFO = "info", "Info"
        WARNING = "warning", "Warning"
        ERROR = "error", "Error"

    class Trigger(models.TextChoices):
        EVENT = "event", "Event"
        CHANGE = "change", "Changed order"
        RESEND = "resend", "Resend"
        RANGE = "range", "Range sent by a person"

    OPEN = (State.WAITING, State.RUNNING, State.RETRYING)

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="replications")
    kind = models.CharField(max_length=20, help_text="The name of a registered kind.")
    subject_key = models.CharField(max_length=160)
    contact_key = models.CharField(max_length=320)
    source = models.ForeignKey(Source, null=True, on_delete=models.CASCADE, related_name="replications")
    order = models.ForeignKey(Order, null=True, on_delete=models.CASCADE, related_name="replications")
    cart = models.ForeignKey(AbandonedCart, null=True, on_delete=models.CASCADE, related_name="replications")
    affiliate = models.ForeignKey(Affiliate, null=True, on_delete=models.CASCADE, related_name="replications")
    lane = models.PositiveSmallIntegerField(choices=Lane, default=Lane.FRESH)
    without_automation = models.BooleanField(default=False)
    subject_version = models.PositiveIntegerField(default=0, help_text="The version last planned.")
    subject_hash = models.CharField(max_length=64, blank=True, help_text="Of what the plan was made from.")

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    level = models.CharField(max_length=8, choices=Level, default=Level.INFO)
    reason = models.CharField(max_length=500, blank=True, help_text="A sentence a merchant can act on.")
    error_class = models.CharField(max_length=15, blank=True)
    setting = models.CharField(max_length=40, blank=True, help_text="The settings section that cures it.")

    plan = models.JSONField(null=True)
    trace_id = models.CharField(max_length=40, default=new_trace_id, unique=True)
    triggered_by = models.CharField(max_length=10, choices=Trigger, default=Trigger.EVENT)
    triggered_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    attempts = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0, help_text="Transient errors since the last success.")
    crashes = models.PositiveIntegerField(default=0, help_text="Workers lost without progress.")
    first_failure_at = models.DateTimeField(null=True)
    held_since = models.DateTimeField(
        null=True, help_text="Since when the CRM's quota alone keeps it from being tried."
    )
    not_before = models.DateTimeField(null=True)

    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    subject: object | None = None  # what the run read that has just ended

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "subject_key"],
                condition=Q(state__in=("waiting", "running", "retrying")),
                name="one_open_replication_per_subject",
            ),
            models.UniqueConstraint(
                fields=["connection", "contact_key"],
                condition=Q(state="running"),
                name="one_in_flight_per_contact",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lane", "state", "not_before"],
                condition=Q(state__in=("waiting", "running", "retrying")),
                name="replication_open",
            ),
            models.Index(fields=["connection", "-id"]),
            models.Index(fields=["connection", "state", "-id"]),
            models.Index(fields=["created_at"]),
            models.Index(fields=["subject_key"]),
            models.Index(fields=["connection", "contact_key"]),
            models.Index(fields=["finished_at"], condition=Q(level="error"), name="replication_errors"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_key}"


class Attempt(models.Model):
    """One claim of a replication by one worker, and how it ended."""

    replication = models.ForeignKey(Replication, on_delete=models.CASCADE, related_name="attempt_rows")
    number = models.PositiveIntegerField()
    worker = models.CharField(max_length=100)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True)
    error_class = models.CharField(max_length=15, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["replication", "number"], name="one_row_per_attempt"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.replication_id}"


class JournalEntry(models.Model):
    """One effect at the CRM: `sending` is committed before its first byte leaves.

    Keyed by (connection, effect key), so it outlives the replication that made it: a resend finds what was
    done. `args` is what was (or will be) sent, `result` what came of it, `external` the CRM's ids.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        SENDING = "sending", "Sending"
        DONE = "done", "Done"
        REJECTED = "rejected", "Rejected"
        UNKNOWN = "unknown", "Unknown"
        UNCERTAIN = "uncertain", "Uncertain"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="journal")
    replication = models.ForeignKey(Replication, on_delete=models.CASCADE, related_name="journal")
    subject_key = models.CharField(max_length=160)
    effect_key = models.CharField(max_length=260)
    step = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    position = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    args = models.JSONField(default=dict)
    needs = models.JSONField(default=list)
    fingerprint = models.CharField(max_length=64, blank=True)
    external = models.JSONField(default=dict)
    result = models.CharField(max_length=10, blank=True, help_text="created, updated, unchanged, skipped")
    note = models.CharField(max_length=500, blank=True)
    sends = models.PositiveIntegerField(default=0)
    clean_probes = models.PositiveSmallIntegerField(default=0)
    send_began_at = models.DateTimeField(null=True)
    reply_lost_at = models.DateTimeField(null=True, help_text="When the call of unknown outcome had ended.")
    done_at = models.DateTimeField(null=True)
    claim = models.CharField(
        max_length=120, blank=True, help_text="What this entry alone may be making in the account now."
    )

    class Meta:
        verbose_name_plural = "journal entries"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "effect_key"], name="one_effect_per_key"),
            models.UniqueConstraint(
                fields=["connection", "claim"], condition=~Q(claim=""), name="one_maker_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["connection", "subject_key"]),
            models.Index(
                fields=["connection"],
                condition=Q(
                    kind__in=(
                        *("create_order", "place_order", "record_payment", "add_note"),
                        *("add_activity", "upsert_opportunity"),
                    )
                ),
                name="journal_exclusive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.effect_key}: {self.state}"


class ContactLink(models.Model):
    """Which contact holds which values, as far as we last wrote them: spares a returning buyer's update.

    `fingerprint` is of the contact step's arguments. Never a reason to skip a tag: campaigns remove those.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="contact_links")
    contact_key = models.CharField(max_length=320)
    contact_id = models.PositiveBigIntegerField()
    fingerprint = models.CharField(max_length=64)
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "contact_key"], name="one_link_per_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_key}: contact {self.contact_id}"


class RangeRun(Leased):
    """Many orders sent again at a person's wish: by time of order, by order numbers, or both.

    Worked on in chunks behind fresh orders; `cursor` is the last order looked at.
    """

    class Which(models.TextChoices):
        UNSENT = "unsent", "Only those that are not in the CRM"
        ALL = "all", "All of them"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="range_runs")
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    placed_from = models.DateTimeField(null=True, blank=True)
    placed_before = models.DateTimeField(null=True, blank=True)
    numbers = models.JSONField(default=list, blank=True)
    which = models.CharField(max_length=6, choices=Which, default=Which.UNSENT)
    without_automation = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    cursor = models.PositiveBigIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    looked_at = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"])]

    def __str__(self) -> str:
        return f"range {self.pk} of {self.connection_id}"
