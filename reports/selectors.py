"""What pages and programs read of data sets: always within the person's merchants, always bounded."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import DecimalField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, NullIf

from mappings.selectors import Person, connections_of
from reports.models import DataSet, RowVersion, Run

PAGE_ROWS = 50
LAST_PAGE = 20_000
NUMERIC = ("id", "number", "decimal")


def data_sets_of(user: Person) -> QuerySet[DataSet]:
    """The data sets that the person may see."""
    rows = DataSet.objects.filter(connection__in=connections_of(user).values("pk"))
    return rows.select_related("connection__merchant").defer("connection__api_key")


def newest_runs(data_set_ids: Sequence[int]) -> dict[int, Run]:
    """The newest run of each, by data set."""
    newest = Run.objects.filter(data_set=OuterRef("data_set")).order_by("-number").values("pk")[:1]
    runs = Run.objects.filter(data_set__in=data_set_ids, pk=Subquery(newest))
    return {run.data_set_id: run for run in runs}


def shown_rows(data_set: DataSet) -> QuerySet[RowVersion]:
    """The rows that readers see, as the last run that is shown left them."""
    return changes_of(data_set).filter(gone=False)


def changes_of(data_set: DataSet) -> QuerySet[RowVersion]:
    """The same with tombstones: each key once, with its latest change."""
    unreplaced = Q(replaced=None) | Q(replaced__gt=data_set.shown_run)
    return RowVersion.objects.filter(unreplaced, data_set=data_set.pk, born__lte=data_set.shown_run)


def history_of(data_set: DataSet, key: str) -> QuerySet[RowVersion]:
    """Every version of one row that readers saw, the newest first."""
    rows = RowVersion.objects.filter(data_set=data_set.pk, born__lte=data_set.shown_run, key=key)
    return rows.order_by("-id")


def rows_sorted(rows: QuerySet[RowVersion], name: str, kind: str, *, down: bool) -> QuerySet[RowVersion]:
    """By a column, numbers as numbers; nulls last, ties by the key."""
    rows = rows.annotate(sorted_by=_value(name, kind))
    order = F("sorted_by").desc(nulls_last=True) if down else F("sorted_by").asc(nulls_last=True)
    return rows.order_by(order, "key_number", "key")


def rows_with(rows: QuerySet[RowVersion], name: str, text: str) -> QuerySet[RowVersion]:
    """Those whose column contains the text, letter case ignored."""
    return rows.annotate(searched=KeyTextTransform(name, "values")).filter(searched__icontains=text)


def _value(name: str, kind: str) -> Combinable:
    value: Combinable = KeyTextTransform(name, "values")
    if kind in NUMERIC:
        return Cast(NullIf(value, Value("")), DecimalField(max_digits=30, decimal_places=9))
    return value
