"""The catalogue prices of products, where the CRM itself prices an order: from our copy of its products."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from crm.contract import Crm
from crm.list_records import DirectoryKind, DirectoryRecord
from crm.records import ProductRecord
from mappings.directory.rows import rows_store
from mappings.models import Connection, DirectoryList, DirectoryRow

# A price changed in the CRM meanwhile shows as another total, which stops before the payment.
PRICE_KEPT_FOR = timedelta(hours=24)


def product_prices(
    connection: Connection, crm: Crm, product_ids: Sequence[int], *, now: datetime, anew: bool = False
) -> dict[int, Decimal]:
    """The price of each product that exists, major units in the account's currency.

    Those not seen for a day are asked for in one call, and all of them with `anew`.
    Raises: whatever the look-up raised; nothing is remembered then.
    """
    known = {} if anew else _remembered(connection, product_ids, now)
    unknown = [product_id for product_id in product_ids if product_id not in known]
    if not unknown:
        return known
    found = [product for product in crm.load_products(unknown) if product.price is not None]
    _remember(connection, found, now)
    return known | {product.id: product.price for product in found if product.price is not None}


def _remembered(connection: Connection, product_ids: Sequence[int], now: datetime) -> dict[int, Decimal]:
    rows = DirectoryRow.objects.filter(
        connection_id=connection.pk,
        kind=DirectoryKind.PRODUCT.value,
        crm_id__in=product_ids,
        seen_at__gt=now - PRICE_KEPT_FOR,
    )
    return {row.crm_id: Decimal(row.detail["price"]) for row in rows if row.detail.get("price")}


def _remember(connection: Connection, products: Sequence[ProductRecord], now: datetime) -> None:
    if connection.pk is None or not products:
        return
    kind = DirectoryKind.PRODUCT
    listing, _ = DirectoryList.objects.get_or_create(
        connection_id=connection.pk, kind=kind.value, defaults={"due_at": now}
    )
    rows_store(
        listing,
        [
            DirectoryRecord(
                kind=kind,
                id=product.id,
                name=product.name,
                active=product.active,
                detail={"sku": product.sku, "price": f"{product.price:f}"},
            )
            for product in products
        ],
        seen_at=now,
    )
