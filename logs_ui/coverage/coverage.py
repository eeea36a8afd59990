"""Which of a shop's order lines find a CRM product, and by which rung; what would be left out, by revenue.

Units: revenue is list price × quantity in one currency, before discounts. Counted are orders past payment,
history included, so that a shop can be looked at before anything is sent. Kit rows count beside components.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from carts.models import Order, OrderLine
from carts.order_data import Stage
from carts.selectors import cents, counted_once, received_amount
from crm.list_records import DirectoryKind
from mappings.models import Connection, DirectoryList, DirectoryRow, ProductMapping
from mappings.names import near_misses

PERIODS = (7, 30, 90, 365)
PAGE_ROWS = 50
MAX_UNRESOLVED = 5_000
MATCHES: dict[str, str] = {
    "mapping": "Mapping",
    "product": "CRM product of that name",
    "sku": "CRM product of that SKU",
    "title": "CRM product called like the line",
    "near": "Near miss",
    "none": "No product",
}
MONEY = DecimalField(max_digits=30, decimal_places=6)


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One item of the shop; `product_id` is what it resolves to, or for a near miss what it resembles."""

    item_id: str
    title: str
    lines: int
    revenue: Decimal
    match: str
    product_id: int | None = None
    product_name: str = ""

    @property
    def match_label(self) -> str:
        return MATCHES[self.match]


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """How much of everything one rung holds."""

    match: str
    label: str
    items: int
    lines: int
    revenue: Decimal
    lines_percent: int
    revenue_percent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """`cut`: there are more unresolved items than were looked at for near misses. `received` and
    `outstanding` are of the orders' totals.
    """

    currency: str = ""
    currencies: list[str] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    lines: int = 0
    revenue: Decimal = Decimal(0)
    near: int = 0
    count: int = 0
    page: int = 1
    pages: int = 1
    cut: bool = False
    received: Decimal = Decimal(0)
    outstanding: Decimal = Decimal(0)

    @property
    def resolved_percent(self) -> int:
        return percent(sum(share.lines for share in self.shares if share.match in BY_MATCH), self.lines)

    @property
    def revenue_percent(self) -> int:
        known = sum(share.revenue for share in self.shares if share.match in BY_MATCH)
        return percent(known, self.revenue)


def coverage_of(
    connection: Connection, *, days: int, currency: str = "", match: str = "", page: int = 1
) -> Coverage:
    """The coverage of a connection's orders of the last days, in the currency most of them have unless one is
    given. A fixed number of queries; unresolved items first, then by revenue."""
    rows = _orders(connection, days).order_by().values_list("currency").annotate(number=Count("pk"))
    currencies = [name for name, _ in rows.order_by("-number", "currency")[:20]]  # of most orders first
    if not currencies:
        return Coverage()
    chosen = currency if currency in currencies else currencies[0]
    lines = _lines(connection, days, chosen)
    totals = _totals(lines)
    unresolved, cut = unresolved_items(connection, lines)
    shares = _shares(matches_of(connection), totals, unresolved)
    first = [item for item in unresolved if match in ("", item.match)]
    resolved = (
        0
        if match in ("near", "none")
        else sum(share.items for share in shares if share.match in ({match} if match else BY_MATCH))
    )
    count = len(first) + resolved
    pages = max((count + PAGE_ROWS - 1) // PAGE_ROWS, 1)
    page = min(max(page, 1), pages)
    start, end = (page - 1) * PAGE_ROWS, page * PAGE_ROWS
    items = first[start:end]
    if end > len(first) and resolved:
        wanted = slice(max(start - len(first), 0), end - len(first))
        items = [*items, *_resolved_items(connection, lines, match, wanted)]
    # What came in of the orders, and what did not yet.
    orders = _orders(connection, days).filter(currency=chosen).annotate(received=received_amount())
    sums = orders.order_by().aggregate(total_sum=Sum("total"), received_sum=Sum("received"))
    received = cents(sums["received_sum"])
    return Coverage(
        currency=chosen,
        currencies=currencies,
        shares=shares,
        items=items,
        lines=totals["lines"],
        revenue=totals["revenue"] or Decimal(0),
        near=sum(item.match == "near" for item in unresolved),
        count=count,
        page=page,
        pages=pages,
        cut=cut,
        received=received,
        outstanding=cents(sums["total_sum"]) - received,
    )


def matches_of(connection: Connection) -> dict[str, str]:
    """The rungs of a connection's ladder, with their labels: two of them are switches."""
    off = {"sku": not connection.products_by_sku, "title": not connection.products_by_title}
    return {match: label for match, label in MATCHES.items() if not off.get(match)}


def near_items(connection: Connection, *, days: int, currency: str) -> list[Item]:
    """Every near miss among the unresolved items looked at, as the page counts them."""
    unresolved, _ = unresolved_items(connection, _lines(connection, days, currency))
    return [item for item in unresolved if item.match == "near" and item.product_id]


def products_list(connection: Connection) -> DirectoryList | None:
    """How far the CRM's products have been read; None if nobody has begun."""
    return connection.directory_lists.filter(kind=DirectoryKind.PRODUCT.value).first()


def products_find(connection: Connection, text: str, *, limit: int = 50) -> list[DirectoryRow]:
    """Active products whose name or SKU contains the text, by name; the first ones if it is empty."""
    rows = product_rows(connection).filter(active=True)
    if text:
        is_id = Q(crm_id=int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else Q(pk=None)
        rows = rows.filter(Q(name__icontains=text) | Q(code__icontains=text) | is_id)
    return list(rows.defer("detail").order_by("name", "crm_id")[:limit])


def product_rows(connection: Connection) -> QuerySet[DirectoryRow]:
    return DirectoryRow.objects.filter(connection=connection, kind=DirectoryKind.PRODUCT.value)


def percent(part: Decimal | int, whole: Decimal | int) -> int:
    """Rounded down: 100 means all of it."""
    return int(part * 100 / whole) if whole > 0 and part > 0 else 0


# -- queries --------------------------------------------------------------------------------------------


def _orders(connection: Connection, days: int) -> QuerySet[Order]:
    since = timezone.now() - timedelta(days=days)
    orders = Order.objects.filter(source__connection=connection, placed_at__gte=since, stage=Stage.PAID.value)
    return counted_once(orders)


def _lines(connection: Connection, days: int, currency: str) -> QuerySet[OrderLine]:
    mapped = ProductMapping.objects.filter(connection=connection, item_id=OuterRef("item_id"))
    products = product_rows(connection)
    named = products.filter(name=OuterRef("item_id"))
    coded = products.filter(code=OuterRef("item_id")) if connection.products_by_sku else products.none()
    titled = products.filter(name=OuterRef("title")) if connection.products_by_title else products.none()
    orders = _orders(connection, days).filter(currency=currency)
    lines = OrderLine.objects.filter(order__in=orders.values("pk")).order_by()
    return lines.annotate(
        is_mapped=Exists(mapped),
        is_named=Exists(named),
        is_coded=Exists(coded),
        is_titled=Exists(titled),
        amount=F("quantity") * F("unit_price"),
    )


RESOLVED = Q(is_mapped=True) | Q(is_named=True) | Q(is_coded=True) | Q(is_titled=True)
BY_MATCH = {
    "mapping": Q(is_mapped=True),
    "product": Q(is_mapped=False, is_named=True),
    "sku": Q(is_mapped=False, is_named=False, is_coded=True),
    "title": Q(is_mapped=False, is_named=False, is_coded=False, is_titled=True),
}


def _totals(lines: QuerySet[OrderLine]) -> dict[str, Any]:
    """Lines, items and revenue of all, and of each rung that the database can tell."""
    wanted: dict[str, Any] = {"lines": Count("pk"), "revenue": _revenue()}
    for match, condition in {**BY_MATCH, "open": ~RESOLVED}.items():
        wanted[f"{match}_lines"] = Count("pk", filter=condition)
        wanted[f"{match}_items"] = Count("item_id", filter=condition, distinct=True)
        wanted[f"{match}_revenue"] = _revenue(filter=condition)
    return lines.aggregate(**wanted)


def _revenue(**options: Any) -> Sum:
    return Sum("amount", output_field=MONEY, **options)


def _by_item(lines: QuerySet[OrderLine]) -> QuerySet[Any, Any]:
    grouped: QuerySet[Any, Any] = lines.values("item_id").annotate(
        title=Max("title"), number=Count("pk"), revenue=_revenue()
    )
    return grouped.order_by("-revenue", "item_id")


def unresolved_items(connection: Connection, lines: QuerySet[OrderLine]) -> tuple[list[Item], bool]:
    """Items without a product, by revenue, with what each resembles; and whether there are more of them."""
    rows = list(_by_item(lines.filter(~RESOLVED))[: MAX_UNRESOLVED + 1])
    cut, rows = len(rows) > MAX_UNRESOLVED, rows[:MAX_UNRESOLVED]
    if not rows:
        return [], False
    names = product_rows(connection).order_by("-active", "crm_id").values_list("name", flat=True)
    near = near_misses([row["item_id"] for row in rows], names.iterator(chunk_size=2000))
    ids = _ids_of(connection, set(near.values())) if near else {}
    found = []
    for row in rows:
        name = near.get(row["item_id"], "")
        item = _item(row, "near" if name else "none", ids.get(name), name)
        found.append(item)
    return found, cut


def _ids_of(connection: Connection, names: set[str]) -> dict[str, int]:
    """The product of each name: of several the active one, then that of the lowest id."""
    rows = product_rows(connection).filter(name__in=names).order_by("active", "-crm_id")
    return dict(rows.values_list("name", "crm_id"))


def _item(row: Mapping[str, Any], match: str, product_id: int | None, product_name: str) -> Item:
    return Item(
        item_id=row["item_id"],
        title=row["title"],
        lines=row["number"],
        revenue=row["revenue"] or Decimal(0),
        match=match,
        product_id=product_id,
        product_name=product_name,
    )


def _resolved_items(
    connection: Connection, lines: QuerySet[OrderLine], match: str, wanted: slice
) -> list[Item]:
    mapped = ProductMapping.objects.filter(connection=connection, item_id=OuterRef("item_id"))
    products = product_rows(connection).order_by("-active", "crm_id")
    named = products.filter(name=OuterRef("item_id"))
    coded = products.filter(code=OuterRef("item_id")) if connection.products_by_sku else products.none()
    rows = list(
        _by_item(lines.filter(BY_MATCH.get(match, RESOLVED))).annotate(
            mapping_id=Subquery(mapped.values("crm_product_id")[:1]),
            product_id=Subquery(named.values("crm_id")[:1]),
            sku_id=Subquery(coded.values("crm_id")[:1]),
        )[wanted]
    )
    titles = {row["title"] for row in rows} if connection.products_by_title else set()
    by_title = _ids_of(connection, titles) if titles else {}
    found: list[tuple[dict[str, Any], str, int | None]] = []
    for row in rows:  # the first rung that finds a product
        ids = {name: row[f"{name}_id"] for name in ("mapping", "product", "sku")}
        name = next((name for name, found_id in ids.items() if found_id), "title")
        found.append((row, name, ids.get(name) or by_title.get(row["title"])))
    names = dict(
        products.filter(crm_id__in={found_id for _, _, found_id in found}).values_list("crm_id", "name")
    )
    return [
        _item(row, match_found, product_id, names.get(product_id or 0, ""))
        for row, match_found, product_id in found
    ]


def _shares(matches: Mapping[str, str], totals: Mapping[str, Any], unresolved: Iterable[Item]) -> list[Share]:
    """The unresolved that were not looked at count as without a product."""
    near = [item for item in unresolved if item.match == "near"]
    near_lines = sum(item.lines for item in near)
    near_revenue = sum((item.revenue for item in near), Decimal(0))
    figures = {
        match: (totals[f"{match}_items"], totals[f"{match}_lines"], totals[f"{match}_revenue"] or Decimal(0))
        for match in (*BY_MATCH, "open")
    }
    items, lines, revenue = figures.pop("open")
    figures["near"] = (len(near), near_lines, near_revenue)
    figures["none"] = (items - len(near), lines - near_lines, revenue - near_revenue)
    return [
        Share(
            match=match,
            label=label,
            items=figures[match][0],
            lines=figures[match][1],
            revenue=figures[match][2],
            lines_percent=percent(figures[match][1], totals["lines"]),
            revenue_percent=percent(figures[match][2], totals["revenue"] or 0),
        )
        for match, label in matches.items()
    ]
