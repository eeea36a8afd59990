"""Objects as a kind of replication: the contact they are about, and the object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import timezone

from cascade.engine.kinds import ReplicationKind
from cascade.engine.subject_words import ApiId, Fact, Subject, SubjectPage, begins_with, found_as
from cascade.models import JournalEntry, Replication
from cascade.plan import Plan
from cascade.planning.rules import rules_of
from crm.contract import Crm
from crm.emails import email_key
from crm.list_records import DirectoryKind
from intake.models import Source
from mappings.models import Connection, DirectoryRow
from objects.models import CrmObject
from objects.object_data import ObjectType
from objects.plan import ObjectFacts, build_object_plan

ID_NAMES = ("company_id", "opportunity_id", "activity_id")  # of the step, in the journal


class ObjectKind(ReplicationKind[CrmObject]):
    name = "object"
    subject = CrmObject
    title, noun, word = "Object", "Object", "object"
    api_id = ApiId("object_id", "Of an object, else empty.", "Its type, a slash, and your id of it.")
    searched = ("object",)

    def keys(self, subject: CrmObject) -> dict[str, Any]:
        key = f"{subject.source.slug}/{subject.key}"
        return {
            "connection_id": subject.source.connection_id,
            "kind": self.name,
            "subject_key": key,
            "contact_key": subject.email_key or f"object {key}",
        }

    def links(self, subject: CrmObject) -> dict[str, Any]:
        return {"source_id": subject.source_id}

    def subject_of(self, replication: Replication) -> CrmObject | None:
        _, _, key = replication.subject_key.partition("/")
        type_, _, object_id = key.partition("/")
        rows = CrmObject.objects.select_related("source__connection")
        return rows.filter(source=replication.source_id or 0, type=type_, object_id=object_id).first()

    def version(self, subject: CrmObject) -> int:
        return subject.version

    def fingerprint(self, subject: CrmObject) -> str:
        return subject.content_hash

    def plan(self, replication: Replication, subject: CrmObject, crm: Crm, *, anew: bool) -> Plan:
        connection, data = replication.connection, subject.object_data
        facts = ObjectFacts(
            marker=f"ref: {subject.source.slug} {subject.key}",
            zone=ZoneInfo(connection.zone_name),
            user_id=_user_id(connection, data.owner_email),
            stage_id=_stage_id(crm, data.stage) if data.type is ObjectType.OPPORTUNITY and data.stage else 0,
        )
        return build_object_plan(data, rules_of(connection, ()), facts)

    def ended(self, replication: Replication, subject: CrmObject) -> int | None:
        """Keep which record of the CRM it is; `version_now`. Repeat: safe."""
        effect = f"{self.name}/{subject.source.slug}/{subject.key}/object"
        entries = JournalEntry.objects.filter(connection_id=subject.source.connection_id, effect_key=effect)
        for entry in entries:
            if crm_id := next((entry.external[name] for name in ID_NAMES if entry.external.get(name)), None):
                now = timezone.now()
                rows = CrmObject.objects.filter(pk=subject.pk).exclude(crm_id=int(crm_id))
                rows.update(crm_id=int(crm_id), linked_at=now)
        return super().ended(replication, subject)

    # -- what the log asks -----------------------------------------------------------------------------

    def describe(self, row: Replication) -> Subject:
        email = row.contact_key if "@" in row.contact_key else ""
        return self.words(row.subject_key.partition("/")[2], email=email)

    def page(self, row: Replication) -> SubjectPage:
        found, subject = self.subject_of(row), self.describe(row)
        if found is None:
            return SubjectPage(subject=subject)
        facts = [
            Fact(term="Called", text=found.title),
            Fact(term="Contact", text=found.contact_email or "none"),
            Fact(term="In the CRM", text=f"{found.type} {found.crm_id}" if found.crm_id else "not yet"),
        ]
        return SubjectPage(subject=subject, facts=facts, event_id=found.event_id, belongs_to="this object")

    def search(self, connections: QuerySet[Connection], text: str) -> list[QuerySet[Any]]:
        sources = Source.objects.filter(connection__in=connections.values("pk")).values("pk")
        rows = CrmObject.objects.filter(source__in=sources)
        conditions = [begins_with("email_key", email_key(text)), begins_with("object_id", text.strip())]
        return [found_as(self.name, rows.filter(condition)) for condition in conditions]

    def found(self, ids: Sequence[int]) -> Q:
        conditions = Q(pk__in=[])
        for row in CrmObject.objects.filter(pk__in=ids).select_related("source"):
            key = f"{row.source.slug}/{row.key}"
            conditions |= Q(kind=self.name, source_id=row.source_id, subject_key=key)
        return conditions


def _user_id(connection: Connection, email: str) -> int:
    """The active user of the CRM with that address, by the last list; 0 where there is none."""
    if not email.strip():
        return 0
    rows = DirectoryRow.objects.filter(connection=connection, kind=DirectoryKind.USER, active=True)
    return rows.filter(code__iexact=email.strip()).values_list("crm_id", flat=True).first() or 0


def _stage_id(crm: Crm, name: str) -> int:
    """The one stage of that name, case aside. Raises: the CrmError of the look-up."""
    found, page = [], ""
    while True:
        listed = crm.list_directory(DirectoryKind.STAGE, page)
        found += [row.id for row in listed.records if row.name.strip().casefold() == name.strip().casefold()]
        page = listed.next_page
        if not page:
            return found[0] if len(found) == 1 else 0
