"""A kind that nobody knows: readers of a newsletter, registered here, go through the engine and the log.

A reader is sent once they have confirmed their address; until then they wait for that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q, QuerySet
from django.test import Client
from django.utils import timezone

from cascade.engine.create import subject_wake
from cascade.engine.kinds import KINDS, ReplicationKind, register
from cascade.engine.selectors import replications_awaiting
from cascade.engine.subject_words import ApiId, Belonging, Fact, Subject, SubjectPage, begins_with, found_as
from cascade.errors import SubjectAwaited
from cascade.models import JournalEntry, Replication
from cascade.plan import Draft, Plan, PlannedStep, PlanVerdict
from cascade.planning.contact import party_args
from cascade.planning.contact_steps import tag_steps
from cascade.planning.lookups import tags_gather
from cascade.planning.rules import rules_of
from cascade.services import replication_changed, replication_open, replication_resend, replication_work
from crm.contract import Crm
from crm.emails import email_key
from intake.models import Source
from intake.party import Party
from mappings.models import Connection
from tests.cascade.conftest import Shop
from tests.factories import ApiKeyFactory, MembershipFactory, UserFactory

State = Replication.State
pytestmark = [pytest.mark.urls("tests.logs_ui.urls"), pytest.mark.django_db(transaction=True)]

STORED: dict[str, Reader] = {}
ENDED: list[str] = []


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    source: Source
    key: str = "R-1"
    email: str = "Rita@example.com"
    name: str = "Rita"
    version: int = 1
    confirmed: bool = True
    left: bool = False


class ReaderKind(ReplicationKind[Reader]):
    name = "reader"
    subject = Reader
    title, noun, word = "Reader", "Reader of the newsletter", "reader"
    api_id = ApiId("reader_id", "Of a reader, else empty.", "The newsletter's id of a reader.")
    searched = ("reader",)
    kept_out_by_others = waits_for_others = True

    def keys(self, subject: Reader) -> dict[str, Any]:
        return {
            "connection_id": subject.source.connection_id,
            "kind": self.name,
            "subject_key": f"{subject.source.slug}/{subject.key}",
            "contact_key": email_key(subject.email),
        }

    def links(self, subject: Reader) -> dict[str, Any]:
        return {"source": subject.source}

    def subject_of(self, replication: Replication) -> Reader | None:
        return STORED.get(replication.subject_key.partition("/")[2])

    def version(self, subject: Reader) -> int:
        return subject.version

    def fingerprint(self, subject: Reader) -> str:
        told = f"{subject.email} {subject.name} {subject.left}"
        return hashlib.sha256(told.encode()).hexdigest()

    def plan(self, replication: Replication, subject: Reader, crm: Crm, *, anew: bool) -> Plan:
        draft, connection = Draft(), replication.connection
        if subject.left:
            draft.verdict = PlanVerdict(state="skipped", reason="Not sent: the reader left.")
            return draft.plan()
        if why := self.awaited(replication, subject):
            raise SubjectAwaited(why, timezone.now() + timedelta(days=1))
        names = tags_gather(connection, crm, ("Customer",), now=timezone.now(), anew=anew)
        args, _ = party_args(subject.email, Party(first_name=subject.name), rules_of(connection, ()))
        draft.say("Sent: the reader confirmed.")
        draft.steps.append(PlannedStep(name="contact", kind="upsert_contact", args=args))
        draft.steps.extend(tag_steps(draft, ("Customer",), names))
        return draft.plan()

    def not_sent(self, subject: Reader) -> Plan | None:
        return Draft(verdict=PlanVerdict(state="skipped", reason="Left.")).plan() if subject.left else None

    def awaited(self, replication: Replication, subject: Reader) -> str:
        return "" if subject.confirmed else "Waits until the reader confirms."

    def ended(self, replication: Replication, subject: Reader) -> int | None:
        ENDED.append(subject.key)
        return super().ended(replication, subject)

    def describe(self, row: Replication) -> Subject:
        return self.words(row.subject_key.partition("/")[2], email=row.contact_key)

    def details(self, rows: Sequence[Replication]) -> dict[int, str]:
        found = {row.pk: self.subject_of(row) for row in rows}
        return {pk: f"Named {reader.name}" for pk, reader in found.items() if reader}

    def page(self, row: Replication) -> SubjectPage:
        return SubjectPage(
            subject=self.describe(row),
            facts=[Fact(term="Reads since", at=row.created_at, text=", with joy")],
            belongs_to="this reader",
            belongings=[Belonging(title="Issue 7", codes=["opened"])],
        )

    def search(self, connections: QuerySet[Connection], text: str) -> list[QuerySet[Any]]:
        rows = Replication.objects.filter(kind=self.name, connection__in=connections.values("pk"))
        return [
            found_as(self.name, rows.filter(begins_with("contact_key", email_key(text)))),
            found_as(self.name, rows.filter(subject_key__in=[f"tea/{text}"])),
        ]

    def found(self, ids: Sequence[int]) -> Q:
        return Q(pk__in=ids, kind=self.name)


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    register(ReaderKind())
    yield
    del KINDS["reader"]
    STORED.clear()
    ENDED.clear()


@pytest.fixture(params=["xmlrpc", "rest"])
def kept(shop: Shop, request: Any) -> Shop:
    shop.connection.protocol = request.param
    shop.connection.save()
    return shop


def reader(shop: Shop, **changes: Any) -> Reader:
    STORED["R-1"] = Reader(source=shop.source, **changes)
    return STORED["R-1"]


def contacts(shop: Shop) -> list[str]:
    return [row["FirstName"] for row in shop.sandbox.rows("Contact")]


def test_it_is_planned_and_sent_and_brought_up_to_date(kept: Shop) -> None:
    row = kept.drive(replication_open(reader(kept)))
    assert (row.state, row.level, contacts(kept), ENDED) == (State.SUCCEEDED, "info", ["Rita"], ["R-1"])
    assert len(kept.sandbox.rows("ContactGroupAssign")) == 1
    replication_changed(reader(kept))
    assert Replication.objects.count() == 1
    replication_changed(reader(kept, name="Rosa", version=2))
    assert kept.drive(Replication.objects.latest("id")).state == State.SUCCEEDED
    assert contacts(kept) == ["Rosa"]


def test_a_version_that_comes_in_during_the_run_is_sent(kept: Shop) -> None:
    def change(moment: str) -> None:
        if moment == "after upsert_contact":
            reader(kept, name="Rosa", version=2)

    row = kept.drive(replication_open(reader(kept)), watch=change)
    assert (row.state, contacts(kept)) == (State.SUCCEEDED, ["Rosa"])


def test_one_that_failed_is_resent_and_nothing_is_sent_twice(shop: Shop) -> None:
    refused = {"method": "ContactService.addToGroup", "do": "fault", "code": 5, "call": 1}
    shop.sandbox.faults({**refused, "text": "[RecordNotFound]No such tag"})
    failed = shop.drive(replication_open(reader(shop)))
    assert failed.state == State.FAILED and contacts(shop) == ["Rita"]
    sent = shop.drive(replication_resend(failed, user=None))
    assert (sent.state, contacts(shop)) == (State.SUCCEEDED, ["Rita"])
    assert len(shop.sandbox.rows("ContactGroupAssign")) == 1
    failed.refresh_from_db()
    assert failed.reason.startswith(f"Superseded by #{sent.pk}")


def test_a_lost_reply_makes_no_second_contact(shop: Shop) -> None:
    shop.sandbox.faults({"method": "ContactService.addWithDupCheck", "call": 1, "do": "drop_after"})
    row = shop.drive(replication_open(reader(shop)))
    assert (row.state, contacts(shop)) == (State.SUCCEEDED, ["Rita"])


def test_it_waits_for_what_it_waits_for(shop: Shop) -> None:
    row = replication_open(reader(shop, confirmed=False))
    replication_work(row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.WAITING, "Waits until the reader confirms.")
    assert list(replications_awaiting(timezone.now())) == [row]
    subject_wake(reader(shop))
    replication_work(row.pk)
    row.refresh_from_db()
    assert row.state == State.SUCCEEDED


def test_what_ends_its_wait_during_the_run_is_not_missed(shop: Shop) -> None:
    def confirm(moment: str) -> None:
        if moment == "ended":
            reader(shop)

    row = replication_open(reader(shop, confirmed=False))
    replication_work(row.pk, watch=confirm)
    row.refresh_from_db()
    assert row.state == State.WAITING and not list(replications_awaiting(timezone.now()))


def test_one_that_was_kept_out_is_asked_again_as_it_is(shop: Shop) -> None:
    row = shop.drive(replication_open(reader(shop, left=True)))
    assert (row.state, row.reason) == (State.SKIPPED, "Not sent: the reader left.")
    replication_changed(STORED["R-1"])
    row.refresh_from_db()
    assert row.state == State.WAITING


@pytest.fixture
def row(shop: Shop) -> Replication:
    """One reader, beside an order of the same shop."""
    shop.drive(shop.replication())
    return shop.drive(replication_open(reader(shop)))


@pytest.fixture
def client(shop: Shop) -> Client:
    user = UserFactory()
    MembershipFactory(user=user, merchant=shop.connection.merchant)
    client = Client()
    client.force_login(user)
    return client


def found(client: Client, query: str) -> list[str]:
    situations = client.get(f"/logs/?{query}").context["situations"]
    return [situation.subject.heading for situation in situations]


def test_the_log_shows_and_finds_it(row: Replication, client: Client) -> None:
    text = client.get("/logs/").content.decode()
    for part in (">R-1</a>", "<strong>Reader</strong>", "Named Rita", "rita@example.com", ", reader"):
        assert part in text, part
    heading = "Reader of the newsletter R-1"
    assert found(client, "") == [heading, "Order DEMO-1001"]
    for query in ("kind=reader", "q=R-1", "q=rita@", "state=succeeded&q=Rita@example.com"):
        assert found(client, query) == [heading]
    assert found(client, "kind=order") == found(client, "q=DEMO") == ["Order DEMO-1001"]


def test_it_has_a_page_with_its_steps_and_a_preview(row: Replication, client: Client) -> None:
    text = client.get(f"/logs/{row.pk}/").content.decode()
    for part in (
        '<h1 id="title">Reader of the newsletter R-1</h1>',
        "Reads since",
        ", with joy",
        "Issue 7",
        "what the shop told about this reader",
        "what was done in the CRM for this reader",
        "Sent: the reader confirmed.",
        "Customer",
    ):
        assert part in text, part
    preview = client.post(f"/logs/{row.pk}/preview/").content.decode()
    assert "Preview of Reader of the newsletter R-1" in preview and "In the CRM already" in preview
    assert client.post(f"/logs/{row.pk}/resend/").status_code == 302
    assert Replication.objects.filter(kind="reader").count() == 2


def test_the_api_tells_of_it(row: Replication, shop: Shop, client: Client) -> None:
    ApiKeyFactory(source=shop.source, plain="the-key")

    def read(rest: str) -> Any:
        answer = client.get(f"/api/v1/replications/{rest}", HTTP_AUTHORIZATION="Api-Key the-key")
        assert answer.status_code == 200
        return answer.json()

    for query in ("?reader_id=R-1", "?kind=reader", "?email=RITA@example.com"):
        (told,) = read(query)["results"]
        assert (told["id"], told["kind"], told["reader_id"]) == (row.pk, "reader", "R-1")
        assert (told["shop_order_id"], told["email"]) == ("", "rita@example.com")
    whole = read(f"{row.pk}/")
    assert [step["kind"] for step in whole["steps"]] == ["upsert_contact", "apply_tag"]
    assert JournalEntry.objects.filter(effect_key="reader/tea/R-1/contact").exists()
