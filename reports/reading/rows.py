"""Rows of a run stored a page at a time, with where to go on, and at the end shown or taken back at once.

What is unchanged is not written. A changed row gets a new version, the old one stays for those who read it
and as history; a row that the CRM no longer has gets a tombstone. Until the run is shown nobody sees any of
it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from background.lease import Lease
from reports.catalogue.calls import Page
from reports.columns import Stored
from reports.models import DataSet, MetKey, RowVersion, Run

AT_ONCE = 1000
LARGEST_NUMBER = 2**63 - 1

Values = Mapping[str, Stored]


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as read; `number` is its key as a number, where the key is one."""

    key: str
    number: int | None
    values: Values


def key_of(values: Values, key: Sequence[str]) -> tuple[str, int | None]:
    """What a row is known by: the columns of its key, or without any all of it."""
    if not key:
        text = json.dumps(values, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:40], None
    parts = [values.get(name) for name in key]
    number = parts[0] if len(parts) == 1 and isinstance(parts[0], int) else None
    text = "/".join("" if part is None else str(part) for part in parts)
    if len(text) > 200:
        text = hashlib.sha256(text.encode()).hexdigest()
    return text, number


def page_store(run: Run, page: Page, rows: Iterable[ReadRow], lease: Lease, **changes: object) -> None:
    """Store a page's rows, what it shows to be gone, and `changes` of the run, or nothing of it.

    Raises: LeaseLost if another worker has the run.
    """
    met = {row.key: row for row in rows}
    with transaction.atomic():
        living = _living(run).filter(key__in=list(met)) if met else RowVersion.objects.none()
        known = {version.key: version for version in living}
        now = timezone.now()
        new = [row for row in met.values() if _differs(known.get(row.key), row.values)]
        changed = sum(1 for row in new if row.key in known and not known[row.key].gone)
        gone: list[RowVersion] = []
        if run.mode == DataSet.Mode.REPLACE:
            gone = _gone(run, page, met)
        lease.renew(
            pages=F("pages") + 1,
            rows=F("rows") + len(met),
            added=F("added") + len(new) - changed,
            changed=F("changed") + changed,
            removed=F("removed") + len(gone),
            **changes,
        )
        number = run.pages + 1
        _replace(run, [known[row.key] for row in new if row.key in known] + gone)
        RowVersion.objects.bulk_create(
            [_version(run, row.key, row.number, dict(row.values), number, now) for row in new]
            + [_version(run, each.key, each.key_number, {}, number, now, gone=True) for each in gone],
            batch_size=AT_ONCE,
        )
        if run.mode == DataSet.Mode.REPLACE and page.covers is None and not page.whole:
            MetKey.objects.bulk_create(
                [MetKey(run=run, key=key) for key in met], ignore_conflicts=True, batch_size=AT_ONCE
            )


def unmet_remove(run: Run, lease: Lease) -> bool:
    """Give tombstones to some of the rows that a run read to its end did not meet; whether there were any."""
    with transaction.atomic():
        met = MetKey.objects.filter(run=run).values("key")
        gone = list(_living(run).filter(gone=False).exclude(key__in=met).order_by("id")[:AT_ONCE])
        lease.renew(removed=F("removed") + len(gone))
        _replace(run, gone)
        now = timezone.now()
        RowVersion.objects.bulk_create(
            [_version(run, each.key, each.key_number, {}, run.pages, now, gone=True) for each in gone]
        )
    return bool(gone)


def versions_undo(run: Run, lease: Lease) -> bool:
    """Take some of what the run wrote back; whether there was any. Repeat: safe, until there is none."""
    with transaction.atomic():
        lease.renew()
        written = RowVersion.objects.filter(data_set=run.data_set_id, born=run.number)
        some = list(written.values_list("id", flat=True)[: 5 * AT_ONCE])
        if some:
            RowVersion.objects.filter(id__in=some).delete()
            return True
        replaced = RowVersion.objects.filter(data_set=run.data_set_id, replaced=run.number)
        some = list(replaced.values_list("id", flat=True)[: 5 * AT_ONCE])
        RowVersion.objects.filter(id__in=some).update(replaced=None)
    return bool(some)


def _living(run: Run) -> QuerySet[RowVersion]:
    return RowVersion.objects.filter(data_set=run.data_set_id, replaced=None)


def _differs(known: RowVersion | None, values: Values) -> bool:
    return known is None or known.gone or known.values != values


def _gone(run: Run, page: Page, met: Mapping[str, ReadRow]) -> list[RowVersion]:
    """The living rows that the page would tell, were they still there."""
    if page.covers is not None:
        up_to = LARGEST_NUMBER if page.covers.up_to is None else page.covers.up_to
        rows = _living(run).filter(gone=False, key_number__gt=page.covers.above, key_number__lte=up_to)
    elif page.whole:
        rows = _living(run).filter(gone=False)
    else:
        return []
    missing = [(id, key) for id, key in rows.values_list("id", "key").iterator() if key not in met]
    return list(RowVersion.objects.filter(id__in=[id for id, _ in missing]).defer("values"))


def _replace(run: Run, versions: Sequence[RowVersion]) -> None:
    """End the versions; what this very run wrote was never seen and goes."""
    own = [version.id for version in versions if version.born == run.number]
    others = [version.id for version in versions if version.born != run.number]
    if own:
        RowVersion.objects.filter(id__in=own).delete()
    if others:
        RowVersion.objects.filter(id__in=others).update(replaced=run.number)


def _version(
    run: Run,
    key: str,
    number: int | None,
    values: dict[str, Stored],
    page: int,
    now: datetime,
    *,
    gone: bool = False,
) -> RowVersion:
    return RowVersion(
        data_set_id=run.data_set_id,
        key=key,
        key_number=number,
        born=run.number,
        gone=gone,
        page=page,
        values=values,
        read_at=now,
    )
