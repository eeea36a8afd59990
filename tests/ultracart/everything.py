"""One merchant with every setting and table filled, a week of its shop, and what the CRM holds then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from mappings.models import ProductGoal
from tests.factories import ApiKeyFactory
from tests.sandbox_client import Row
from tests.ultracart import deliveries
from tests.ultracart.conftest import Merchant
from tests.ultracart.deliveries import Payload, coupon, item, priced

PRICES = {"BOWL SET": 2.0, "BONE": 9.95, "STARTER KIT": 30.0, "LEASH": 17.95}
TAGS = (
    *("Customer", "New", "Repeat", "Newsletter", "Left a cart", "Partner", "Refunded", "Cancelled"),
    *("Likes bones", "Has a starter kit", "Walks"),
)
API_KEY = "everything-key"
Trigger = ProductGoal.Trigger


def set_everything(merchant: Merchant, *, method: str) -> None:
    """Fill the CRM's account, every setting and every table. Action sets stay out where REST alone is."""
    sandbox, connection = merchant.sandbox, merchant.connection
    sandbox.reset()
    ids = sandbox.seed(**_account())
    products = dict(zip(PRICES, ids["Product"], strict=True))
    sandbox.seed(
        ProductCategoryAssign=[
            {"ProductId": products["BONE"], "ProductCategoryId": ids["ProductCategory"][0]},
        ]
    )
    owner, affiliate_owner = ids["User"]
    merchant.set(
        **_settings(method), affiliate_owner_id=affiliate_owner,
        contact_action_set_id=None if merchant.rest else ids["ActionSequence"][0],
    )  # fmt: skip
    ApiKeyFactory(source=merchant.source, plain=API_KEY)
    connection.product_mappings.create(item_id="BOWL", crm_product_id=products["BOWL SET"])
    for item_id, tag in (("BONE", "Likes bones"), ("STARTER KIT", "Has a starter kit"), ("LEASH", "Walks")):
        connection.product_tags.create(item_id=item_id, tag_name=tag)
    if not merchant.rest:
        connection.product_action_sets.create(item_id="BONE", action_set_id=ids["ActionSequence"][1])
    connection.item_folders.create(item_id="LEASH", folder_id="WALKING")
    for trigger, value, call in (
        (Trigger.ITEM, "STARTER KIT", "kit"),
        (Trigger.FOLDER, "WALKING", "walk"),
        (Trigger.PRODUCT, "BOWL SET", "bowl"),
        (Trigger.CATEGORY, "Chews", "chew"),
    ):
        connection.product_goals.create(trigger=trigger, value=value, integration="teashop", call_name=call)
    connection.sales_reps.create(code="OLGA", user_id=owner)
    connection.payment_types.create(shop_method="PayPal", crm_type="Check")
    for shop_field, target, crm_field in (
        ("advertising_source", "order", "_AdSource"),
        ("custom_field1", "order", "_Engraving"),
        ("custom_field2", "contact", "_Dog"),
    ):
        connection.field_mappings.create(shop_field=shop_field, target=target, crm_field=crm_field)
    connection.shipping_fields.create(shipping_key="tracking_numbers", crm_field="_Tracking")
    connection.shipping_fields.create(shipping_key="shipped_at", crm_field="_Shipped")


def _settings(method: str) -> dict[str, Any]:
    return {
        "creation_method": method, "contact_tags": "Customer", "new_customer_tag": "New",
        "repeat_customer_tag": "Repeat", "mailing_list_tag": "Newsletter", "mailing_list_opt_in": True,
        "lead_source_field": "coupon", "create_lead_source": True, "primary_address": "shipping",
        "cart_tags": "Left a cart", "cart_product_tags": True, "affiliates_enabled": True,
        "affiliate_tags": "Partner", "affiliate_partner": "create", "refund_tags": "Refunded",
        "cancelled_tags": "Cancelled", "price_differences": True,
    }  # fmt: skip


def _account() -> dict[str, list[Row]]:
    def field(form: int, name: str, kind: int = 15) -> Row:
        return {"FormId": form, "Name": name, "Label": name, "DataType": kind}

    return {
        "Product": [{"ProductName": name, "ProductPrice": PRICES[name], "Status": 1} for name in PRICES],
        "ProductCategory": [{"CategoryDisplayName": "Chews"}],
        "ContactGroup": [{"GroupName": name} for name in TAGS],
        "User": [
            {"FirstName": "Olga", "LastName": "Owner", "Email": "olga@example.com"},
            {"FirstName": "Paul", "LastName": "Partners", "Email": "paul@example.com"},
        ],
        "ActionSequence": [{"TemplateName": "Welcome"}, {"TemplateName": "Bone buyers"}],
        "FunnelCampaign": [{"Id": 7, "Name": "Buyers", "Published": 1}],
        "FunnelGoal": [
            {"CampaignId": 7, "Integration": "teashop", "CallName": name}
            for name in ("kit", "walk", "bowl", "chew")
        ],
        "DataFormField": [
            *(field(-9, name) for name in ("AdSource", "Engraving", "Tracking")),
            field(-9, "Shipped", 13),
            field(-1, "Dog"),
        ],
        "PromoCode": [{"Code": "SPRING", "Name": "Spring sale", "Amount": 5}],
        "MerchantAccount": [{"Name": "Shop", "Type": "Authorize", "IsTest": 1, "IsDefault": 1}],
    }


# -- what the shop tells --------------------------------------------------------------------------------


def kit_order(**changes: Any) -> Payload:
    """Everything at once: a kit, a mapped item, a discount by coupon, and all that marketing knows."""
    items = [
        item("STARTER KIT", 1, 30.0, 1, kit=True),
        item("BONE", 1, 9.95, 2, kit_component=True, parent_item_index=1),
        item("LEASH", 1, 17.95, 3, kit_component=True, parent_item_index=1),
        item("BOWL", 4, 2.0, 4),
    ]
    return deliveries.order(
        "SHOP-1",
        **{
            **priced(items, discount=5, shipping=7.25, tax=3.75),
            "cart_id": "CART-1",
            "coupons": [coupon("SPRING", "spring-0001"), coupon("AUTO", automatic=True)],
            "internal": {"sales_rep_code": "olga"},
            "affiliates": [{"affiliate_oid": 77}],
            "marketing": {"mailing_list": True, "advertising_source": "Radio"},
            "checkout": {"custom_field1": "Rex", "custom_field2": "Collie"},
            "payment": {"payment_method": "PayPal"},
            **changes,
        },
    )


def second_order(order_id: str = "SHOP-2", **changes: Any) -> Payload:
    """The same buyer a day later."""
    items = [item("BONE", 2, 9.95, 1), item("LEASH", 1, 17.95, 2), item("UNKNOWN", 1, 3.0, 3)]
    base = {"creation_dts": "2026-03-03T10:04:05-05:00", "checkout": {"custom_field2": "Collie"}}
    return deliveries.order(order_id, **{**base, **priced(items, shipping=5), **changes})


def bobs_order(**changes: Any) -> Payload:
    """A test order of another buyer, of whom nothing is known."""
    bob = {"first_name": "Bob", "last_name": "Buyer", "email": "Bob@Example.com"}
    base: Payload = {
        "billing": bob, "payment": {"test_order": True}, "internal": {"sales_rep_code": "NOBODY"},
        "affiliates": [{"affiliate_oid": 999}],
    }  # fmt: skip
    return deliveries.order("SHOP-3", **{**base, **priced([item("BONE", 1, 9.95)]), **changes})


def refunded(order: Payload, amount: float) -> Payload:
    return deliveries.merged(
        order,
        {
            "refund_dts": "2026-03-05T09:00:00-05:00",
            "refund_reason": "Broken",
            "summary": {"total_refunded": deliveries.money(amount)},
        },
    )


def rejected(order: Payload) -> Payload:
    move = {"before_stage": "Shipping Department", "after_stage": "Rejected"}
    told = {"reject_dts": "2026-03-06T09:00:00-05:00", "reject_reason": "Fraud", "current_stage": "Rejected"}
    moves = [{**move, "transition_dts": "2026-03-06T09:00:00-05:00"}]
    return deliveries.merged(order, {**told, "current_stage_histories": moves})


def shipped(order: Payload, *numbers: str) -> Payload:
    parcel = {"tracking_numbers": list(numbers), "shipping_date": "2026-03-04T16:00:00-05:00"}
    return deliveries.merged(order, {"shipping": parcel})


def affiliate_tells(merchant: Merchant) -> None:
    body = {
        "shop_affiliate_id": "77", "version_at": "2026-03-01T10:00:00Z", "code": "carl",
        "email": "carl@example.com", "party": {"first_name": "Carl", "last_name": "Partner"},
    }  # fmt: skip
    answer = merchant.client.post(
        "/api/v1/affiliates/", body, content_type="application/json",
        headers={"Authorization": f"Api-Key {API_KEY}"},
    )  # fmt: skip
    assert answer.status_code == 201, answer.content


# Each event of the week: who tells what. The preview is compared with the run after each of them.
WEEK: tuple[tuple[str, Callable[[Merchant], object]], ...] = (
    ("an affiliate registers", affiliate_tells),
    ("a cart is left", lambda merchant: merchant.deliver(deliveries.cart(), name="checkout_cart_abandon")),
    ("a kit, a coupon, a sales rep, an affiliate", lambda merchant: merchant.deliver(kit_order())),
    ("the buyer comes back", lambda merchant: merchant.deliver(second_order())),
    ("a test order", lambda merchant: merchant.deliver(bobs_order())),
    ("two parcels leave", lambda merchant: merchant.deliver(shipped(second_order(), "1Z1", "1Z2"))),
    ("a part is refunded", lambda merchant: merchant.deliver(refunded(kit_order(), 10.0))),
    ("an order is rejected", lambda merchant: merchant.deliver(rejected(bobs_order()))),
)  # fmt: skip


# -- what the CRM holds at the end ------------------------------------------------------------------------


def crm_state(merchant: Merchant) -> dict[str, Any]:
    """The account's rows and what was started in it, with names in place of ids and without the CRM's own
    times."""
    rows = {name: merchant.sandbox.rows(name) for name in TABLES}
    contacts = _names(rows["Contact"], "Email")
    return {
        "contacts": {row["Email"]: _contact(row, rows) for row in rows["Contact"]},
        **_orders(rows, contacts),
        "partners": {row["AffCode"]: contacts[row["ContactId"]] for row in rows["Affiliate"]},
        "lead sources": sorted(row["Name"] for row in rows["LeadSource"]),
        "started": _started(merchant.sandbox.effects(), contacts, rows["ActionSequence"]),
    }


def _contact(row: Row, rows: Mapping[str, list[Row]]) -> dict[str, Any]:
    tags = _names(rows["ContactGroup"], "GroupName")
    given = [each["GroupId"] for each in rows["ContactGroupAssign"] if each["ContactId"] == row["Id"]]
    notes = [each for each in rows["ContactAction"] if each["ContactId"] == row["Id"]]
    return {
        **_filled(row, CONTACT_COLUMNS),
        "owner": _names(rows["User"], "FirstName").get(row["OwnerID"]),
        "lead source": _names(rows["LeadSource"], "Name").get(row["LeadSourceId"]),
        "tags": sorted(tags[tag_id] for tag_id in given),
        "notes": [note["ActionDescription"] for note in notes],
    }


def _orders(rows: Mapping[str, list[Row]], contacts: Mapping[int, str]) -> dict[str, Any]:
    """Orders by title, their lines, totals with affiliates, and payments."""
    titles, partners = _names(rows["Job"], "JobTitle"), _names(rows["Affiliate"], "AffCode")
    invoices = {row["Id"]: titles[row["JobId"]] for row in rows["Invoice"]}
    return {
        "orders": {
            row["JobTitle"]: {"of": contacts[row["ContactId"]], **_filled(row, JOB_COLUMNS)}
            for row in rows["Job"]
        },
        "lines": sorted(
            _line(row, titles, _names(rows["Product"], "ProductName")) for row in rows["OrderItem"]
        ),
        "invoices": {
            invoices[row["Id"]]: (
                row["InvoiceTotal"],
                row["TotalDue"],
                partners.get(row["LeadAffiliateId"], ""),
                partners.get(row["AffiliateId"], ""),
            )
            for row in rows["Invoice"]
        },
        "payments": sorted(
            (invoices[row["InvoiceId"]], row["PayAmt"], row["PayType"], row["PayNote"])
            for row in rows["Payment"]
        ),
    }


def _line(row: Row, titles: Mapping[int, str], products: Mapping[int, str]) -> tuple[str, str, str]:
    """What the protocols call a line's title differs; a product goes by its name."""
    name = products.get(row["ProductId"]) or row["ItemDescription"] or row["ItemName"]
    return titles[row["OrderId"]], name, f"{row['Qty']} × {Decimal(str(row['PPU'])):.2f}"


def _names(rows: Iterable[Row], column: str) -> dict[int, str]:
    return {row["Id"]: row[column] for row in rows}


TABLES = (
    *("Contact", "ContactGroup", "ContactGroupAssign", "ContactAction", "Product", "Job", "Invoice"),
    *("OrderItem", "Payment", "Affiliate", "LeadSource", "User", "ActionSequence"),
)
CONTACT_COLUMNS = (
    *("FirstName", "LastName", "Phone1", "Phone2", "StreetAddress1", "City", "State", "PostalCode"),
    *("Country", "Address2Street1", "City2", "State2", "PostalCode2", "Country2", "_Dog"),
)
JOB_COLUMNS = ("JobNotes", "_AdSource", "_Engraving", "_Tracking", "_Shipped")


def _filled(row: Mapping[str, Any], columns: Iterable[str]) -> dict[str, Any]:
    return {name: row[name] for name in columns if row.get(name)}


def _started(
    effects: Iterable[Row], contacts: Mapping[int, str], action_sets: Iterable[Row]
) -> list[tuple[str, str]]:
    """Goals, action sets and opt-ins in their order, each with the address of its contact."""
    names = {row["Id"]: row["TemplateName"] for row in action_sets}
    found = []
    for effect in effects:
        ids, values = effect["ids"], effect["values"]
        if effect["kind"] == "goal.achieved":
            found.append((contacts[ids["contact"]], f"goal {values['call_name']}"))
        elif effect["kind"] == "action_set.run":
            found.append((contacts[ids["contact"]], f"action set {names[ids['action_set']]}"))
        elif effect["kind"] == "email.opted_in":
            found.append((values["email"], "opted in"))
        elif effect["kind"] == "card.charged":
            found.append(("", "a card was charged"))
    return found
