"""The journal: `sending` is committed before a byte leaves, and `done` only after the reply was read.

An entry that a dead worker left in `sending` is unknown, never planned again by itself. Every change of an
entry is written with the condition that the row is still ours, so a worker that lost it changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.models import Q

from background.rows import rows_insert, rows_update
from cascade.engine.addresses import address_held
from cascade.engine.lease import ReplicationLease
from cascade.errors import ReadsLag, SettleWait
from cascade.models import JournalEntry, Replication
from cascade.plan import Plan, PlannedStep
from cascade.steps import STEPS, step_of
from cascade.steps.base import LOOK_AGAIN_SECONDS, AtHead, Context, StepResult
from crm.emails import email_key
from crm.errors import HeldBack
from crm.records import OrderRef
from mappings.directory.names import name_known, name_learn
from mappings.models import ApiCall, Connection

logger = logging.getLogger(__name__)

State = JournalEntry.State
# What a run may change of an entry, besides what it sends.
WRITTEN = (
    *("state", "external", "result", "note", "sends", "clean_probes"),
    *("send_began_at", "reply_lost_at", "done_at", "claim"),
)
CALL_FIELDS = tuple(field.attname for field in ApiCall._meta.concrete_fields if not field.primary_key)
CALL_COLUMNS = tuple(field.name for field in ApiCall._meta.concrete_fields if not field.primary_key)
BEING_MADE_SECONDS = 2.0
CLAIM_LENGTH = 120
NOT_RECORDED = "A call could not be recorded. The rest is sent by itself; nothing needs to be done."
UNSENT = (State.PLANNED, State.REJECTED)


def fingerprint(args: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(args, sort_keys=True).encode()).hexdigest()


def subject_entries(replication: Replication) -> list[JournalEntry]:
    """Everything ever planned or done for the subject in this account, in plan order."""
    if not getattr(replication, "has_entries", True):
        return []
    return list(
        JournalEntry.objects.filter(
            connection_id=replication.connection_id,
            subject_key=replication.subject_key,
            replication__kind=replication.kind,
        )
    )


def journal_prepare(
    replication: Replication, plan: Plan, entries: Sequence[JournalEntry]
) -> list[JournalEntry]:
    """Write the plan into the journal: new steps are added, unsent ones follow the plan, done ones stay.

    `entries` are all of the subject as they are; given back are all as they are then.

    A done step with other arguments (changed contact data) is planned again and keeps the CRM's ids; where a
    person resends, so is one that came to nothing, or whose record is not there any more.
    Repeat: safe. Must run in a transaction.
    """
    known = {entry.step: entry for entry in entries}
    asked_for = replication.triggered_by == Replication.Trigger.RESEND
    added, changed = [], []
    for position, step in enumerate(plan.steps):
        entry = known.get(step.name)
        if entry is None:
            entry = JournalEntry(
                connection_id=replication.connection_id,
                replication=replication,
                subject_key=replication.subject_key,
                effect_key=f"{replication.kind}/{replication.subject_key}/{step.name}",
                step=step.name,
                kind=step.kind,
                position=position,
                args=step.args,
                needs=list(step.needs),
                fingerprint=fingerprint(step.args),
            )
            added.append(entry)
            continue
        entry.position, entry.needs, entry.replication = position, list(step.needs), replication
        print_now, described = fingerprint(step.args), step_of(step.kind)
        done_otherwise = entry.fingerprint != print_now and not described.is_kept
        if described.once and not asked_for:
            done_otherwise = False
        asked_again = asked_for and entry.result in step_of(entry.kind).again_after
        if entry.state in UNSENT or (entry.state == State.DONE and (done_otherwise or asked_again)):
            entry.args, entry.fingerprint, entry.state, entry.note = step.args, print_now, State.PLANNED, ""
            entry.kind = step.kind
        changed.append(entry)
    JournalEntry.objects.bulk_create(added)
    replication.__dict__.pop("has_entries", None)
    if changed:
        columns = ("position", "needs", "replication", "kind", "args", "fingerprint", "state", "note")
        rows_update(JournalEntry, columns, [_row_of(entry, columns) for entry in changed])
    # Forget what an earlier plan of an order not yet sent had in store, such as a line that is gone.
    if any(step_of(entry.kind).is_head and entry.state not in UNSENT for entry in known.values()):
        return _in_order([*entries, *added])
    wanted = {step.name for step in plan.steps}
    unwanted = [
        entry.pk
        for entry in known.values()
        if entry.step not in wanted
        and entry.state == State.PLANNED
        and (step_of(entry.kind).is_frozen or step_of(entry.kind).at_head is AtHead.BEHIND)
    ]
    if unwanted:
        JournalEntry.objects.filter(pk__in=unwanted).delete()
    return _in_order(entry for entry in (*entries, *added) if entry.pk not in unwanted)


def _in_order(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
    return sorted(entries, key=lambda entry: (entry.position, entry.pk))


def _row_of(entry: JournalEntry, columns: Iterable[str]) -> list[Any]:
    return [
        entry.pk,
        *(entry.replication_id if name == "replication" else getattr(entry, name) for name in columns),
    ]


def _settles_at(entry: JournalEntry) -> datetime | None:
    """When an effect of the last send can no longer land."""
    lost_at = entry.reply_lost_at or entry.send_began_at
    return lost_at + timedelta(seconds=settings.SETTLE_SECONDS) if lost_at else None


def await_reads(replication: Replication, now: datetime) -> None:
    """Raise ReadsLag while the CRM may still show the subject as it was before our last write.

    Counted are the contact's making and what is written once, so that waiting ends.
    """
    entries = JournalEntry.objects.filter(
        connection_id=replication.connection_id, subject_key=replication.subject_key
    )
    written = [entry.done_at for entry in entries if entry.done_at and step_of(entry.kind).is_frozen]
    made = [entry.external["made_between"] for entry in entries if entry.external.get("made_between")]
    last = max([*written, *(datetime.fromisoformat(ended) for _, ended in made)], default=None)
    if last is not None and now < last + timedelta(seconds=settings.SETTLE_SECONDS):
        soon = last + timedelta(seconds=min(settings.SETTLE_SECONDS, LOOK_AGAIN_SECONDS))
        raise ReadsLag(soon if now < soon else last + timedelta(seconds=settings.SETTLE_SECONDS))


def order_made(entries: Iterable[JournalEntry]) -> OrderRef | None:
    """The subject's order in the CRM, as far as its steps were told."""
    told: dict[str, Any] = {}
    for entry in entries:
        told.update({name: value for name, value in entry.external.items() if name.endswith("_id")})
    order_id = told.get("order_id")
    if "invoice_id" not in told:
        return None
    return OrderRef(invoice_id=int(told["invoice_id"]), order_id=int(order_id) if order_id else None)


class Journal:
    """The `entries` of one claimed replication, by the names of their steps; read unless they are given."""

    def __init__(
        self,
        replication: Replication,
        lease: ReplicationLease,
        entries: Iterable[JournalEntry] | None = None,
    ) -> None:
        self.replication = replication
        self.lease = lease
        self._kept: dict[str, bool] = {}  # steps not written down yet, and whether what they send is other
        self._calls: list[ApiCall] = []
        self._progress = False
        known = subject_entries(replication) if entries is None else entries
        self.entries = {entry.step: entry for entry in known}
        for entry in self.entries.values():
            if entry.state == State.SENDING:  # its worker is gone: we hold the lease
                entry.state, entry.reply_lost_at = State.UNKNOWN, lease.now()

    @property
    def contact(self) -> JournalEntry | None:
        """The contact's step; a shipment has none."""
        return self.entries.get("contact")

    def context_of(self, context: Context, plan: Plan, entry: JournalEntry) -> Context:
        """What this one step sees: its own past, and the steps that are still to come."""
        pending: dict[str, dict[str, Any]] = {}
        for step in plan.steps:
            if self.entries[step.name].state in UNSENT:
                pending.setdefault(step.kind, {})[step.name] = self.entries[step.name].args
        settles_at = _settles_at(entry)
        return replace(
            context,
            step=entry.step,
            known=entry.external,
            pending=pending,
            send_began_at=entry.send_began_at,
            now=self.lease.now(),
            settles_at=settles_at,
            is_anothers=partial(self._is_anothers, entry),
            order_made=order_made(self.entries.values()),
            address_held=partial(address_held, self.replication),
            look_again=self.look_again,
            known_by_name=partial(name_known, self.replication.connection),
        )

    def _is_anothers(self, entry: JournalEntry, name: str, crm_id: int) -> bool:
        """Whether the journal holds the CRM's record for another effect, of any connection to its app."""
        connection = self.replication.connection
        same_app = Q(connection=connection)
        if connection.bound_app:
            same_app |= Q(connection__bound_app=connection.bound_app)
        exclusive = [step.name for step in STEPS.values() if step.exclusive]
        held = JournalEntry.objects.filter(same_app, kind__in=exclusive, **{f"external__{name}": crm_id})
        return held.exclude(pk=entry.pk).exists()

    def mark_sending(self, entry: JournalEntry, step: PlannedStep, contact_id: int | None = None) -> None:
        """A request may leave from now on: the gate commits that first, with all that was kept before.

        Sent is what the plan says now: an entry in doubt still held what an earlier plan had sent. An order
        remembers the contact it is made for: it is looked for there, whoever its buyer is by then.
        """
        followed = self._follow(entry, step)
        entry.state, entry.send_began_at, entry.reply_lost_at = State.SENDING, self.lease.now(), None
        entry.sends, entry.clean_probes = entry.sends + 1, 0
        described = step_of(step.kind)
        if described.is_head:
            over_rest = self.replication.connection.protocol != Connection.Protocol.XMLRPC
            along = list(described.takes_along) if over_rest else []
            entry.external = {**entry.external, "sent_with": along, "order_contact_id": contact_id}
        if described.claim:
            entry.claim = described.claim(step.args)[:CLAIM_LENGTH]
        self._keep(entry, follows=followed)

    def look_again(self) -> None:
        """Raise ReadsLag, before a "not there" or a shortfall is believed, while it may be a late read."""
        self.commit()
        await_reads(self.replication, self.lease.now())

    def mark_done(self, entry: JournalEntry, result: StepResult) -> None:
        """What was made is known by its name before another may make it: look-ups may not show it yet."""
        made = step_of(entry.kind).names_made
        for list_kind, name, crm_id in made(entry.args, result.external) if made else ():
            name_learn(self.replication.connection, list_kind, name, crm_id, now=self.lease.now())
        entry.state, entry.result, entry.note = State.DONE, result.result, result.note
        self._save_found(entry, result)

    def mark_planned(self, entry: JournalEntry) -> None:
        """Nothing reached the CRM, or what did is harmless to repeat."""
        entry.state = State.PLANNED
        self._save(entry)

    def mark_found(self, entry: JournalEntry, found: StepResult, step: PlannedStep) -> bool:
        """What was in doubt did happen. False if it is to be brought up to a newer plan now, as an update."""
        if not self._follow(entry, step):
            self.mark_done(entry, found)
            return True
        entry.state = State.PLANNED
        self._save_found(entry, found, follows=True)
        return False

    def _save_found(self, entry: JournalEntry, found: StepResult, *, follows: bool = False) -> None:
        """Keep what a step brought. A subject that came to another contact takes its tags and owner along."""
        before = entry.external
        kept = {name: value for name, value in before.items() if name != "warns"}
        entry.external = {**kept, **found.external, **({"warns": True} if found.warns else {})}
        entry.done_at = self.lease.now()
        self._progress = True
        self._keep(entry, follows=follows)
        was, now = before.get("contact_id"), found.external.get("contact_id")
        if not was or not now or was == now:
            return
        # No tag follows if the contact only took the place of one that was deleted.
        email = found.external["email"]
        moved = email_key(before.get("email", email)) != email_key(email)
        for other in self.entries.values():
            described = step_of(other.kind)
            if described.follows_contact or (moved and described.follows_address):
                self._reopen(other.step)

    def _follow(self, entry: JournalEntry, step: PlannedStep) -> bool:
        """Take the plan's arguments; whether they are others, and may be."""
        wanted = fingerprint(step.args)
        if step_of(step.kind).is_kept or entry.fingerprint == wanted:
            return False
        entry.args, entry.fingerprint = step.args, wanted
        return True

    def mark_unknown(self, entry: JournalEntry) -> None:
        entry.state, entry.reply_lost_at = State.UNKNOWN, self.lease.now()
        self._save(entry)

    def mark_rejected(self, entry: JournalEntry, message: str) -> None:
        entry.state, entry.note = State.REJECTED, message[:500]
        self._save(entry)

    def reopen(self, name: str) -> None:
        """Have a done step run again, as an update of what the CRM gave before."""
        self._reopen(name)
        self.commit()

    def _reopen(self, name: str) -> None:
        if name in self.entries and self.entries[name].state == State.DONE:
            self.entries[name].state = State.PLANNED
            self._keep(self.entries[name])

    def mark_uncertain(self, entry: JournalEntry, message: str) -> None:
        entry.state, entry.note = State.UNCERTAIN, message[:500]
        self._save(entry)

    def note_clean_probe(self, entry: JournalEntry) -> None:
        """Count a clean "not there"; return only if a resend is now permitted, else raise SettleWait.

        Permitted are two clean probes, the second no earlier than the settle time after the reply was lost.
        """
        now = self.lease.now()
        settled_at = _settles_at(entry) or now
        if entry.clean_probes >= 1 and now >= settled_at:
            self.mark_planned(entry)
            return
        entry.state, entry.clean_probes = State.UNKNOWN, min(entry.clean_probes + 1, 9)
        self._save(entry)
        raise SettleWait(max(settled_at, now + timedelta(seconds=min(settings.SETTLE_SECONDS, 5))))

    def keep_call(self, call: ApiCall) -> None:
        """Write the record of a call down with the next thing that is written."""
        self._calls.append(call)

    def write_calls(self) -> None:
        """The records alone, as where the row is another's by now: what was sent is told all the same."""
        rows_insert(
            ApiCall, CALL_COLUMNS, [[getattr(call, name) for name in CALL_FIELDS] for call in self._calls]
        )

    def _save(self, entry: JournalEntry) -> None:
        self._keep(entry)
        self.commit()

    def _keep(self, entry: JournalEntry, *, follows: bool = False) -> None:
        """To be written with what is written next; `follows`: with what is sent.

        A claim is held while the effect may be under way, and no longer.
        """
        if entry.claim and entry.state not in (State.SENDING, State.UNKNOWN):
            entry.claim = ""
        self._kept[entry.step] = follows or self._kept.get(entry.step, False)

    def commit(self, *, savepoint: bool = True) -> None:
        """Write down what was kept, all of it at once, if the row is still ours.

        Raises: LeaseLost; HeldBack where another entry holds the claim; nothing is written then. Without a
        `savepoint` an open transaction is lost with it. What a reply brought is kept until the next request
        leaves, or nothing more is to be sent: a worker lost in between leaves `sending`, which is probed.
        """
        if not (self._kept or self._calls):
            return
        progress = self._progress and self.replication.crashes > 0
        kept = [self.entries[step] for step in self._kept]
        columns = (*WRITTEN, "args", "fingerprint") if any(self._kept.values()) else WRITTEN
        try:
            with transaction.atomic(savepoint=savepoint):
                if progress:
                    self.lease.renew(crashes=0)
                if kept:
                    condition, params = self.lease.held
                    rows = [_row_of(entry, columns) for entry in kept]
                    if rows_update(JournalEntry, columns, rows, where=condition, params=params) != len(rows):
                        self.lease.lost()
                self.write_calls()
        except (IntegrityError, DataError, ValueError) as err:
            claiming = next((self.entries[step] for step in self._kept if self.entries[step].claim), None)
            if claiming is not None and isinstance(err, IntegrityError):
                held = step_of(claiming.kind).claim_held
                raise HeldBack(held, retry_after_seconds=BEING_MADE_SECONDS) from err
            if not self._calls:
                raise
            logger.exception("The records of %s calls could not be written.", len(self._calls))
            self._calls = []  # they are never worth the order
            if not savepoint:
                raise HeldBack(NOT_RECORDED, retry_after_seconds=BEING_MADE_SECONDS) from err
            return self.commit()
        if progress:
            self.replication.crashes = 0
        self._kept, self._calls, self._progress = {}, [], False
