"""The settings page in the sections, the order and the words a merchant knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CONFIRMATION = "merchant_test_confirmed"  # the form's own field, beside those of the connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A mapping table, by the name its rows have at the connection."""

    name: str
    title: str = ""
    intro: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A heading with fields, tables, or the link of a panel. `anchor` is the place other pages link to."""

    anchor: str
    title: str
    intro: str = ""
    notes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    panel: str = ""


SECTIONS = (
    Section(
        anchor="credentials",
        title="Credentials",
        intro="Your integration is tested when you save. A wrong key or App Name is told here.",
        fields=("merchant", "name", "credential_kind", "app_name", "api_key", "protocol", "enabled"),
    ),
    Section(
        anchor="abandoned-cart",
        title="Abandoned Cart → Contact",
        intro="With a Contact Tag, whoever leaves a cart becomes a contact with that tag, and your campaigns "
        "can start from it. Without one, carts stay in the shop.",
        notes=(
            "Think before you tick Products. A campaign that takes a product's tag for a purchase would "
            "greet people who never bought. A campaign that looks at the cart's tag too can tell the two "
            "apart.",
        ),
        fields=("cart_tags", "cart_product_tags"),
    ),
    Section(
        anchor="affiliates",
        title="Affiliate → Contact",
        intro="For shops with an affiliate program: affiliates become contacts, and an order names the "
        "referral partner who brought it.",
        fields=(
            "affiliates_enabled",
            "affiliate_tags",
            "affiliate_partner",
            "affiliate_owner_id",
            "affiliate_role",
        ),
        tables=(
            Table(
                name="affiliate_mappings",
                title="Affiliate → Referral partner",
                intro="Only for affiliates whose code at the CRM is another one. A row here comes first.",
            ),
        ),
    ),
    Section(
        anchor="order-contact",
        title="Order → Contact",
        intro="Every order past payment creates or updates a contact in the CRM.",
        fields=(
            "duplicate_check",
            "lead_source_field",
            "contact_tags",
            "unknown_tags",
            "new_customer_tag",
            "repeat_customer_tag",
            "mailing_list_tag",
            "mailing_list_opt_in",
            "primary_address",
            "contact_action_set_id",
            "create_lead_source",
            "replace_lead_source",
            "mailing_list_filter",
            "skip_order_creation",
            "four_byte_text",
        ),
    ),
    Section(
        anchor="sales-reps",
        title="Sales Rep → Contact Owner",
        intro="An order entered by a sales rep carries the rep's code. If the code is listed here, that CRM "
        "user becomes the owner of the contact. A code that is not listed leaves the owner as it is, and the "
        "log warns. Letter case does not count.",
        tables=(Table(name="sales_reps"),),
    ),
    Section(
        anchor="product-tags",
        title="Product → Contact tags",
        intro="Whoever buys the item gets the tag. One item may give several tags: one row for each.",
        notes=(
            "If you map no products, tick Skip Order Creation under Order → Contact. The tags are given "
            "either way; it spares you an error in the log for every order.",
        ),
        tables=(Table(name="product_tags"),),
    ),
    Section(
        anchor="order-invoice",
        title="Order → Invoice/Order",
        intro="There are two ways to make the order in the CRM: InvoiceService.addBlankOrder takes the "
        "shop's own prices and works whatever the mode of your merchant account; promo codes go to the "
        "order's notes. OrderService.placeOrder has the CRM price the order and take promo codes as codes.",
        notes=(
            "With placeOrder keep the merchant account of your CRM in test mode. If it is switched to live, "
            "orders are held back and you are told; no customer's card is charged twice, because none is "
            "ever charged from here.",
        ),
        fields=(
            "creation_method",
            CONFIRMATION,
            "place_order_specials",
            "price_differences",
            "products_by_sku",
            "products_by_title",
            "create_products",
            "unresolved_lines",
            "crm_currency",
            "crm_time_zone",
            "other_currency",
            "test_orders",
            "unpaid_orders",
            "part_payments",
        ),
    ),
    Section(
        anchor="order-product",
        title="Order → Product mapping",
        intro="There are two ways to map products. Name a product in the CRM exactly like your Item ID, "
        "letter case included: then no row is needed. Or give the item's CRM product id here, whatever the "
        "product is called; a row here comes first.",
        notes=(
            "An item with neither is treated as “Items without a CRM product” says above, and the log names "
            "it. If no item of an order is left, the order is an error.",
        ),
        tables=(Table(name="product_mappings"),),
    ),
    Section(
        anchor="custom-fields",
        title="Custom order fields",
        intro="Values of the shop's order go to custom fields of the CRM's order or contact: the advertising "
        "source, the custom fields 1 to 10, what is listed as you type, or the path of any other value in "
        "the order, such as checkout.comments. A blank value never overwrites what the CRM has.",
        notes=(
            "Write the CRM field with an underscore before its name: AdSource is _AdSource here.",
            "The value map is for fields with a list in the CRM. One line for each: shop value = CRM value.",
        ),
        tables=(Table(name="field_mappings"),),
    ),
    Section(
        anchor="batch",
        title="Batch item export and import",
        intro="For many items: map one item here and save, export the batch, fill in the others in a "
        "spreadsheet, and import it. You see what would change before anything does.",
        panel="batch",
    ),
    Section(
        anchor="product-campaign",
        title="Product → Campaign (action sets)",
        intro="Whoever buys the item has the action set run on the contact, after the order is in the CRM. "
        "XML-RPC alone can run action sets.",
        notes=(
            "If you map no products, tick Skip Order Creation under Order → Contact, or these action sets "
            "wait for an order that is never made.",
        ),
        tables=(Table(name="product_action_sets"),),
    ),
    Section(
        anchor="goals",
        title="Goal achievement",
        intro="A payment that addBlankOrder records does not count as a purchase in your campaigns. Give the "
        "campaign a goal of the kind API instead: one that the FunnelService can trigger, with an "
        "integration name and a call name. Each goal is achieved once per order, after the order is in "
        "the CRM.",
        notes=(
            "What triggers it: a CRM product, a CRM product category, an Item ID of the shop, or a Folder ID "
            "of the shop. Of a product or category a whole number is its id, anything else its exact name.",
        ),
        tables=(
            Table(name="product_goals"),
            Table(
                name="item_folders",
                title="Items in folders",
                intro="Orders do not tell in which folder an item lies. List the items of the folders that "
                "trigger a goal.",
            ),
        ),
    ),
    Section(
        anchor="shipping",
        title="Shipping and tracking",
        intro="The CRM has no table of shipments. What the shop ships goes to custom fields of the order, "
        "which you make in the CRM: Settings, Custom Fields, Order. Several packages are joined by commas.",
        notes=("Begin with an underscore: a field named ShipmentDate in the CRM is _ShipmentDate here.",),
        tables=(Table(name="shipping_fields"),),
    ),
    Section(
        anchor="payment-types",
        title="Payment types",
        intro="What your shop's payment methods are called in the CRM.",
        fields=("default_payment_type",),
        tables=(Table(name="payment_types"),),
    ),
    Section(
        anchor="changes",
        title="Refunds, cancellations and changed orders",
        intro="The order in the CRM stays as it was sent: a later change of money is shown in the log, never "
        "rewritten. Tags and a note can tell your campaigns and your staff.",
        fields=("refund_tags", "cancelled_tags", "change_notes"),
    ),
)


def field_names() -> list[str]:
    """The fields of the page that are columns of the connection."""
    return [name for section in SECTIONS for name in section.fields if name != CONFIRMATION]


def table_names() -> list[str]:
    return [table.name for section in SECTIONS for table in section.tables]


def fieldsets_of(*, hidden: frozenset[str]) -> list[tuple[str, dict[str, Any]]]:
    """The sections with fields, in the admin's shape."""
    return [
        (section.title, {"fields": [name for name in section.fields if name not in hidden]})
        for section in SECTIONS
        if section.fields
    ]
