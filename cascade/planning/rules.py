"""What a plan is made from, as plain values: a merchant's rules, the CRM's answers to our names, the past."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from cascade.plan import PlanVerdict
from crm.list_records import CustomField
from mappings.directory.names import Resolution
from mappings.models import Connection, FieldMapping, OrderSettings, ProductGoal
from mappings.names import names_split
from mappings.value_maps import value_map_parse

CONTACT, ORDER = FieldMapping.Target.CONTACT, FieldMapping.Target.ORDER
T = TypeVar("T")
# Of what is kept of the mapping tables.
MOST_CONNECTIONS = 64
MOST_ITEMS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFacts:
    """`quiet_channels` are case-folded."""

    slug: str
    start_date: datetime | None = None
    quiet_channels: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldRule:
    """A value of the shop that goes to a custom field; `value_map` is keyed case-folded."""

    crm_field: str
    shop_field: str
    value_map: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class GoalRule:
    """Whoever buys what `trigger` and `value` name achieves the goals of that call name."""

    trigger: str
    value: str
    integration: str
    call_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """Settings and mappings of one connection at one moment.

    Payment methods, sales reps and affiliates are keyed case-folded.
    """

    enabled: bool = True
    duplicate_check: str = OrderSettings.DuplicateCheck.EMAIL
    contact_tags: tuple[str, ...] = ()
    new_customer_tag: str = ""
    repeat_customer_tag: str = ""
    mailing_list_tag: str = ""
    mailing_list_opt_in: bool = False
    mailing_list_filter: bool = False
    lead_source_field: str = OrderSettings.LeadSourceField.BLANK
    create_lead_source: bool = False
    replace_lead_source: bool = False
    primary_address: str = OrderSettings.PrimaryAddress.BILLING
    creation_method: str = OrderSettings.CreationMethod.BLANK_ORDER
    skip_order_creation: bool = False
    products_by_sku: bool = False
    products_by_title: bool = False
    create_products: bool = False
    unresolved_lines: str = OrderSettings.UnresolvedLines.LEAVE_OUT
    crm_currency: str = "USD"
    other_currency: str = OrderSettings.OtherCurrency.PARK
    test_orders: str = OrderSettings.TestOrders.SEND
    unpaid_orders: str = OrderSettings.UnpaidOrders.ORDER_ONLY
    part_payments: str = OrderSettings.PartPayments.WAIT
    default_payment_type: str = "Credit Card (Manual)"
    four_byte_text: str = OrderSettings.FourByteText.KEEP
    specials: bool = False
    price_differences: bool = False
    contact_action_set_id: int | None = None
    cart_tags: tuple[str, ...] = ()
    cart_product_tags: bool = False
    affiliates_enabled: bool = False
    affiliate_tags: tuple[str, ...] = ()
    affiliate_partner: str = OrderSettings.AffiliatePartner.NONE
    affiliate_owner_id: int | None = None
    affiliate_role: str = OrderSettings.AffiliateRole.BOTH
    refund_tags: tuple[str, ...] = ()
    cancelled_tags: tuple[str, ...] = ()
    change_notes: bool = True
    product_action_sets: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    goals: tuple[GoalRule, ...] = ()
    folders: Mapping[str, str] = field(default_factory=dict)  # item: folder
    sales_reps: Mapping[str, int] = field(default_factory=dict)
    affiliates: Mapping[str, int] = field(default_factory=dict)
    contact_fields: tuple[FieldRule, ...] = ()
    order_fields: tuple[FieldRule, ...] = ()
    shipping_fields: Mapping[str, str] = field(default_factory=dict)  # CRM field: shipping value
    products: Mapping[str, int] = field(default_factory=dict)
    product_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    payment_types: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = "America/New_York"  # the CRM's
    places_by_codes: bool = False  # countries and regions of contacts, as over REST

    @property
    def removes_four_byte(self) -> bool:
        return self.four_byte_text == OrderSettings.FourByteText.REMOVE

    @property
    def creates_orders(self) -> bool:
        return not self.skip_order_creation

    @property
    def places_orders(self) -> bool:
        return self.creation_method == OrderSettings.CreationMethod.PLACE_ORDER


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """What the CRM answered for the names of one subject.

    `prices` are of products, where the CRM prices orders; `product_names` and `categories` (id or name of
    each that holds the product, if its list was read) only where a goal asks for them. `contact_fields` and
    `order_fields` are None where nobody has read the CRM's fields. `gone_partners` are mapped referral
    partners that the CRM has no more. `refusal` says why placeOrder must not be used now.
    """

    products: Mapping[str, Resolution] = field(default_factory=dict)
    tags: Mapping[str, Resolution] = field(default_factory=dict)
    lead_sources: Mapping[str, Resolution] = field(default_factory=dict)
    affiliates: Mapping[str, Resolution] = field(default_factory=dict)
    gone_partners: frozenset[int] = frozenset()
    prices: Mapping[int, Decimal] = field(default_factory=dict)
    product_names: Mapping[int, str] = field(default_factory=dict)
    categories: Mapping[int, frozenset[str]] = field(default_factory=dict)
    categories_read: bool = True
    absent_users: frozenset[int] = frozenset()  # asked for as owners, and no active users by the last list
    contact_fields: Mapping[str, CustomField] | None = None
    order_fields: Mapping[str, CustomField] | None = None
    refusal: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedNote:
    """`amount` as the note says it; blank for one that says that all of it was withdrawn."""

    step: str
    title: str
    amount: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedTag:
    """A tag that was given or taken back. `is_ours`: the contact has it of one of this buyer's orders."""

    step: str
    args: Mapping[str, Any] = field(default_factory=dict)
    is_taken_back: bool = False
    is_ours: bool = True

    @property
    def tag_id(self) -> int:
        return int(self.args["tag_id"])

    def is_of_refund(self, tags: Sequence[str]) -> bool:
        """Steps made before tags said what for are known by the tags of today's setting."""
        return self.args.get("for") == "refund" or self.args["name"] in tags


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundRecords:
    """Each in the order of telling. `held` are the tags that other orders of the buyer give them by now."""

    notes: tuple[RecordedNote, ...] = ()
    tags: tuple[RecordedTag, ...] = ()
    held: frozenset[int] = frozenset()

    @property
    def amounts(self) -> tuple[str, ...]:
        """The sums told since the last withdrawal."""
        told: tuple[str, ...] = ()
        for note in self.notes:
            told = (*told, note.amount) if note.amount else ()
        return told

    def of_tag(self, tag_id: int) -> tuple[RecordedTag, ...]:
        return tuple(tag for tag in self.tags if tag.tag_id == tag_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """What came before this version of an order.

    `is_first`: no earlier order of this buyer; `later_sent`: a later one went out before it. `in_crm`:
    something of this very order was sent. `without_automation`: nothing may start in the CRM. `asked_for`: a
    person wants it sent, though it is history. `payload` is the shop's own object, for custom fields;
    `affiliates` are the names by which the shop's first affiliate may be known. `kept_out`: another order
    tells the same purchase. `marker`: under which its head was sent. `refunds`: what was told of them so far.
    `tried_products`: items for which this very replication had a product made already.
    """

    is_first: bool = True
    later_sent: bool = False
    in_crm: bool = False
    without_automation: bool = False
    is_history: bool = False
    asked_for: bool = False
    payload: Mapping[str, Any] = field(default_factory=dict)
    affiliates: tuple[str, ...] = ()
    kept_out: PlanVerdict | None = None
    marker: str = ""
    refunds: RefundRecords = field(default_factory=RefundRecords)
    tried_products: frozenset[str] = frozenset()


def rules_of(connection: Connection, item_ids: Iterable[str]) -> Rules:
    """The rules as the row of the connection has them; of the mapping tables only the rows of the items.

    Costs no query while the row has the `tables_version` of the last time, and the items were asked for.
    """
    tables = _tables_of(connection)
    of_items = tables.of_items(connection, set(item_ids))
    folders = {item: rows.folder for item, rows in of_items.items() if rows.folder}
    # Goals of the items and their folders, and all that hang on a product or category of the CRM.
    goals = [goal for rows in of_items.values() for goal in rows.goals]
    goals += [goal for goal in tables.folder_goals if goal.value in set(folders.values())]
    values: dict[str, Any] = {name: getattr(connection, name) for name in _AS_THEY_ARE}
    values.update({name: names_split(getattr(connection, name)) for name in _NAME_LISTS})
    return Rules(
        **values,
        specials=connection.place_order_specials,
        time_zone=connection.zone_name,
        places_by_codes=connection.protocol == Connection.Protocol.REST,
        folders=folders,
        goals=(*goals, *tables.goals),
        products={item: rows.product for item, rows in of_items.items() if rows.product is not None},
        product_tags={item: rows.tags for item, rows in of_items.items() if rows.tags},
        product_action_sets={item: rows.action_sets for item, rows in of_items.items() if rows.action_sets},
        contact_fields=tables.fields[CONTACT],
        order_fields=tables.fields[ORDER],
        shipping_fields=tables.shipping_fields,
        sales_reps=tables.sales_reps,
        affiliates=tables.affiliates,
        payment_types=tables.payment_types,
    )


@dataclass(slots=True)
class _ItemRows:
    """What the mapping tables have for one item."""

    product: int | None = None
    folder: str = ""
    tags: tuple[str, ...] = ()
    action_sets: tuple[int, ...] = ()
    goals: tuple[GoalRule, ...] = ()


class _Tables:
    """A connection's mapping tables as they were read at one version; those of items as they were needed."""

    def __init__(self, connection: Connection) -> None:
        self.version = connection.tables_version
        self._by_item: dict[str, _ItemRows] = {}
        fields = list(connection.field_mappings.all())
        self.fields = {
            target: tuple(_field_rule(row) for row in fields if row.target == target)
            for target in (CONTACT, ORDER)
        }
        Trigger, goals = ProductGoal.Trigger, connection.product_goals
        self.folder_goals = [_goal_rule(row) for row in goals.filter(trigger=Trigger.FOLDER)]
        self.goals = [
            _goal_rule(row) for row in goals.filter(trigger__in=(Trigger.PRODUCT, Trigger.CATEGORY))
        ]
        self.shipping_fields = dict(connection.shipping_fields.values_list("crm_field", "shipping_key"))
        self.sales_reps = _folded(connection.sales_reps.values_list("code", "user_id"))
        self.affiliates = _folded(
            connection.affiliate_mappings.values_list("shop_affiliate", "crm_affiliate_id")
        )
        self.payment_types = _folded(connection.payment_types.values_list("shop_method", "crm_type"))

    def of_items(self, connection: Connection, items: Set[str]) -> dict[str, _ItemRows]:
        by_item = self._by_item
        if unread := items - by_item.keys():
            by_item = {**by_item, **self._read(connection, unread)}
            self._by_item = by_item if len(by_item) <= MOST_ITEMS else {}
        return {item: by_item[item] for item in sorted(items)}

    def _read(self, connection: Connection, unread: Set[str]) -> dict[str, _ItemRows]:
        read = {item: _ItemRows() for item in unread}
        for item, product in connection.product_mappings.filter(item_id__in=unread).values_list(
            "item_id", "crm_product_id"
        ):
            read[item].product = product
        for item, folder in connection.item_folders.filter(item_id__in=unread).values_list(
            "item_id", "folder_id"
        ):
            read[item].folder = folder
        for tag in connection.product_tags.filter(item_id__in=unread):
            read[tag.item_id].tags += (tag.tag_name,)
        for action_set in connection.product_action_sets.filter(item_id__in=unread):
            read[action_set.item_id].action_sets += (action_set.action_set_id,)
        for goal in connection.product_goals.filter(trigger=ProductGoal.Trigger.ITEM, value__in=unread):
            read[goal.value].goals += (_goal_rule(goal),)
        return read


_known: OrderedDict[int, _Tables] = OrderedDict()
_changing = threading.Lock()


def _tables_of(connection: Connection) -> _Tables:
    """As known, if the row of the connection says that they are so still."""
    with _changing:
        tables = _known.pop(connection.pk, None)
    if tables is None or tables.version != connection.tables_version:
        tables = _Tables(connection)
    with _changing:
        _known[connection.pk] = tables
        if len(_known) > MOST_CONNECTIONS:
            _known.popitem(last=False)
    return tables


_AS_THEY_ARE = (
    *("enabled", "duplicate_check", "new_customer_tag", "repeat_customer_tag", "mailing_list_tag"),
    *("mailing_list_opt_in", "mailing_list_filter", "lead_source_field", "create_lead_source"),
    *("replace_lead_source", "primary_address", "creation_method", "skip_order_creation"),
    *("products_by_sku", "products_by_title", "create_products"),
    *("unresolved_lines", "crm_currency", "other_currency", "test_orders", "unpaid_orders"),
    *("default_payment_type", "four_byte_text", "price_differences", "contact_action_set_id"),
    *("cart_product_tags", "affiliates_enabled", "affiliate_partner", "affiliate_owner_id"),
    *("affiliate_role", "change_notes", "part_payments"),
)
_NAME_LISTS = ("contact_tags", "cart_tags", "affiliate_tags", "refund_tags", "cancelled_tags")


def _goal_rule(row: ProductGoal) -> GoalRule:
    return GoalRule(
        trigger=row.trigger, value=row.value, integration=row.integration, call_name=row.call_name
    )


def _field_rule(row: FieldMapping) -> FieldRule:
    return FieldRule(
        crm_field=row.crm_field, shop_field=row.shop_field, value_map=value_map_parse(row.value_map)
    )


def _folded(rows: Iterable[tuple[str, T]]) -> dict[str, T]:
    return {name.strip().casefold(): value for name, value in rows}
