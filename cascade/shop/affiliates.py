"""Affiliates: a contact with tags and an owner, and by setting a referral partner of the CRM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from carts.models import Affiliate
from carts.record_data import AffiliateData
from cascade.engine.kinds import ReplicationKind
from cascade.engine.subject_words import ApiId, Fact, Subject, SubjectPage
from cascade.models import Replication
from cascade.plan import INTEGRATION_OFF, Draft, Plan, PlannedStep, skipped
from cascade.planning.contact import party_args
from cascade.planning.contact_steps import owner_step, tag_steps
from cascade.planning.lookups import partner_code, partners_gather, tags_gather
from cascade.planning.rules import Names, Rules, rules_of
from cascade.shop.names import ShopKind
from cascade.shop.search import rows_search
from crm.contract import Crm
from crm.lengths import EMAIL
from mappings.directory.names import users_absent
from mappings.models import Connection, OrderSettings

Partner = OrderSettings.AffiliatePartner


class AffiliateKind(ReplicationKind[Affiliate]):
    name = ShopKind.AFFILIATE
    subject = Affiliate
    title, word = "Affiliate", "affiliate"
    api_id = ApiId("affiliate_id", "Of an affiliate, else empty.")
    columns = tuple(f"affiliate__{name}" for name in ("shop_affiliate_id", "code", "email", "data"))

    def keys(self, subject: Affiliate) -> dict[str, Any]:
        key = f"{subject.source.slug}/{subject.shop_affiliate_id}"
        return {
            "connection_id": subject.source.connection_id,
            "kind": self.name,
            "subject_key": key,
            "contact_key": subject.email_key or f"affiliate {key}",
        }

    def links(self, subject: Affiliate) -> dict[str, Any]:
        return {"affiliate": subject, "source_id": subject.source_id}

    def subject_of(self, replication: Replication) -> Affiliate | None:
        rows = Affiliate.objects.select_related("source")
        return rows.filter(pk=replication.affiliate_id).first() if replication.affiliate_id else None

    def version(self, subject: Affiliate) -> int:
        return subject.version

    def fingerprint(self, subject: Affiliate) -> str:
        return subject.content_hash

    def plan(self, replication: Replication, subject: Affiliate, crm: Crm, *, anew: bool) -> Plan:
        connection, data = replication.connection, subject.affiliate_data
        rules = rules_of(connection, ())
        plan = build_affiliate_plan(data, rules, Names())
        if not plan.steps:
            return plan
        now = timezone.now()
        tags = tags_gather(connection, crm, rules.affiliate_tags, now=now, anew=anew)
        code = partner_code(data.code or data.shop_affiliate_id)
        codes = () if rules.affiliate_partner == Partner.NONE else (code,)
        partners = partners_gather(connection, crm, codes, now=now, anew=anew)
        absent = users_absent(connection, {rules.affiliate_owner_id or 0} - {0})
        names = Names(tags=tags.tags, affiliates=partners, absent_users=absent)
        return build_affiliate_plan(data, rules, names)

    def describe(self, row: Replication) -> Subject:
        affiliate = row.affiliate
        if affiliate is None:
            return super().describe(row)
        name = person_name(affiliate.data.get("party"))
        return self.words(str(affiliate), email=affiliate.email, detail=name)

    def joined(self, rows: QuerySet[Replication]) -> QuerySet[Replication]:
        return rows.select_related("affiliate")

    def page(self, row: Replication) -> SubjectPage:
        affiliate, subject = row.affiliate, self.describe(row)
        if affiliate is None:
            return SubjectPage(subject=subject)
        facts = [
            Fact(term="Name", text=subject.detail or "not told by the shop"),
            Fact(term="Code", text=affiliate.code or "none"),
            Fact(term="Shop's affiliate id", text=affiliate.shop_affiliate_id),
        ]
        return SubjectPage(subject=subject, facts=facts, event_id=affiliate.event_id)

    def search(self, connections: QuerySet[Connection], text: str) -> list[QuerySet[Any]]:
        return rows_search(self.name, Affiliate, ("shop_affiliate_id", "code"), connections, text)

    def found(self, ids: Sequence[int]) -> Q:
        return Q(affiliate__in=ids)


def person_name(party: object) -> str:
    """The name in a stored party, with the company behind it."""
    if not isinstance(party, dict):
        return ""
    name = " ".join(str(party.get(part) or "") for part in ("first_name", "last_name")).strip()
    return ", ".join(text for text in (name, str(party.get("company") or "")) if text)


def build_affiliate_plan(data: AffiliateData, rules: Rules, names: Names) -> Plan:
    """Pure; raises nothing."""
    if why := _not_sent(data, rules):
        return skipped(why)
    draft = Draft()
    args, remarks = party_args(data.email, data.party, rules)
    for remark in remarks:
        draft.say(remark, "warning")
    draft.say("Sent: affiliates are sent by setting.")
    draft.steps.append(PlannedStep(name="contact", kind="upsert_contact", args=args))
    code = partner_code(data.code or data.shop_affiliate_id)
    found = names.affiliates.get(code)
    if rules.affiliate_partner == Partner.NONE:
        pass
    elif found is not None and found.crm_id is not None:
        draft.say(f"Is the CRM's referral partner {found.crm_id} by the code {code}.")
    elif rules.affiliate_partner == Partner.LINK:
        draft.say(
            f"The CRM has no referral partner with the code {code}. Create it there, or choose to create "
            "them under Affiliate → Contact, then resend.",
            "warning",
        )
    else:
        name = " ".join(part for part in (data.party.first_name, data.party.last_name) if part)
        args = {"code": code, "name": name or data.party.company or code}
        draft.steps.append(PlannedStep(name="partner", kind="create_partner", args=args, needs=("contact",)))
    draft.steps.extend(tag_steps(draft, rules.affiliate_tags, names))
    if rules.affiliate_owner_id:
        owner, where = rules.affiliate_owner_id, "Affiliate → Contact"
        draft.steps.extend(owner_step(draft, owner, names, where=where, name="affiliate_owner"))
    return draft.plan()


def _not_sent(data: AffiliateData, rules: Rules) -> str:
    if not rules.enabled:
        return INTEGRATION_OFF
    if not rules.affiliates_enabled:
        return "Not sent: affiliates are not sent. Switch it on under Affiliate → Contact, then resend."
    if "@" not in data.email or len(data.email.strip()) > EMAIL:
        return "Not sent: the affiliate has no usable e-mail address. Correct it in the shop."
    return "" if data.active else "Not sent: the affiliate is not active in the shop."
