"""What a plan is made from, as plain values: a merchant's rules and the CRM's answers to our names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from mappings.directory import Resolution
from mappings.models import Connection, FieldMapping, OrderSettings
from mappings.names import names_split

CONTACT, ORDER = FieldMapping.Target.CONTACT, FieldMapping.Target.ORDER
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFacts:
    slug: str
    start_date: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """Settings and mappings of one connection at one moment. Payment methods are keyed case-folded."""

    enabled: bool = True
    duplicate_check: str = OrderSettings.DuplicateCheck.EMAIL
    contact_tags: tuple[str, ...] = ()
    primary_address: str = OrderSettings.PrimaryAddress.BILLING
    creation_method: str = OrderSettings.CreationMethod.BLANK_ORDER
    unresolved_lines: str = OrderSettings.UnresolvedLines.LEAVE_OUT
    crm_currency: str = "USD"
    other_currency: str = OrderSettings.OtherCurrency.PARK
    test_orders: str = OrderSettings.TestOrders.SEND
    unpaid_orders: str = OrderSettings.UnpaidOrders.ORDER_ONLY
    default_payment_type: str = "Credit Card (Manual)"
    four_byte_text: str = OrderSettings.FourByteText.KEEP
    specials: bool = False
    price_differences: bool = False
    codes_sent: bool = False  # the order's head took the promo codes along
    contact_action_set_id: int | None = None
    product_action_sets: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    product_goals: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    contact_fields: Mapping[str, str] = field(default_factory=dict)  # CRM field: shop field
    order_fields: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, int] = field(default_factory=dict)
    product_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    payment_types: Mapping[str, str] = field(default_factory=dict)

    @property
    def removes_four_byte(self) -> bool:
        return self.four_byte_text == OrderSettings.FourByteText.REMOVE

    @property
    def creates_orders(self) -> bool:
        return self.creation_method != OrderSettings.CreationMethod.SKIP

    @property
    def places_orders(self) -> bool:
        return self.creation_method == OrderSettings.CreationMethod.PLACE_ORDER


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """What the CRM answered for the product and tag names of one order."""

    products: Mapping[str, Resolution] = field(default_factory=dict)
    tags: Mapping[str, Resolution] = field(default_factory=dict)
    prices: Mapping[int, Decimal] = field(default_factory=dict)  # of products, where the CRM prices orders


def rules_of(connection: Connection, item_ids: set[str]) -> Rules:
    """Read the rules as they are now; of the mapping tables only the rows of the given items."""
    tags = connection.product_tags.filter(item_id__in=item_ids)
    action_sets = connection.product_action_sets.filter(item_id__in=item_ids)
    goals = connection.product_goals.filter(item_id__in=item_ids)
    fields = list(connection.field_mappings.all())
    mapped = connection.product_mappings.filter(item_id__in=item_ids)
    return Rules(
        enabled=connection.enabled,
        duplicate_check=connection.duplicate_check,
        contact_tags=names_split(connection.contact_tags),
        primary_address=connection.primary_address,
        creation_method=connection.creation_method,
        unresolved_lines=connection.unresolved_lines,
        crm_currency=connection.crm_currency,
        other_currency=connection.other_currency,
        test_orders=connection.test_orders,
        unpaid_orders=connection.unpaid_orders,
        default_payment_type=connection.default_payment_type,
        four_byte_text=connection.four_byte_text,
        products=dict(mapped.values_list("item_id", "crm_product_id")),
        product_tags=_by_item((row.item_id, row.tag_name) for row in tags),
        specials=connection.place_order_specials,
        price_differences=connection.price_differences,
        contact_action_set_id=connection.contact_action_set_id,
        product_action_sets=_by_item((row.item_id, row.action_set_id) for row in action_sets),
        product_goals=_by_item((row.item_id, (row.integration, row.call_name)) for row in goals),
        contact_fields={row.crm_field: row.shop_field for row in fields if row.target == CONTACT},
        order_fields={row.crm_field: row.shop_field for row in fields if row.target == ORDER},
        payment_types={
            row.shop_method.strip().casefold(): row.crm_type for row in connection.payment_types.all()
        },
    )


def _by_item(rows: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    found: dict[str, tuple[T, ...]] = {}
    for item_id, value in rows:
        found[item_id] = (*found.get(item_id, ()), value)
    return found
