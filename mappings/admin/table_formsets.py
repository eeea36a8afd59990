"""The rows of a mapping table that the settings page shows at once, and what may not be among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import CharField, PositiveIntegerField, Q, QuerySet
from django.http import HttpRequest

from mappings.admin.base import AnyInlineFormSet

LONGEST_QUERY = 200
LARGEST_ID = 2**31 - 1
LARGEST_KEY = 2**63 - 1
MOST_POSTED = 1000
GONE = (
    "Someone else removed a row of this table meanwhile. Nothing was saved: load the page again and repeat "
    "your change."
)


class TableFormSet(AnyInlineFormSet):
    """One page of a table, or of the rows that hold what a person looks for.

    Posted rows are found by their ids, wherever they stand by now: rows added meanwhile move the pages.
    """

    request: HttpRequest
    prefix: str
    per_page: int
    page: Page[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows: QuerySet[Any] = self.queryset  # type: ignore[assignment]
        self.sought = sought_in(self.request, self.prefix)
        if self.sought:
            paginator = Paginator(rows_holding(rows, self.sought), self.per_page)
            self.page = paginator.get_page(self.request.GET.get(page_key(self.prefix)))
            self._queryset = self.page.object_list
        if self.is_bound:
            self._queryset = rows.filter(pk__in=self._posted_ids())

    def get_page_num(self) -> int:
        """Unfold's own takes "²" for a number (isnumeric)."""
        asked = self.request.GET.get(page_key(self.prefix), "")
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
        return max(number, 1)

    def clean(self) -> None:
        super().clean()
        for form in self.initial_forms:
            if form.instance.pk is None and form not in self.deleted_forms:
                raise forms.ValidationError(GONE)

    def _posted_ids(self) -> list[int]:
        keys = (
            self.data.get(f"{self.prefix}-{number}-id", "")
            for number in range(min(self.initial_form_count(), MOST_POSTED))
        )
        return [int(key) for key in keys if key.isascii() and key.isdigit() and int(key) <= LARGEST_KEY]


class CaselessFormSet(TableFormSet):
    """Values of `once` are compared without letter case, so two that differ only there are one too many."""

    once: ClassVar[str]

    def clean(self) -> None:
        super().clean()
        seen: set[str] = set()
        for value in filter(None, (getattr(row, self.once) for row in rows_kept(self))):
            if value.casefold() in seen:
                raise _twice(value)
            seen.add(value.casefold())
        for value in self._stored_values() if self.has_changed() else ():
            if value.casefold() in seen:
                raise _twice(value)

    def _stored_values(self) -> Iterator[str]:
        """Of the rows on other pages, one at a time."""
        rows: QuerySet[Any] = self.queryset  # type: ignore[assignment]
        others = rows.exclude(pk__in=self._posted_ids())
        return others.values_list(self.once, flat=True).iterator(chunk_size=500)


class PaymentTypeFormSet(CaselessFormSet):
    once = "shop_method"


class SalesRepFormSet(CaselessFormSet):
    once = "code"


def page_key(table: str) -> str:
    return f"{table}-page"


def sought_key(table: str) -> str:
    return f"{table}-find"


def sought_in(request: HttpRequest, table: str) -> str:
    """What a person looks for in the table."""
    return request.GET.get(sought_key(table), "")[:LONGEST_QUERY].replace("\x00", "").strip()


def rows_holding(rows: QuerySet[Any], sought: str) -> QuerySet[Any]:
    """Those that hold the text in one of their texts, or are mapped to just that id."""
    which = Q(pk__in=[])
    for field in rows.model._meta.concrete_fields:
        if isinstance(field, CharField) and not field.choices:
            which |= Q(**{f"{field.name}__icontains": sought})
        elif isinstance(field, PositiveIntegerField) and sought.isascii() and sought.isdigit():
            which |= Q(**{field.name: min(int(sought), LARGEST_ID)})
    return rows.filter(which)


def rows_kept(formset: AnyInlineFormSet) -> list[Any]:
    """What stays of the posted rows."""
    return [
        form.instance
        for form in formset.forms
        if form not in formset.deleted_forms and (form.instance.pk or form.has_changed())
    ]


def _twice(value: str) -> forms.ValidationError:
    return forms.ValidationError(f"“{value}” is mapped twice; letter case does not count.")
