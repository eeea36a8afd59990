"""The settings page in the sections, the order and the words a merchant knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mappings.findings import Level


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A heading with fields, a table, or both. `anchor` is the place other pages link to."""

    anchor: str
    title: str
    intro: str = ""
    fields: tuple[str, ...] = ()
    table: str = ""

    @property
    def names(self) -> set[str]:
        """Fields and table, as findings name them."""
        return {*self.fields, self.table} - {""}


SECTIONS = (
    Section(
        anchor="credentials",
        title="Credentials",
        intro="Your integration is tested when you save. A wrong key or App Name is told here.",
        fields=("merchant", "name", "credential_kind", "app_name", "api_key", "protocol", "enabled"),
    ),
    Section(
        anchor="order-contact",
        title="Order → Contact",
        intro="Every order past payment creates or updates a contact in the CRM.",
        fields=(
            "duplicate_check",
            "contact_tags",
            "unknown_tags",
            "primary_address",
            "four_byte_text",
            "contact_action_set_id",
        ),
    ),
    Section(
        anchor="product-tags",
        title="Product → Contact tags",
        intro="Whoever buys the item gets the tag. One item may give several tags: one row for each.",
        table="product_tags",
    ),
    Section(
        anchor="order-invoice",
        title="Order → Invoice/Order",
        intro="How the order is made in the CRM, and which orders are sent.",
        fields=(
            "creation_method",
            "place_order_specials",
            "price_differences",
            "unresolved_lines",
            "crm_currency",
            "other_currency",
            "test_orders",
            "unpaid_orders",
        ),
    ),
    Section(
        anchor="order-product",
        title="Order → Product mapping",
        intro=(
            "There are two ways to map products. Name a product in the CRM exactly like your Item ID, letter "
            "case included: then no row is needed. Or give the item's CRM product id here, whatever the "
            "product is called; a row here comes first. An item with neither is treated as “Items without a "
            "CRM product” says above."
        ),
        table="product_mappings",
    ),
    Section(
        anchor="custom-fields",
        title="Custom order fields",
        intro="Values of the shop that go to custom fields of the CRM's order or contact. A blank value "
        "never overwrites what the CRM has.",
        table="field_mappings",
    ),
    Section(
        anchor="product-campaign",
        title="Product → Campaign (action sets)",
        intro="Whoever buys the item has the action set run on the contact, after the order is in the CRM. "
        "XML-RPC alone can run action sets.",
        table="product_action_sets",
    ),
    Section(
        anchor="goals",
        title="Goal achievement",
        intro="Whoever buys the item achieves the campaign goals of that integration and call name, after "
        "the order is in the CRM; each once per order.",
        table="product_goals",
    ),
    Section(
        anchor="payment-types",
        title="Payment types",
        intro="What your shop's payment methods are called in the CRM.",
        fields=("default_payment_type",),
        table="payment_types",
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownSection:
    section: Section
    fieldset: Any
    table: Any
    findings: list[Mapping[str, str]]


def sections_shown(
    fieldsets: Iterable[Any], tables: Iterable[Any], findings: Iterable[Mapping[str, str]]
) -> Iterator[ShownSection]:
    """Each section with its parts of the admin form, and what the last test found wrong there."""
    by_title = {fieldset.name: fieldset for fieldset in fieldsets}
    by_prefix = {table.formset.prefix: table for table in tables}
    told = list(findings)
    for section in SECTIONS:
        yield ShownSection(
            section=section,
            fieldset=by_title.get(section.title),
            table=by_prefix.get(section.table),
            findings=[
                finding
                for finding in told
                if finding["field"] in section.names and finding["level"] != Level.OK
            ],
        )


def field_names() -> list[str]:
    return [name for section in SECTIONS for name in section.fields]


def fieldsets_of(*, hidden: frozenset[str]) -> list[tuple[str, dict[str, Any]]]:
    """The sections with fields, in the admin's shape."""
    return [
        (section.title, {"fields": [name for name in section.fields if name not in hidden]})
        for section in SECTIONS
        if section.fields
    ]
