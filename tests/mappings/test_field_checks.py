"""Custom fields are there under exactly their names, and take what is to be written."""

from __future__ import annotations

import pytest

from mappings.checks.check import connection_test
from mappings.checks.findings import Finding, FindingLevel
from mappings.models import Connection, FieldMapping, ShippingField
from tests.mappings.pages import stored
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
CONTACT, ORDER = -1, -9
TEXT, DATE, WHOLE, DROPDOWN, CURRENCY = 15, 13, 12, 21, 3


@pytest.fixture(params=["xmlrpc", "rest"])
def connection(connection: Connection, request: pytest.FixtureRequest) -> Connection:
    Connection.objects.update(protocol=request.param)
    return stored(connection)


def field(crm: Sandbox, name: str, kind: int, *, form: int = ORDER, values: str = "") -> None:
    crm.seed(
        DataFormField=[{"Name": name, "Label": name, "FormId": form, "DataType": kind, "Values": values}]
    )


def mapping(connection: Connection, shop_field: str, crm_field: str, **values: str) -> None:
    FieldMapping.objects.create(
        connection=connection, shop_field=shop_field, crm_field=crm_field, **{"target": "order", **values}
    )


def shipping(connection: Connection, key: str, crm_field: str) -> None:
    ShippingField.objects.create(connection=connection, shipping_key=key, crm_field=crm_field)


def found(connection: Connection, table: str = "field_mappings") -> list[Finding]:
    return [finding for finding in connection_test(connection).findings if finding.field == table]


def test_fields_that_are_there_and_fit_are_well(connection: Connection, crm: Sandbox) -> None:
    field(crm, "AdSource", TEXT)
    field(crm, "Source", TEXT, form=CONTACT)
    field(crm, "ShipmentDate", DATE)
    mapping(connection, "advertising_source", "_AdSource")
    mapping(connection, "advertising_source", "_Source", target="contact")
    shipping(connection, "shipped_at", "_ShipmentDate")
    assert [f.level for f in found(connection)] == [FindingLevel.OK]
    assert [f.level for f in found(connection, "shipping_fields")] == [FindingLevel.OK]


@pytest.mark.parametrize("typed", ["_adsource", "_ADSource", "_Ad_Source"])
def test_a_near_miss_is_offered(connection: Connection, crm: Sandbox, typed: str) -> None:
    field(crm, "AdSource", TEXT)
    mapping(connection, "advertising_source", typed)
    (told,) = found(connection)
    assert (told.level, told.row) == (FindingLevel.ERROR, typed)
    assert "It has “_AdSource”" in told.sentence


def test_a_field_of_the_contact_is_none_of_the_order(connection: Connection, crm: Sandbox) -> None:
    field(crm, "AdSource", TEXT, form=CONTACT)
    mapping(connection, "advertising_source", "_AdSource")
    shipping(connection, "carrier", "_Carrier")
    (told,) = found(connection)
    assert told.sentence.startswith("The CRM has no custom order field “_AdSource”. Add the field in the CRM")
    assert [f.row for f in found(connection, "shipping_fields")] == ["_Carrier"]


@pytest.mark.parametrize(
    "key, kind, level",
    [
        ("shipped_at", WHOLE, FindingLevel.ERROR),
        ("tracking_numbers", WHOLE, FindingLevel.WARNING),
        ("tracking_numbers", DATE, FindingLevel.WARNING),
        ("delivered_at", TEXT, FindingLevel.OK),
    ],
)
def test_a_shipping_value_must_fit_the_field(
    connection: Connection, crm: Sandbox, key: str, kind: int, level: FindingLevel
) -> None:
    field(crm, "Shipment", kind)
    shipping(connection, key, "_Shipment")
    assert [f.level for f in found(connection, "shipping_fields")] == [level]


@pytest.mark.parametrize(
    "key, kind, level",
    [
        ("placed_at", CURRENCY, FindingLevel.ERROR),
        ("total", DATE, FindingLevel.ERROR),
        ("total", WHOLE, FindingLevel.WARNING),
        ("total", CURRENCY, FindingLevel.OK),
        ("order_number", WHOLE, FindingLevel.WARNING),
        ("checkout.gift_date", DATE, FindingLevel.OK),
    ],
)
def test_an_order_value_must_fit_the_field(
    connection: Connection, crm: Sandbox, key: str, kind: int, level: FindingLevel
) -> None:
    field(crm, "Thing", kind)
    mapping(connection, key, "_Thing")
    assert [f.level for f in found(connection)] == [level]


def test_the_words_of_a_value_map_are_options_of_the_list(connection: Connection, crm: Sandbox) -> None:
    field(crm, "Kind", DROPDOWN, values="Retail\nWholesale")
    mapping(connection, "custom_field1", "_Kind", value_map="r = retail\nw = Whole sale")
    (told,) = found(connection)
    assert told.level == FindingLevel.ERROR
    assert (
        "names “Whole sale”, which the CRM's list does not have. It has Retail, Wholesale." in told.sentence
    )
    FieldMapping.objects.update(value_map="r = Retail\nw = Wholesale")
    assert [f.level for f in found(connection)] == [FindingLevel.OK]


def test_a_date_into_a_list_is_a_warning(connection: Connection, crm: Sandbox) -> None:
    field(crm, "Kind", DROPDOWN, values="Retail\nWholesale")
    mapping(connection, "placed_at", "_Kind")
    assert [f.level for f in found(connection)] == [FindingLevel.WARNING]
