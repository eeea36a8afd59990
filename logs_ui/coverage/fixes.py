"""The mappings that the coverage page makes and takes back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction

from logs_ui.coverage.coverage import product_rows
from mappings.models import Connection, ProductMapping

Made = list[tuple[int, int]]  # (row, CRM product) of each mapping made
LONGEST_ITEM_ID = 100
LARGEST_PRODUCT_ID = 2**31 - 1


class FixRefused(Exception):
    """Why nothing was mapped, in a sentence for the person who asked."""


def mapping_make(connection: Connection, item_id: str, product_id: int) -> Made:
    """Map one item to a product of our copy of the CRM's list. Repeat: refused, it is mapped then.

    Raises: FixRefused.
    """
    if (
        not 0 < product_id <= LARGEST_PRODUCT_ID
        or not product_rows(connection).filter(crm_id=product_id).exists()
    ):
        raise FixRefused(
            "The CRM has no product of that id any more. Have the lists read again, then choose anew."
        )
    if not item_id or len(item_id) > LONGEST_ITEM_ID:
        raise FixRefused("This item id cannot be mapped: it is empty or longer than 100 characters.")
    row, created = ProductMapping.objects.get_or_create(
        connection=connection, item_id=item_id, defaults={"crm_product_id": product_id}
    )
    if not created:
        raise FixRefused(f"The item {item_id} is mapped already, to product {row.crm_product_id}.")
    return [(row.pk, product_id)]


def mappings_make(connection: Connection, pairs: Iterable[tuple[str, int]]) -> Made:
    """Map each (item id, product id) that is not mapped yet; all or none. Repeat: safe."""
    wanted = {
        item_id: product_id
        for item_id, product_id in pairs
        if 0 < product_id <= LARGEST_PRODUCT_ID and len(item_id) <= LONGEST_ITEM_ID
    }
    with transaction.atomic():
        known = set(connection.product_mappings.values_list("item_id", flat=True).iterator())
        new = [item_id for item_id in wanted if item_id not in known]
        ProductMapping.objects.bulk_create(
            [
                ProductMapping(connection=connection, item_id=item_id, crm_product_id=wanted[item_id])
                for item_id in new
            ],
            ignore_conflicts=True,
        )
        made: Made = []
        for start in range(0, len(new), 500):
            rows = connection.product_mappings.filter(item_id__in=new[start : start + 500])
            made += rows.values_list("pk", "crm_product_id")
    return made


def mappings_unmake(connection: Connection, made: Sequence[tuple[int, int]]) -> int:
    """Remove the mappings that still are as they were made; how many that was. Repeat: safe."""
    removed = 0
    with transaction.atomic():
        for start in range(0, len(made), 500):
            ids = dict(made[start : start + 500])
            rows = connection.product_mappings.filter(pk__in=ids)
            same = [pk for pk, product in rows.values_list("pk", "crm_product_id") if ids[pk] == product]
            removed += connection.product_mappings.filter(pk__in=same).delete()[0]
    return removed
