"""The contract of the CRM on the account's lists and custom fields, over rows that are in the CRM."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.contract import Crm
from crm.list_records import CustomField, DirectoryKind, DirectoryRecord, FieldObject, FieldType
from tests.sandbox_client import Row, Sandbox

Seen = tuple[int, str, int, bool]


def all_records(crm: Crm, kind: DirectoryKind, pages: int = 20) -> list[DirectoryRecord]:
    """Read a list to its end, at most so many pages."""
    found: list[DirectoryRecord] = []
    page = ""
    for _ in range(pages):
        answer = crm.list_directory(kind, page)
        found += answer.records
        page = answer.next_page
        if not page:
            return sorted(found, key=lambda record: (record.parent_id, record.id))
    raise AssertionError(f"{kind} has no end")


def seen(record: DirectoryRecord) -> Seen:
    return record.id, record.name, record.parent_id, record.active


# Kind, its table, two rows, and what is seen of them beside the id: name, parent, whether it is active.
LISTS: list[tuple[DirectoryKind, str, list[Row], list[tuple[str, int, bool]]]] = [
    (
        DirectoryKind.TAG,
        "ContactGroup",
        [{"GroupName": "Gold %"}, {"GroupName": "Süß 😀", "GroupCategoryId": 7}],
        [("Gold %", 0, True), ("Süß 😀", 7, True)],
    ),
    (
        DirectoryKind.TAG_CATEGORY,
        "ContactGroupCategory",
        [{"CategoryName": "Levels"}, {"CategoryName": "Shops"}],
        [("Levels", 0, True), ("Shops", 0, True)],
    ),
    (
        DirectoryKind.PRODUCT,
        "Product",
        [
            {"ProductName": "Mug", "Sku": "m-1", "ProductPrice": 12.5, "Status": 1},
            {"ProductName": "Pot", "ProductPrice": 3, "Status": 0},
        ],
        [("Mug", 0, True), ("Pot", 0, False)],
    ),
    (
        DirectoryKind.USER,
        "User",
        [
            {"FirstName": "Rita", "LastName": "Roe", "Email": "rita@example.com"},
            {"FirstName": "Bo", "LastName": "Lee", "Email": "bo@example.com"},
        ],
        [("Rita Roe", 0, True), ("Bo Lee", 0, True)],
    ),
    (
        DirectoryKind.LEAD_SOURCE,
        "LeadSource",
        [{"Name": "SPRING", "Status": "Active"}, {"Name": "OLD", "Status": "Inactive"}],
        [("SPRING", 0, True), ("OLD", 0, False)],
    ),
    (
        DirectoryKind.LEAD_SOURCE_CATEGORY,
        "LeadSourceCategory",
        [{"Name": "Bookings"}, {"Name": "Coupons"}],
        [("Bookings", 0, True), ("Coupons", 0, True)],
    ),
    (
        DirectoryKind.AFFILIATE,
        "Affiliate",
        [
            {"AffName": "Rita Roe", "AffCode": "rita", "Status": 1},
            {"AffName": "Bo Lee", "AffCode": "bo", "Status": 0},
        ],
        [("Rita Roe", 0, True), ("Bo Lee", 0, False)],
    ),
]


@pytest.mark.parametrize(("kind", "table", "rows", "expected"), LISTS, ids=[str(case[0]) for case in LISTS])
def test_a_list_has_every_row(
    crm: Crm,
    sandbox: Sandbox,
    kind: DirectoryKind,
    table: str,
    rows: list[Row],
    expected: list[tuple[str, int, bool]],
) -> None:
    assert all_records(crm, kind) == []
    ids = sandbox.seed(**{table: rows})[table]
    records = all_records(crm, kind)
    assert {seen(record) for record in records} == {
        (number, *rest) for number, rest in zip(ids, expected, strict=True)
    }
    assert {record.kind for record in records} == {kind}


@pytest.mark.needs("list_directory(action_set)")
def test_action_sets_are_listed(crm: Crm, sandbox: Sandbox) -> None:
    ids = sandbox.seed(ActionSequence=[{"TemplateName": "Welcome"}, {"TemplateName": "Thanks"}])
    records = all_records(crm, DirectoryKind.ACTION_SET)
    assert [record.id for record in records] == ids["ActionSequence"]
    assert [record.name for record in records] == ["Welcome", "Thanks"]


def test_types_of_contacts_are_listed_by_their_places(crm: Crm) -> None:
    records = all_records(crm, DirectoryKind.CONTACT_TYPE)
    assert [(record.id, record.name) for record in records] == [(1, "Customer"), (2, "Lead"), (3, "Other")]


@pytest.mark.needs("list_directory(appointment_type)")
def test_types_of_appointments_are_listed(crm: Crm) -> None:
    names = [record.name for record in all_records(crm, DirectoryKind.APPOINTMENT_TYPE)]
    assert names == ["Appointment", "Call", "Email", "Fax", "Letter", "Other"]


def test_campaigns_are_listed(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.seed(
        Campaign=[{"Name": "Welcome", "Status": "Active"}],
        FunnelCampaign=[{"Name": "Welcome", "Published": 1}],
    )
    (record,) = all_records(crm, DirectoryKind.CAMPAIGN)
    assert (record.name, record.active) == ("Welcome", True)


def test_product_categories_and_what_is_in_them_are_listed(crm: Crm, sandbox: Sandbox) -> None:
    mug, pot = sandbox.seed(Product=[{"ProductName": "Mug"}, {"ProductName": "Pot"}])["Product"]
    (parent,) = sandbox.seed(ProductCategory=[{"CategoryDisplayName": "Kitchen"}])["ProductCategory"]
    child_row = {"CategoryDisplayName": "Cups", "ParentId": parent}
    (child,) = sandbox.seed(ProductCategory=[child_row])["ProductCategory"]
    pairs = [(parent, mug), (parent, pot), (child, mug)]
    sandbox.seed(
        ProductCategoryAssign=[
            {"ProductCategoryId": category, "ProductId": product} for category, product in pairs
        ]
    )
    categories = all_records(crm, DirectoryKind.PRODUCT_CATEGORY)
    assert {seen(record) for record in categories} == {
        (parent, "Kitchen", 0, True),
        (child, "Cups", parent, True),
    }
    assigned = all_records(crm, DirectoryKind.PRODUCT_ASSIGNMENT)
    assert {(record.parent_id, record.id) for record in assigned} == set(pairs)


def test_what_a_pick_list_shows_beside_the_name(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.seed(
        Product=[{"ProductName": "Mug", "Sku": "m-1", "ProductPrice": 12.5}],
        User=[{"FirstName": "Rita", "Email": "rita@example.com"}],
        Affiliate=[{"AffName": "Rita Roe", "AffCode": "rita", "Status": 1}],
    )
    (product,) = all_records(crm, DirectoryKind.PRODUCT)
    assert (product.detail["sku"], Decimal(product.detail["price"])) == ("m-1", Decimal("12.5"))
    (user,) = all_records(crm, DirectoryKind.USER)
    assert (user.name, user.detail["email"]) == ("Rita", "rita@example.com")
    (affiliate,) = all_records(crm, DirectoryKind.AFFILIATE)
    assert affiliate.detail["code"] == "rita"


@pytest.mark.parametrize("count", [1000, 2005])
def test_a_long_list_is_read_page_by_page(crm: Crm, sandbox: Sandbox, count: int) -> None:
    ids = sandbox.seed(ContactGroup=[{"GroupName": f"tag {n}"} for n in range(count)])["ContactGroup"]
    first = crm.list_directory(DirectoryKind.TAG)
    assert len(first.records) <= 1000 and bool(first.next_page or count == 1000)
    assert [record.id for record in all_records(crm, DirectoryKind.TAG)] == ids


# -- custom fields -----------------------------------------------------------------------------------------

FIELDS = [
    {"Name": "Size", "FormId": -1, "DataType": 21, "Label": "Size", "Values": "S\nM\nL"},
    {"Name": "Born", "FormId": -1, "DataType": 13, "Label": "Born on"},
    {"Name": "Ship", "FormId": -9, "DataType": 15, "Label": "Ship"},
    {"Name": "Tier", "FormId": -3, "DataType": 12, "Label": "Tier"},
    {"Name": "Firm", "FormId": -6, "DataType": 15, "Label": "Firm"},
]


def test_custom_fields_have_their_names_types_and_options(crm: Crm, sandbox: Sandbox) -> None:
    size, born, ship, tier, _ = sandbox.seed(DataFormField=FIELDS)["DataFormField"]
    contact, order = FieldObject.CONTACT, FieldObject.ORDER
    assert crm.list_custom_fields(contact) == [
        CustomField(
            object=contact, id=size, name="_Size", label="Size", type="dropdown", options=("S", "M", "L")
        ),
        CustomField(object=contact, id=born, name="_Born", label="Born on", type="date"),
    ]
    assert crm.list_custom_fields(order) == [
        CustomField(object=order, id=ship, name="_Ship", label="Ship", type="text")
    ]
    (partner_field,) = crm.list_custom_fields(FieldObject.AFFILIATE)
    assert (partner_field.id, partner_field.name, partner_field.type) == (tier, "_Tier", "whole_number")


TYPES = {
    1: "phone_number",
    2: "social_security_number",
    3: "currency",
    4: "percent",
    5: "state",
    6: "yes_no",
    7: "year",
    8: "month",
    9: "day_of_week",
    10: "name",
    11: "decimal_number",
    12: "whole_number",
    13: "date",
    14: "date_time",
    15: "text",
    16: "text_area",
    17: "list_box",
    18: "website",
    19: "email",
    20: "radio",
    21: "dropdown",
    22: "user",
    23: "drilldown",
}
WITH_OPTIONS = {"list_box", "radio", "dropdown", "drilldown"}


def test_every_type_has_one_word_over_every_protocol(crm: Crm, sandbox: Sandbox) -> None:
    field = {"FormId": -1, "Label": "x"}
    sandbox.seed(
        DataFormField=[
            {
                **field,
                "Name": f"F{n}",
                "DataType": n,
                "Values": "a, b\nc" if word in WITH_OPTIONS else None,
            }
            for n, word in TYPES.items()
        ]
    )
    fields = crm.list_custom_fields(FieldObject.CONTACT)
    assert [(found.name, found.type) for found in fields] == [(f"_F{n}", word) for n, word in TYPES.items()]
    for found in fields:
        assert found.options == (("a, b", "c") if found.type in WITH_OPTIONS else ())
    assert set(TYPES.values()) == set(FieldType) - {FieldType.USER_LIST_BOX, FieldType.OTHER}


def test_custom_fields_are_a_list_too(crm: Crm, sandbox: Sandbox) -> None:
    size, born, ship, *_ = sandbox.seed(DataFormField=FIELDS)["DataFormField"]
    records = all_records(crm, DirectoryKind.CONTACT_FIELD)
    assert [(record.id, record.name) for record in records] == [(size, "_Size"), (born, "_Born")]
    assert records[0].detail == {"type": "dropdown", "label": "Size", "options": "S\nM\nL"}
    (record,) = all_records(crm, DirectoryKind.ORDER_FIELD)
    assert (record.id, record.name, record.detail["label"]) == (ship, "_Ship", "Ship")
