"""What we know of the CRM's names: from our copy of its lists, else asked once per name and remembered.

A look-up that failed is not an answer: its error goes on to the caller and nothing of the batch is
remembered. Only a clean empty answer is remembered as "absent"; a name our copy lacks is always asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from crm.contract import Crm
from crm.list_records import DirectoryKind
from crm.records import AffiliateRecord, LeadSourceRecord, ProductRecord, TagRecord
from mappings.directory.schedule import list_stale
from mappings.models import Connection, DirectoryEntry, DirectoryList, DirectoryRow

# An id stays good until its record is deleted, which the CRM then says (`directory_forget`); a day bounds
# how long a renamed record is used under its old name.
FOUND_KEPT_FOR = timedelta(hours=24)
# Short, because a merchant who was told "absent" creates the record next.
ABSENT_KEPT_FOR = timedelta(minutes=10)
# A day, and time for the next pass to end.
LIST_KEPT_FOR = timedelta(hours=36)

LONGEST_NAME = 200  # as DirectoryEntry.name; longer ones are asked every time
# Of these the "name" is what the rows hold as their code: a partner's, a product's SKU.
KINDS_BY_CODE = (DirectoryEntry.Kind.AFFILIATE, DirectoryEntry.Kind.SKU)

FoundRecords = Sequence[TagRecord | ProductRecord | LeadSourceRecord | AffiliateRecord]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a name stands for in the CRM; `matches` above one asks for a warning."""

    name: str
    crm_id: int | None
    matches: int


def names_resolve(
    connection: Connection, crm: Crm, kind: DirectoryEntry.Kind | str, names: Iterable[str], *, now: datetime
) -> dict[str, Resolution]:
    """Each distinct name with its CRM id, from memory where that is fresh, else from the CRM.

    Of several records with one name the active one of the lowest id is taken, as the CRM's answer has it.
    Raises: whatever the look-up raised; nothing is remembered then.
    """
    wanted = list(dict.fromkeys(names))
    known = _remembered(connection, kind, wanted, now=now)
    known |= _listed(connection, kind, [name for name in wanted if name not in known], now=now)
    answers = known | names_ask(connection, crm, kind, [n for n in wanted if n not in known], now=now)
    return {name: answers[name] for name in wanted}


def names_ask(
    connection: Connection, crm: Crm, kind: DirectoryEntry.Kind | str, names: Iterable[str], *, now: datetime
) -> dict[str, Resolution]:
    """As `names_resolve`, but every name is asked, whatever was remembered."""
    found = {name: _ask(crm, kind, name) for name in dict.fromkeys(names)}
    answers = {name: Resolution(name, ids[0] if ids else None, len(ids)) for name, ids in found.items()}
    if connection.pk is not None:
        _remember(connection, kind, answers.values(), now=now)
        _correct(connection, kind, found)
    return answers


def name_known(connection: Connection, kind: DirectoryEntry.Kind | str, name: str) -> int | None:
    """The id that was found or made under that name lately. Asks nobody."""
    known = _remembered(connection, kind, [name], now=timezone.now()).get(name)
    return known.crm_id if known else None


def name_learn(
    connection: Connection, kind: DirectoryEntry.Kind | str, name: str, crm_id: int, *, now: datetime
) -> None:
    """Remember what was just made, which look-ups may not show yet; its list is read again soon."""
    _remember(connection, kind, [Resolution(name, crm_id, 1)], now=now)
    list_stale(connection, _list_of(kind))


def directory_forget(
    connection: Connection,
    kind: DirectoryEntry.Kind | str,
    *,
    name: str | None = None,
    crm_id: int | None = None,
) -> int:
    """Forget a name or an id the CRM said is gone, and have the list read again; how many memories it was in.

    Repeat: safe.
    """
    if connection.pk is None or (name is None and crm_id is None):
        return 0
    mine = {"connection_id": connection.pk, "kind": str(kind)}
    of_list = {**mine, "kind": _list_of(kind)}
    rows = DirectoryRow.objects.filter(_either(_column(kind), name, crm_id), **of_list)
    entries = DirectoryEntry.objects.filter(_either("name", name, crm_id), **mine)
    forgotten = rows.delete()[0] + entries.delete()[0]
    list_stale(connection, _list_of(kind))
    return forgotten


def ids_known(
    connection: Connection, kind: DirectoryEntry.Kind | str, names: Sequence[str]
) -> dict[int, str]:
    """The ids last known for names that one record alone carried, however long ago. Asks nobody."""
    if connection.pk is None or not names:
        return {}
    entries = DirectoryEntry.objects.filter(
        connection_id=connection.pk, kind=str(kind), name__in=names, crm_id__isnull=False, matches=1
    )
    listed = _by_name(connection, kind, [name for name in names if len(name) <= LONGEST_NAME])
    known = {ids[0]: name for name, ids in listed.items() if len(ids) == 1}
    return known | {entry.crm_id: entry.name for entry in entries if entry.crm_id is not None}


def names_known(connection: Connection, kind: DirectoryEntry.Kind | str) -> Iterable[str]:
    """Every name of the kind this connection has met, one at a time. Asks nobody."""
    rows = DirectoryRow.objects.filter(connection_id=connection.pk, kind=str(kind))
    yield from rows.values_list(_column(kind), flat=True).iterator()
    entries = DirectoryEntry.objects.filter(connection_id=connection.pk, kind=str(kind), crm_id__isnull=False)
    yield from entries.values_list("name", flat=True).iterator()


def users_absent(connection: Connection, ids: Collection[int]) -> frozenset[int]:
    """Those that are no active users by our copy of the list; none where it was never read. Asks nobody.

    Somebody may have been added since: a list that lacks one is read again soon.
    """
    mine = {"connection_id": connection.pk, "kind": str(DirectoryKind.USER)}
    if not ids or not DirectoryList.objects.filter(**mine, refreshed_at__isnull=False).exists():
        return frozenset()
    there = DirectoryRow.objects.filter(**mine, crm_id__in=ids, active=True).values_list("crm_id", flat=True)
    absent = frozenset(ids) - set(there)
    if absent:
        list_stale(connection, str(DirectoryKind.USER))
    return absent


def categories_known(connection: Connection) -> bool:
    """Whether the product categories, and which products they hold, have been read once."""
    kinds = (DirectoryKind.PRODUCT_CATEGORY.value, DirectoryKind.PRODUCT_ASSIGNMENT.value)
    read = DirectoryList.objects.filter(connection_id=connection.pk, refreshed_at__isnull=False)
    return read.filter(kind__in=kinds).count() == len(kinds)


def partners_gone(connection: Connection, crm: Crm, partner_ids: Sequence[int]) -> frozenset[int]:
    """Those of the mapped referral partners that the CRM does not have any more.

    Asked for is only one that the last reading of the list did not find: it may be newer than that.
    Raises: that call's CrmError.
    """
    kind = DirectoryKind.AFFILIATE.value
    lists = DirectoryList.objects.filter(connection_id=connection.pk, kind=kind)
    if not partner_ids or not lists.filter(refreshed_at__isnull=False).exists():
        return frozenset()
    rows = DirectoryRow.objects.filter(connection_id=connection.pk, kind=kind, crm_id__in=partner_ids)
    missing = set(partner_ids) - set(rows.values_list("crm_id", flat=True))
    if missing:
        list_stale(connection, kind)
    return frozenset(partner_id for partner_id in missing if not crm.affiliate_exists(partner_id))


def product_facts(
    connection: Connection, crm: Crm, product_ids: Sequence[int]
) -> tuple[dict[int, str], dict[int, frozenset[str]]]:
    """Each product's name, and the ids and names of the categories that hold it, as last read.

    A product that was never read is asked for, in one call. Raises: that call's CrmError.
    """
    rows = DirectoryRow.objects.filter(connection_id=connection.pk)
    products = rows.filter(kind=DirectoryKind.PRODUCT.value, crm_id__in=product_ids)
    names = dict(products.values_list("crm_id", "name"))
    if unknown := [product_id for product_id in product_ids if product_id not in names]:
        names |= {record.id: record.name for record in crm.load_products(unknown)}
    held = list(
        rows.filter(kind=DirectoryKind.PRODUCT_ASSIGNMENT.value, crm_id__in=product_ids).values_list(
            "crm_id", "parent_id"
        )
    )
    called = dict(
        rows.filter(
            kind=DirectoryKind.PRODUCT_CATEGORY.value, crm_id__in={category for _, category in held}
        ).values_list("crm_id", "name")
    )
    categories: dict[int, frozenset[str]] = {}
    for product_id, category in held:
        words = {str(category), called.get(category, str(category))}
        categories[product_id] = categories.get(product_id, frozenset()) | words
    return names, categories


def _ask(crm: Crm, kind: DirectoryEntry.Kind | str, name: str) -> list[int]:
    if not name.strip():
        return []  # no record has a blank name; some answer to it with everything
    found: FoundRecords
    match DirectoryEntry.Kind(str(kind)):
        case DirectoryEntry.Kind.TAG:
            found = crm.find_tags(name)
        case DirectoryEntry.Kind.PRODUCT:
            found = crm.find_products(name)
        case DirectoryEntry.Kind.SKU:
            found = crm.find_products_by_sku(name)
        case DirectoryEntry.Kind.LEAD_SOURCE:
            found = crm.find_lead_sources(name)
        case DirectoryEntry.Kind.AFFILIATE:
            found = crm.find_affiliates(name)
    return [record.id for record in found]


def _remembered(
    connection: Connection, kind: DirectoryEntry.Kind | str, names: Sequence[str], *, now: datetime
) -> dict[str, Resolution]:
    """What was answered lately. A complete pass removes what is older than it."""
    if not names or connection.pk is None:
        return {}
    fresh = Q(crm_id__isnull=False, checked_at__gt=now - FOUND_KEPT_FOR) | Q(
        crm_id__isnull=True, checked_at__gt=now - ABSENT_KEPT_FOR
    )
    entries = DirectoryEntry.objects.filter(
        fresh, connection_id=connection.pk, kind=str(kind), name__in=names
    )
    return {entry.name: Resolution(entry.name, entry.crm_id, entry.matches) for entry in entries}


def _listed(
    connection: Connection, kind: DirectoryEntry.Kind | str, names: Sequence[str], *, now: datetime
) -> dict[str, Resolution]:
    """What our copy of the list says, if a pass over the whole list ended lately."""
    wanted = [name for name in names if name.strip() and len(name) <= LONGEST_NAME]
    if not wanted or connection.pk is None:
        return {}
    found = _by_name(connection, kind, wanted, read_after=now - LIST_KEPT_FOR)
    return {name: Resolution(name, ids[0], len(ids)) for name, ids in found.items()}


def _by_name(
    connection: Connection,
    kind: DirectoryEntry.Kind | str,
    names: Sequence[str],
    *,
    read_after: datetime | None = None,
) -> dict[str, list[int]]:
    """The ids of each name's records, active ones first, then lowest id. Letter case counts."""
    column = _column(kind)
    rows = DirectoryRow.objects.filter(
        connection_id=connection.pk, kind=_list_of(kind), **{f"{column}__in": names}
    )
    if read_after is not None:
        rows = rows.filter(
            connection__directory_lists__kind=_list_of(kind),
            connection__directory_lists__refreshed_at__gt=read_after,
        )
    found: dict[str, list[int]] = {}
    for name, crm_id in rows.order_by("-active", "crm_id").values_list(column, "crm_id"):
        found.setdefault(name, []).append(crm_id)
    return {name: found[name] for name in names if name in found}


def _remember(
    connection: Connection,
    kind: DirectoryEntry.Kind | str,
    answers: Iterable[Resolution],
    *,
    now: datetime,
) -> None:
    rows = [
        DirectoryEntry(
            connection_id=connection.pk,
            kind=str(kind),
            name=answer.name,
            crm_id=answer.crm_id,
            matches=min(answer.matches, 32_767),
            checked_at=now,
        )
        for answer in answers
        if answer.name.strip() and len(answer.name) <= LONGEST_NAME
    ]
    if not rows:
        return
    DirectoryEntry.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["connection", "kind", "name"],
        update_fields=["crm_id", "matches", "checked_at"],
    )


def _correct(connection: Connection, kind: DirectoryEntry.Kind | str, found: dict[str, list[int]]) -> None:
    """Take out of our copy what no longer carries a name that was just asked for."""
    names = [name for name in found if name.strip()]
    if not names:
        return
    ids = {crm_id for answer in found.values() for crm_id in answer}
    wrong = DirectoryRow.objects.filter(
        connection_id=connection.pk, kind=_list_of(kind), **{f"{_column(kind)}__in": names}
    )
    wrong.exclude(crm_id__in=ids).delete()


def _either(column: str, name: str | None, crm_id: int | None) -> Q:
    by_name = Q(**{column: name}) if name is not None else Q(pk__in=[])
    return by_name | Q(crm_id=crm_id) if crm_id is not None else by_name


def _column(kind: DirectoryEntry.Kind | str) -> str:
    return "code" if str(kind) in KINDS_BY_CODE else "name"


def _list_of(kind: DirectoryEntry.Kind | str) -> str:
    """The list whose rows such a name is looked for in."""
    is_sku = str(kind) == DirectoryEntry.Kind.SKU
    return DirectoryKind.PRODUCT.value if is_sku else str(kind)
