from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from crm.contract import Crm
from crm.errors import TransientError
from crm.records import ProductRecord, TagRecord
from mappings.directory.names import Resolution, directory_forget, names_ask, names_resolve
from mappings.models import Connection, DirectoryEntry
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db
TAG, PRODUCT = DirectoryEntry.Kind.TAG, DirectoryEntry.Kind.PRODUCT
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class AskedCrm:
    """Knows some names, counts the questions, and fails on those it is told to."""

    def __init__(self, **tags: list[int]) -> None:
        self.tags = tags
        self.products: dict[str, list[ProductRecord]] = {}
        self.failing: set[str] = set()
        self.asked: Counter[str] = Counter()

    def find_tags(self, name: str) -> list[TagRecord]:
        self._ask(name)
        return [TagRecord(id=key, name=name) for key in self.tags.get(name, [])]

    def find_products(self, name: str) -> list[ProductRecord]:
        self._ask(name)
        return self.products.get(name, [])

    def _ask(self, name: str) -> None:
        self.asked[name] += 1
        if name in self.failing:
            raise TransientError("The CRM does not answer.")


def resolve(connection: Connection, crm: AskedCrm, *names: str, now: datetime = NOW, kind: Any = TAG) -> Any:
    return names_resolve(connection, cast(Crm, crm), kind, names, now=now)


@pytest.fixture
def connection() -> Connection:
    return ConnectionFactory()


def test_a_found_name_is_asked_once_a_day(connection: Connection) -> None:
    crm = AskedCrm(VIP=[7])
    for hours in (0, 23):
        found = resolve(connection, crm, "VIP", now=NOW + timedelta(hours=hours))
        assert found == {"VIP": Resolution("VIP", 7, 1)}
    assert crm.asked["VIP"] == 1
    resolve(connection, crm, "VIP", now=NOW + timedelta(hours=24))
    assert crm.asked["VIP"] == 2


def test_an_absent_name_is_remembered_ten_minutes(connection: Connection) -> None:
    crm = AskedCrm()
    assert resolve(connection, crm, "VIP")["VIP"] == Resolution("VIP", None, 0)
    crm.tags["VIP"] = [7]
    assert resolve(connection, crm, "VIP", now=NOW + timedelta(minutes=9))["VIP"].crm_id is None
    assert resolve(connection, crm, "VIP", now=NOW + timedelta(minutes=10))["VIP"].crm_id == 7


def test_a_failed_look_up_is_never_an_absent(connection: Connection) -> None:
    crm = AskedCrm(VIP=[7])
    crm.failing = {"Gold"}
    with pytest.raises(TransientError):
        resolve(connection, crm, "VIP", "Gold")
    assert not DirectoryEntry.objects.exists()
    crm.failing = set()
    assert resolve(connection, crm, "VIP", "Gold")["VIP"].crm_id == 7


def test_names_count_letter_case(connection: Connection) -> None:
    crm = AskedCrm(VIP=[7], vip=[9])
    assert [answer.crm_id for answer in resolve(connection, crm, "VIP", "vip", "Vip").values()] == [
        7,
        9,
        None,
    ]
    again = resolve(connection, crm, "VIP", "vip", "Vip")
    assert [answer.crm_id for answer in again.values()] == [7, 9, None]
    assert set(crm.asked.values()) == {1}


def test_of_several_products_the_crm_s_first_is_taken(connection: Connection) -> None:
    crm = AskedCrm()
    crm.products["BONE"] = [ProductRecord(id=4, name="BONE"), ProductRecord(id=2, name="BONE", active=False)]
    assert resolve(connection, crm, "BONE", kind=PRODUCT) == {"BONE": Resolution("BONE", 4, 2)}


def test_kinds_and_connections_are_apart(connection: Connection) -> None:
    crm = AskedCrm(BONE=[7])
    resolve(connection, crm, "BONE")
    assert resolve(connection, crm, "BONE", kind=PRODUCT)["BONE"].crm_id is None
    assert resolve(ConnectionFactory(), AskedCrm(), "BONE")["BONE"].crm_id is None


def test_many_names_cost_as_many_queries_as_one(
    connection: Connection, django_assert_num_queries: Any
) -> None:
    names = [f"tag {number}" for number in range(50)]
    crm = AskedCrm(**{name: [number + 1] for number, name in enumerate(names)})
    with django_assert_num_queries(4):  # memory, list, memorise, correct the list
        assert len(resolve(connection, crm, *names)) == 50
    with django_assert_num_queries(1):
        assert len(resolve(connection, crm, *names)) == 50


def test_blank_names_are_not_asked(connection: Connection) -> None:
    crm = AskedCrm()
    assert resolve(connection, crm, "", "  ")[""].crm_id is None
    assert not crm.asked


def test_a_name_too_long_to_remember_is_still_answered(connection: Connection) -> None:
    name = "x" * 300
    crm = AskedCrm(**{name: [3]})
    assert resolve(connection, crm, name)[name].crm_id == 3
    assert not DirectoryEntry.objects.exists()


def test_asking_anew_replaces_what_was_remembered(connection: Connection) -> None:
    crm = AskedCrm()
    resolve(connection, crm, "VIP")
    crm.tags["VIP"] = [7]
    names_ask(connection, cast(Crm, crm), TAG, ["VIP"], now=NOW)
    assert resolve(connection, crm, "VIP")["VIP"].crm_id == 7


def test_what_the_crm_said_is_gone_is_forgotten(connection: Connection) -> None:
    crm = AskedCrm(VIP=[7], Gold=[8])
    resolve(connection, crm, "VIP", "Gold")
    assert directory_forget(connection, TAG, name="VIP") == 1
    assert directory_forget(connection, TAG, crm_id=8) == 1
    assert directory_forget(connection, TAG, crm_id=8) == 0
    assert directory_forget(connection, TAG) == 0
