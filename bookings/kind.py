"""Bookings as a kind of replication: contact, appointment, lifecycle tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from bookings.chain import Chain, chain_of
from bookings.ingest import chain_now, tag_is_over
from bookings.link_keys import contact_of_key
from bookings.log_words import (
    MOST_NEWS,
    history_words,
    state_words,
    tag_facts,
    taken_off,
    time_facts,
)
from bookings.models import Booking
from bookings.plan import BookingFacts, build_booking_plan, host_of, tag_names
from bookings.rules import CONTACT, BookingRules
from bookings.selectors import rules_of
from bookings.values import called, lead_source_name, local_time
from cascade.engine.journal import State, subject_entries
from cascade.engine.kinds import OwnSettings, ReplicationKind
from cascade.engine.subject_words import ApiId, Fact, Subject, SubjectPage, begins_with, found_as
from cascade.models import JournalEntry, Replication
from cascade.plan import Plan
from cascade.planning.lookups import custom_fields_gather, tags_gather
from crm.contract import Crm
from crm.emails import email_key
from crm.list_records import DirectoryKind, FieldObject
from intake.models import Source
from mappings.access.quota.clock import DATABASE_CLOCK
from mappings.directory.names import Resolution, names_ask, names_resolve, users_absent
from mappings.models import Connection, DirectoryEntry, DirectoryRow

MOST_NEWER = 50
MOST_EVENTS = 1000


class BookingKind(ReplicationKind[Booking]):
    name = "booking"
    subject = Booking
    title, noun, word = "Booking", "Booking", "booking"
    api_id = ApiId("booking_id", "Of a booking, else empty.", "The platform's first id of a booking.")
    searched = ("booking", "host")
    own_settings = OwnSettings(
        title="Settings of bookings",
        page="bookings_bookingsettings_change",
        words=frozenset({"bookings", "contacts", "tags", "custom-fields", "sales-reps"}),
    )

    def keys(self, subject: Booking) -> dict[str, Any]:
        key = f"{subject.source.slug}/{subject.key}"
        return {
            "connection_id": subject.source.connection_id,
            "kind": self.name,
            "subject_key": key,
            "contact_key": subject.email_key or f"booking {key}",
        }

    def links(self, subject: Booking) -> dict[str, Any]:
        return {"source_id": subject.source_id}

    def subject_of(self, replication: Replication) -> Booking | None:
        rows = Booking.objects.select_related("source__connection", "merged_into")
        return rows.filter(source=replication.source_id or 0, key=_key_of(replication)).first()

    def version(self, subject: Booking) -> int:
        return subject.version

    def fingerprint(self, subject: Booking) -> str:
        return subject.content_hash

    def plan(self, replication: Replication, subject: Booking, crm: Crm, *, anew: bool) -> Plan:
        now, connection = DATABASE_CLOCK.now(), replication.connection
        rules = rules_of(subject.source)
        chain = chain_now(subject, rules, now) if subject.merged_into is None else Chain.empty(subject.key)
        entries = [*_entries_of_parts(subject), *subject_entries(replication)]
        facts = BookingFacts(
            connection_id=connection.pk,
            marker=f"{subject.source.slug} booking {subject.key}",
            now=now,
            zone=ZoneInfo(connection.zone_name),
            merged_into=subject.merged_into.shown_id if subject.merged_into else "",
            newer=_newer(subject, chain, rules),
            verified_id=contact_of_key(connection.pk, chain.booking.contact_hint),
            tag_is_over=tag_is_over(chain, rules, now),
            **_made(entries),
        )
        plan = build_booking_plan(chain, rules, facts)
        if plan.verdict or not chain.state:
            return plan  # nothing is to be asked of the CRM
        names = tags_gather(connection, crm, tag_names(chain, rules), now=now, anew=anew)
        source = lead_source_name(chain.booking) if rules.lead_sources and not facts.contact_id else ""
        mapped = {rule.crm_field for rule in rules.mapping if rule.target == CONTACT}
        fields = {name for name in {*mapped, rules.link_key_field} if name.startswith("_")}
        known = None
        if fields:
            known = custom_fields_gather(connection, crm, FieldObject.CONTACT, fields, now=now, anew=anew)
        is_absent = False
        if not rules.create_contacts and not facts.contact_id:
            is_absent = not crm.find_contacts_by_email(chain.booking.email)
        facts = replace(
            facts,
            tags=names.tags,
            lead_source=_lead_source(connection, crm, source, now=now, anew=anew),
            user_id=_user_id(connection, chain.booking.host.email),
            absent_users=users_absent(
                connection, {host_of(chain.booking, rules).user_id, rules.new_owner_id} - {0}
            ),
            contact_fields=known,
            is_absent=is_absent,
        )
        return build_booking_plan(chain, rules, facts)

    # -- what the log asks -----------------------------------------------------------------------------

    def describe(self, row: Replication) -> Subject:
        return self.words(_key_of(row), email=row.contact_key if "@" in row.contact_key else "")

    def details(self, rows: Sequence[Replication]) -> Mapping[int, str]:
        wanted = {(row.source_id, _key_of(row)) for row in rows}
        found = Booking.objects.filter(
            source__in={source for source, _ in wanted}, key__in={key for _, key in wanted}
        )
        lines = {(booking.source_id, booking.key): _line(booking) for booking in found}
        return {row.pk: lines.get((row.source_id or 0, _key_of(row)), "") for row in rows}

    def page(self, row: Replication) -> SubjectPage:
        """In nine queries, however long its history is."""
        booking = self.subject_of(row)
        subject = self.describe(row)
        if booking is None:
            return SubjectPage(subject=subject, source_term="Booking source")
        data = booking.booking_data
        rows = list(booking.events.order_by("-id")[: MOST_EVENTS + 1])
        rules = rules_of(booking.source)
        chain = (
            chain_of(
                [each.event_data for each in rows] or [], suspected_is_no_show=rules.suspected_is_no_show
            )
            if rows
            else Chain.empty(booking.key)
        )
        told = list(history_words(chain.history, {each.event_id: each.received_at for each in rows}))
        entries = subject_entries(row)
        gone = {tag_id for entry in entries for tag_id in taken_off(entry)}
        names = DirectoryEntry.objects.filter(
            connection_id=row.connection_id, kind=DirectoryEntry.Kind.TAG, crm_id__in=gone
        )
        facts = [
            Fact(term="State", text=f", {state_words(booking.state)}", at=booking.since)
            if booking.since
            else Fact(term="State", text=state_words(booking.state)),
            *time_facts(booking.starts_at, booking.ends_at, data),
            Fact(term="Customer", text=f"{booking.name} {booking.email}".strip()),
            Fact(term="Host", text=f"{data.host.name} {data.host.email}".strip()),
            Fact(term="Booked", text=booking.subject or called(data.event_type)),
            *tag_facts(
                entries, {crm_id: name for crm_id, name in names.values_list("crm_id", "name") if crm_id}
            ),
        ]
        if booking.shown_id != booking.key:
            facts.append(Fact(term="First id", text=booking.shown_id))
        if booking.merged_into is not None:
            facts.append(Fact(term="Part of", text=f"booking {booking.merged_into.shown_id}"))
        return SubjectPage(
            subject=subject,
            facts=[fact for fact in facts if fact.text or fact.at],
            event_id=next((each.inbound_id for each in rows if each.inbound_id), None),
            belongs_to="this booking",
            history=told[-MOST_NEWS:],
            history_cut=len(told) > MOST_NEWS or len(rows) > MOST_EVENTS,
            source_term="Booking source",
        )

    def search(self, connections: QuerySet[Connection], text: str) -> list[QuerySet[Any]]:
        sources = Source.objects.filter(connection__in=connections.values("pk")).values("pk")
        rows = Booking.objects.filter(source__in=sources)
        conditions = [begins_with("email_key", email_key(text))]
        if "@" not in text:
            conditions += [begins_with(name, text.strip()) for name in ("shown_id", "key")]
            conditions.append(Q(segments__segment_id=text.strip()))
        return [found_as(self.name, rows.filter(condition)) for condition in conditions]

    def search_more(self, connections: QuerySet[Connection], text: str) -> list[QuerySet[Any]]:
        sources = Source.objects.filter(connection__in=connections.values("pk")).values("pk")
        rows = Booking.objects.filter(source__in=sources)
        who = Q(name__icontains=text.strip()) | Q(host_email__istartswith=text.strip())
        return [found_as(self.name, rows.filter(who))]

    def found(self, ids: Sequence[int]) -> Q:
        wanted = Booking.objects.filter(pk__in=ids).values_list("source_id", "source__slug", "key")
        conditions = Q(pk__in=[])
        for source_id, slug, key in wanted:
            conditions |= Q(kind=self.name, source_id=source_id, subject_key=f"{slug}/{key}")
        return conditions


def _key_of(row: Replication) -> str:
    return row.subject_key.partition("/")[2]


def _line(booking: Booking) -> str:
    host = f" with {booking.host_email}" if booking.host_email else ""
    when = local_time(booking.starts_at, booking.booking_data.time_zone)
    for_whom = f", {when}" if when else ""
    return f"{state_words(booking.state)}: {booking.name or booking.email}{host}{for_whom}"


def _entries_of_parts(booking: Booking) -> list[JournalEntry]:
    """The own tags that chains gave before they turned out to be parts of this one: they are its now."""
    parts = booking.merged.values_list("key", flat=True)
    keys = [f"{booking.source.slug}/{key}" for key in parts]
    if not keys:
        return []
    rows = JournalEntry.objects.filter(connection_id=booking.source.connection_id, subject_key__in=keys)
    return list(rows.filter(replication__kind=BookingKind.name, kind="set_own_tag"))


def _made(entries: Iterable[JournalEntry]) -> dict[str, Any]:
    """What this booking brought about so far."""
    made: dict[str, Any] = {"own_tags": {}}
    for entry in entries:
        if entry.sends:
            made["has_begun"] = True
        if entry.kind == "set_own_tag" and entry.sends and entry.args["on"]:
            made["own_tags"][entry.args["tag_id"]] = entry.args["name"]
        if entry.step == "contact" and entry.state == State.DONE:
            made |= {"contact_id": int(entry.external["contact_id"]), "contact": entry.args}
        if entry.step == "appointment" and entry.sends:
            there = any(entry.external.get(name) for name in ("appointment_id", "task_id"))
            made["has_appointment"] = there or entry.state != State.DONE
        if entry.step == "booking tag" and entry.external.get("booking_tag_id"):
            made["booking_tag_id"] = int(entry.external["booking_tag_id"])
    return made


def _newer(booking: Booking, chain: Chain, rules: BookingRules) -> str:
    """The contact's booking whose news is later, if there is one that is sent."""
    if chain.since is None or not booking.email_key:
        return ""
    later = Q(since__gt=chain.since) | Q(since=chain.since, pk__gt=booking.pk)
    others = Booking.objects.filter(
        later,
        source__connection_id=booking.source.connection_id,
        email_key=booking.email_key,
        merged_into=None,
    ).exclude(state__in=("", "requested"))
    for other in others.select_related("source__connection").order_by("-since", "-pk")[:MOST_NEWER]:
        if host_of(
            other.booking_data, rules if other.source_id == booking.source_id else rules_of(other.source)
        ).connected:
            return other.shown_id
    return ""


def _lead_source(connection: Connection, crm: Crm, name: str, *, now: Any, anew: bool) -> Resolution | None:
    if not name:
        return None
    look_up = names_ask if anew else names_resolve
    return look_up(connection, crm, DirectoryEntry.Kind.LEAD_SOURCE, (name,), now=now)[name]


def _user_id(connection: Connection, email: str) -> int:
    """The active user of the CRM with the host's address, by the last list; 0 where there is none."""
    if not email:
        return 0
    rows = DirectoryRow.objects.filter(connection=connection, kind=DirectoryKind.USER, active=True)
    return rows.filter(code__iexact=email.strip()).values_list("crm_id", flat=True).first() or 0
