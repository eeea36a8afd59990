"""Names, categories and custom fields from our copy of the CRM's lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from django.utils import timezone

from crm.contract import Crm
from crm.list_records import CustomField, FieldObject
from crm.records import AffiliateRecord, LeadSourceRecord, TagRecord
from mappings.directory.field_cache import ConnectionFieldCache
from mappings.directory.names import (
    Resolution,
    directory_forget,
    ids_known,
    names_ask,
    names_known,
    names_resolve,
)
from mappings.models import Connection, DirectoryEntry, DirectoryList, DirectoryRow
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db
KINDS = DirectoryEntry.Kind


class Unasked:
    """A CRM that knows nothing and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.tags: list[TagRecord] = []

    def find_tags(self, name: str) -> list[TagRecord]:
        self.asked.append(name)
        return [tag for tag in self.tags if tag.name == name]

    def find_products(self, name: str) -> list[Any]:
        self.asked.append(name)
        return []

    def find_lead_sources(self, name: str) -> list[LeadSourceRecord]:
        self.asked.append(name)
        return [LeadSourceRecord(id=5, name=name)]

    def find_affiliates(self, code: str) -> list[AffiliateRecord]:
        self.asked.append(code)
        return [AffiliateRecord(id=6, code=code)]


@pytest.fixture
def connection() -> Connection:
    return ConnectionFactory()


@pytest.fixture
def crm() -> Unasked:
    return Unasked()


def listed(connection: Connection, kind: str, *rows: dict[str, Any], hours_ago: float = 1) -> DirectoryList:
    """A list as a pass that ended so long ago left it."""
    read_at = timezone.now() - timedelta(hours=hours_ago)
    for row in rows:
        DirectoryRow.objects.create(connection=connection, kind=kind, seen_at=read_at, **row)
    return DirectoryList.objects.create(
        connection=connection,
        kind=kind,
        refreshed_at=read_at,
        count=len(rows),
        due_at=read_at + timedelta(hours=24),
    )


def resolve(connection: Connection, crm: Unasked, *names: str, kind: str = KINDS.TAG) -> list[int | None]:
    found = names_resolve(connection, cast(Crm, crm), kind, names, now=timezone.now())
    return [answer.crm_id for answer in found.values()]


def test_a_listed_name_is_not_asked_and_letter_case_counts(connection: Connection, crm: Unasked) -> None:
    listed(connection, "tag", {"crm_id": 7, "name": "VIP"}, {"crm_id": 8, "name": "vip"})
    assert resolve(connection, crm, "VIP", "vip") == [7, 8]
    assert crm.asked == []
    assert resolve(connection, crm, "Vip", "VIP ") == [None, None]
    assert crm.asked == ["Vip", "VIP "]


def test_of_several_the_active_one_of_the_lowest_id_is_taken(connection: Connection, crm: Unasked) -> None:
    rows = [{"crm_id": key, "name": "BONE", "active": key > 3} for key in (2, 9, 4)]
    listed(connection, "product", *rows)
    found = names_resolve(connection, cast(Crm, crm), KINDS.PRODUCT, ["BONE"], now=timezone.now())
    assert found == {"BONE": Resolution("BONE", 4, 3)}


@pytest.mark.parametrize("hours_ago", [37, 1000])
def test_an_old_list_is_not_trusted(connection: Connection, crm: Unasked, hours_ago: int) -> None:
    listed(connection, "tag", {"crm_id": 7, "name": "VIP"}, hours_ago=hours_ago)
    assert resolve(connection, crm, "VIP") == [None]


def test_a_list_whose_first_pass_has_not_ended_is_not_trusted(connection: Connection, crm: Unasked) -> None:
    listed(connection, "tag", {"crm_id": 7, "name": "VIP"})
    DirectoryList.objects.update(refreshed_at=None)
    assert resolve(connection, crm, "VIP") == [None]


def test_another_connection_s_list_is_not_ours(connection: Connection, crm: Unasked) -> None:
    listed(ConnectionFactory(), "tag", {"crm_id": 7, "name": "VIP"})
    assert resolve(connection, crm, "VIP") == [None]


def test_an_answer_corrects_the_list(connection: Connection, crm: Unasked) -> None:
    listed(connection, "tag", {"crm_id": 7, "name": "VIP"}, {"crm_id": 8, "name": "Gold"})
    crm.tags = [TagRecord(id=9, name="VIP")]
    names_ask(connection, cast(Crm, crm), KINDS.TAG, ["VIP"], now=timezone.now())
    assert list(DirectoryRow.objects.values_list("name", flat=True)) == ["Gold"]
    assert resolve(connection, crm, "VIP") == [9]


def test_what_is_gone_is_forgotten_everywhere_and_its_list_soon_read_again(
    connection: Connection, crm: Unasked
) -> None:
    listing = listed(connection, "tag", {"crm_id": 7, "name": "VIP"}, {"crm_id": 8, "name": "Gold"})
    assert directory_forget(connection, KINDS.TAG, crm_id=7) == 1
    assert directory_forget(connection, KINDS.TAG, name="Gold") == 1
    assert resolve(connection, crm, "VIP", "Gold") == [None, None]
    listing.refresh_from_db()
    assert listing.wanted_at is not None
    assert listing.due_at <= timezone.now()


def test_lead_sources_by_name_and_partners_by_code(connection: Connection, crm: Unasked) -> None:
    listed(connection, "lead_source", {"crm_id": 1, "name": "SPRING"})
    listed(connection, "affiliate", {"crm_id": 2, "name": "Ada", "code": "ada1"})
    assert resolve(connection, crm, "SPRING", "FALL", kind=KINDS.LEAD_SOURCE) == [1, 5]
    assert resolve(connection, crm, "ada1", "Ada", kind=KINDS.AFFILIATE) == [2, 6]
    assert crm.asked == ["FALL", "Ada"]


def test_the_names_of_a_kind_and_the_ids_of_names(connection: Connection) -> None:
    listed(connection, "tag", {"crm_id": 7, "name": "VIP"}, {"crm_id": 8, "name": "Gold"})
    listed(connection, "product", {"crm_id": 9, "name": "VIP"})
    assert sorted(names_known(connection, KINDS.TAG)) == ["Gold", "VIP"]
    assert ids_known(connection, KINDS.TAG, ["VIP", "Silver"]) == {7: "VIP"}


# -- custom fields -----------------------------------------------------------------------------------


def field(key: int, name: str, of: FieldObject = FieldObject.ORDER, **more: Any) -> CustomField:
    return CustomField(object=of, id=key, name=name, label=name.strip("_"), type="text", **more)


@pytest.mark.parametrize("of", list(FieldObject))
def test_custom_fields_come_back_as_they_were(connection: Connection, of: FieldObject) -> None:
    field_cache = ConnectionFieldCache(connection)
    assert field_cache.custom_fields(of) is None
    fields = [field(3, "_AdSource", of), field(9, "_Size", of, options=("S, small", "M"))]
    field_cache.remember_custom_fields(of, fields)
    assert field_cache.custom_fields(of) == fields
    field_cache.remember_custom_fields(of, fields[:1])
    assert field_cache.custom_fields(of) == fields[:1]


def test_no_fields_is_an_answer_and_other_connections_have_theirs(connection: Connection) -> None:
    ConnectionFieldCache(connection).remember_custom_fields(FieldObject.ORDER, [])
    assert ConnectionFieldCache(connection).custom_fields(FieldObject.ORDER) == []
    assert ConnectionFieldCache(connection).custom_fields(FieldObject.CONTACT) is None
    assert ConnectionFieldCache(ConnectionFactory()).custom_fields(FieldObject.ORDER) is None


def test_nothing_is_kept_for_a_connection_that_is_not_stored() -> None:
    field_cache = ConnectionFieldCache(ConnectionFactory.build(merchant=None))
    field_cache.remember_custom_fields(FieldObject.ORDER, [field(3, "_AdSource")])
    assert field_cache.custom_fields(FieldObject.ORDER) is None
    assert not DirectoryRow.objects.exists()
