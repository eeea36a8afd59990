"""What triggers a goal is looked up; what only an order can show is said."""

from __future__ import annotations

import pytest

from mappings.checks.check import connection_test
from mappings.checks.findings import Finding, FindingLevel
from mappings.models import Connection, ItemFolder, ProductGoal
from tests.mappings.pages import stored
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


@pytest.fixture(params=["xmlrpc", "rest"])
def connection(connection: Connection, request: pytest.FixtureRequest) -> Connection:
    Connection.objects.update(protocol=request.param)
    return stored(connection)


def goal(connection: Connection, trigger: str, value: object) -> None:
    ProductGoal.objects.create(
        connection=connection, trigger=trigger, value=str(value), integration="shop", call_name="bought"
    )


def wrong(connection: Connection) -> list[Finding]:
    findings = connection_test(connection).findings
    return [f for f in findings if f.field == "product_goals" and f.level != FindingLevel.OK]


def test_triggers_that_are_there_are_well(connection: Connection, crm: Sandbox) -> None:
    [mug] = crm.seed(Product=[{"ProductName": "Mug", "Status": 1}])["Product"]
    [kitchen] = crm.seed(ProductCategory=[{"CategoryDisplayName": "Kitchen"}])["ProductCategory"]
    for trigger, values in (
        ("product", (mug, "Mug")),
        ("category", (kitchen, "Kitchen")),
        ("item", ("BONE",)),
    ):
        for value in values:
            goal(connection, trigger, value)
    assert wrong(connection) == []


@pytest.mark.parametrize("trigger, word", [("product", "product"), ("category", "product category")])
@pytest.mark.parametrize("value, words", [("4711", "with the id 4711"), ("Mugs", "“Mugs”")])
def test_a_trigger_that_is_not_there_is_named(
    connection: Connection, trigger: str, word: str, value: str, words: str
) -> None:
    goal(connection, trigger, value)
    (told,) = wrong(connection)
    assert (told.level, told.row) == (FindingLevel.ERROR, value)
    assert f"The CRM has no {word} {words}" in told.sentence


def test_a_category_of_another_letter_case_is_hinted_at(connection: Connection, crm: Sandbox) -> None:
    crm.seed(ProductCategory=[{"CategoryDisplayName": "Kitchen"}])
    goal(connection, "category", "kitchen")
    (told,) = wrong(connection)
    assert "It has “Kitchen”" in told.sentence


def test_a_folder_needs_items(connection: Connection) -> None:
    goal(connection, "folder", "TOYS")
    (told,) = wrong(connection)
    assert (told.level, told.row) == (FindingLevel.WARNING, "TOYS")
    ItemFolder.objects.create(connection=connection, item_id="BONE", folder_id="TOYS")
    assert wrong(connection) == []


def test_that_call_names_cannot_be_probed_is_said_once(connection: Connection) -> None:
    goal(connection, "item", "BONE")
    goal(connection, "item", "BOWL")
    told = [f for f in connection_test(connection).findings if f.field == "product_goals"]
    assert [(f.level, "no call can tell beforehand" in f.sentence) for f in told] == [(FindingLevel.OK, True)]
