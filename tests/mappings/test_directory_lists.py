"""Our copy of the CRM's lists: read page by page, in turns, and never emptied by an error."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from django.core.management import call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from background.lease import Lease, LeaseLost
from background.periodic import Rounds
from crm.contract import Crm
from crm.errors import CrmError, CrmRejected, HeldBack, NotSupported, OutcomeUnknown, TransientError
from crm.list_records import DirectoryKind, DirectoryPage, DirectoryRecord, FieldObject
from mappings.directory.field_cache import ConnectionFieldCache
from mappings.directory.schedule import KINDS, directories_due
from mappings.directory_reader import LEASE_SECONDS, directory_refresh, pass_go_on
from mappings.models import Connection, DirectoryEntry, DirectoryList, DirectoryRow
from mappings.periodic import DIRECTORIES
from tests.factories import ConnectionFactory
from tests.mappings.listed_crm import TAG, ListedCrm, due_kinds, listing_of, names, read
from tests.sandbox_client import Sandbox
from tests.stack import wait_until

pytestmark = pytest.mark.django_db
ASSIGNMENT = DirectoryKind.PRODUCT_ASSIGNMENT


@pytest.fixture
def connection() -> Connection:
    return ConnectionFactory(bound_app="ab123")


# -- a pass ------------------------------------------------------------------------------------------


def test_a_list_is_read_page_by_page_to_its_end(connection: Connection) -> None:
    crm = ListedCrm("a", "b", "c", "d", "e", "f", "g")
    listing = read(connection, crm)
    assert (crm.asked, names(connection)) == (["", "3", "6"], list("abcdefg"))
    assert (listing.count, listing.error, listing.started_at, listing.next_page) == (7, "", None, "")
    assert listing.refreshed_at is not None
    assert not listing.is_being_read(timezone.now())


def test_a_second_pass_renames_adds_and_removes(connection: Connection) -> None:
    crm = ListedCrm("a", "b", "c", "d")
    read(connection, crm)
    crm.tags = {1: "a", 3: "C", 4: "d", 9: "i"}
    assert read(connection, crm).count == 4
    assert names(connection) == ["a", "C", "d", "i"]


@pytest.mark.parametrize(
    "error", [TransientError("No answer."), OutcomeUnknown("Cut."), NotSupported("No such list.")]
)
def test_a_list_that_cannot_be_read_keeps_its_rows_and_says_why(
    connection: Connection, error: CrmError
) -> None:
    crm = ListedCrm("a", "b", "c", "d")
    read(connection, crm)
    crm.tags, crm.errors = {9: "i"}, {"": error}
    listing = read(connection, crm)
    assert names(connection) == ["a", "b", "c", "d"]
    assert (listing.error, listing.count) == (error.message, 4)
    assert listing.supported is not isinstance(error, NotSupported)
    assert listing.due_at > timezone.now() + timedelta(seconds=50)


def test_a_held_back_pass_goes_on_later_from_its_page(connection: Connection) -> None:
    crm = ListedCrm("a", "b", "c", "d", "e")
    crm.errors["3"] = HeldBack("Our quota is used up.", retry_after_seconds=30)
    listing = read(connection, crm)
    assert (listing.next_page, listing.seen, listing.refreshed_at) == ("3", 3, None)
    assert 25 < (listing.due_at - timezone.now()).total_seconds() <= 30
    assert directory_refresh(listing.pk) is None  # not due
    crm.errors.clear()
    assert read(connection, crm).count == 5
    assert crm.asked == ["", "3", "3"]


def test_waits_grow_with_every_failure(connection: Connection) -> None:
    crm = ListedCrm("a")
    crm.errors[""] = TransientError("No answer.")
    waits = []
    for _ in range(5):
        listing = read(connection, crm)
        waits.append(round((listing.due_at - timezone.now()).total_seconds() / 60))
    assert waits == [1, 4, 16, 60, 60]


def test_a_page_name_that_is_no_longer_good_begins_the_list_anew_once(connection: Connection) -> None:
    crm = ListedCrm("a", "b", "c", "d")
    crm.errors["3"] = CrmRejected("No such page.")
    listing = read(connection, crm)
    assert (listing.next_page, listing.due_at <= timezone.now()) == ("", True)
    assert read(connection, crm).error == "No such page."
    assert due_kinds()[TAG] == 0


def test_a_killed_reader_costs_one_page(connection: Connection) -> None:
    crm = ListedCrm("a", "b", "c", "d", "e")
    crm.errors["3"] = cast(CrmError, SystemExit())
    with pytest.raises(SystemExit):
        read(connection, crm)
    listing = listing_of(connection)
    assert names(connection) == ["a", "b", "c"]
    assert directory_refresh(listing.pk) is None  # its lease is not over
    DirectoryList.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    crm.errors.clear()
    assert read(connection, crm).count == 5
    assert crm.asked == ["", "3", "3"]


def test_a_reader_that_was_overtaken_writes_nothing(connection: Connection) -> None:
    crm = ListedCrm("a")
    listing = listing_of(connection)
    listing.started_at = now = timezone.now()
    lease = Lease(DirectoryList.objects.filter(pk=listing.pk), "an earlier reader's", now, LEASE_SECONDS)
    with pytest.raises(LeaseLost):
        pass_go_on(listing, cast(Crm, crm), lease)
    assert names(connection) == []


def test_a_pass_that_takes_too_long_begins_anew(connection: Connection) -> None:
    crm = ListedCrm("a", "b", "c", "d")
    crm.errors["3"] = HeldBack("Wait.", retry_after_seconds=1)
    read(connection, crm)
    DirectoryList.objects.update(started_at=timezone.now() - timedelta(hours=7))
    crm.errors.clear()
    assert read(connection, crm).count == 4
    assert crm.asked == ["", "3", "", "3"]


def test_a_reader_asked_to_stop_leaves_the_rest_due(connection: Connection) -> None:
    crm = ListedCrm("a", "b", "c", "d")
    listing = read(connection, crm, stop=lambda: True)
    assert (crm.asked, listing.next_page) == ([""], "3")
    assert due_kinds()[TAG] == 1


def test_a_list_without_an_end_is_given_up(connection: Connection) -> None:
    crm = ListedCrm()
    crm.list_directory = lambda kind, page="": DirectoryPage(records=(), next_page="again")  # type: ignore[method-assign]
    read(connection, crm)
    assert "did not come to an end" in read(connection, crm).error


def test_an_error_of_ours_sets_the_list_aside_and_is_raised(connection: Connection) -> None:
    with pytest.raises(AttributeError):
        read(connection, cast(ListedCrm, None))
    assert "An error of ours" in listing_of(connection).error
    assert due_kinds()[TAG] == 0


def test_a_page_costs_the_same_queries_whatever_is_on_it(
    connection: Connection, django_assert_num_queries: Any
) -> None:
    read(connection, ListedCrm())
    with CaptureQueriesContext(database) as one:
        read(connection, ListedCrm("a"))
    with django_assert_num_queries(len(one)):
        read(connection, ListedCrm("a", "b", "c"))


def test_a_product_may_be_in_several_categories_and_odd_records_do_no_harm(connection: Connection) -> None:
    crm = ListedCrm()
    crm.records = (
        DirectoryRecord(kind=ASSIGNMENT, id=7, name="", parent_id=1),
        DirectoryRecord(kind=ASSIGNMENT, id=7, name="", parent_id=2),
        DirectoryRecord(kind=ASSIGNMENT, id=7, name="", parent_id=2),
        DirectoryRecord(kind=ASSIGNMENT, id=0, name="", parent_id=2),
        DirectoryRecord(kind=ASSIGNMENT, id=8, name="", parent_id=0),
        DirectoryRecord(kind=ASSIGNMENT, id=2**70, name="", parent_id=3),
    )
    assert read(connection, crm, ASSIGNMENT).count == 2
    crm.records = (
        DirectoryRecord(
            kind=DirectoryKind.USER, id=1, name="x\x00" * 400, detail={"email": "\ud800@example.com"}
        ),
    )
    assert read(connection, crm, DirectoryKind.USER).count == 1
    row = DirectoryRow.objects.get(kind=DirectoryKind.USER)
    assert (len(row.name), row.name[-1], row.code) == (300, "…", "?@example.com")


def test_a_complete_pass_ends_what_was_remembered_before_it(connection: Connection) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    for kind in ("tag", "product"):
        DirectoryEntry.objects.create(connection=connection, kind=kind, name="a", checked_at=long_ago)
    read(connection, ListedCrm("a"))
    assert DirectoryEntry.objects.get().kind == "product"


# -- over real HTTP ----------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", Connection.Protocol.values)
def test_every_list_is_read_from_the_crm(
    connection: Connection, crm: Sandbox, capsys: pytest.CaptureFixture[str], protocol: str
) -> None:
    Connection.objects.update(api_key=crm.key, app_name="demo", bound_app="demo", protocol=protocol)
    product, category = (
        crm.seed(**{table: [row]})[table][0]
        for table, row in (
            ("Product", {"ProductName": "Dog bone", "Sku": "BONE", "ProductPrice": 9.95, "Status": 1}),
            ("ProductCategory", {"CategoryDisplayName": "Dogs"}),
        )
    )
    crm.seed(
        ContactGroup=[{"GroupName": f"Tag {number}"} for number in range(1203)],
        ProductCategoryAssign=[{"ProductId": product, "ProductCategoryId": category}],
        DataFormField=[{"FormId": -9, "Name": "AdSource", "Label": "Ad source", "DataType": 15}],
    )
    call_command("directory_refresh", connection.pk)
    told = capsys.readouterr().out
    assert "tag: 1203 read" in told
    assert ("action_set: REST has no list" in told) is (protocol == Connection.Protocol.REST)
    assert not DirectoryList.objects.filter(supported=True).exclude(error="").exists()
    row = DirectoryRow.objects.get(kind="product")
    assert (row.crm_id, row.name, row.code, row.detail["price"]) == (product, "Dog bone", "BONE", "9.95")
    assigned = DirectoryRow.objects.get(kind="product_assignment")
    assert (assigned.crm_id, assigned.parent_id) == (product, category)
    (field,) = ConnectionFieldCache(connection).custom_fields(FieldObject.ORDER) or []
    assert (field.name, field.label, field.type) == ("_AdSource", "Ad source", "text")
    assert connection.api_calls.filter(step="list of tag", error="").count() >= 2


@pytest.mark.django_db(transaction=True)
def test_the_scheduler_s_rounds_read_what_is_due(connection: Connection, crm: Sandbox) -> None:
    Connection.objects.update(api_key=crm.key, app_name="demo", bound_app="demo")
    crm.seed(ContactGroup=[{"GroupName": "VIP"}])
    rounds = Rounds(DIRECTORIES)
    try:
        assert rounds.once(timezone.now()) == len(KINDS)
        assert rounds.once(timezone.now()) == 0  # all are in progress, or done
        wait_until(lambda: not rounds._busy, seconds=60)
    finally:
        rounds.close()
    assert names(connection) == ["VIP"]
    assert not directories_due(timezone.now())
