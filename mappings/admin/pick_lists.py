"""Fields of the settings page that are chosen from the CRM's lists by typing; free text stays possible.

A field is offered a list by one line of `PICKS`; `static/mappings/pick.js` asks `picks_found` what to show.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.db.models import PositiveIntegerField, Q
from django.http import HttpRequest

from crm.list_records import DirectoryKind
from mappings.admin.scoping import ScopedTabularInline
from mappings.directory.rows import LARGEST_ID, bounded
from mappings.models import Connection, DirectoryList, DirectoryRow, FieldMapping, ProductGoal

PER_PAGE = 20
LONGEST_QUERY = 100
LAST_PAGE = 500
MOST_IDS = 100
LARGEST_TYPED = 2**31 - 1
FIELD_KINDS = (DirectoryKind.CONTACT_FIELD, DirectoryKind.ORDER_FIELD)
PARENTS = {
    DirectoryKind.TAG: DirectoryKind.TAG_CATEGORY,
    DirectoryKind.PRODUCT_CATEGORY: DirectoryKind.PRODUCT_CATEGORY,
}
SHOWN = ("label", "sku", "code", "email", "price", "type")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pick:
    """What a field is chosen from.

    `by` names the field of the same row that decides, and `kinds` has a list for some of its values; `many`:
    a list separated by commas; `by_id`: the field holds the CRM's id, not the name.
    """

    kind: str = ""
    by: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)
    many: bool = False
    by_id: bool = False

    @property
    def attributes(self) -> dict[str, str]:
        """For the input, read by the page's script."""
        wanted = {
            "data-pick": self.kind,
            "data-pick-by": self.by,
            "data-pick-kinds": json.dumps(self.kinds) if self.kinds else "",
            "data-pick-many": "yes" if self.many else "",
            "data-pick-id": "yes" if self.by_id else "",
            "autocomplete": "off",
        }
        return {name: value for name, value in wanted.items() if value or name == "data-pick"}


_TAG = Pick(kind=DirectoryKind.TAG)
_TAGS = Pick(kind=DirectoryKind.TAG, many=True)
_USER = Pick(kind=DirectoryKind.USER, by_id=True)
_ACTION_SET = Pick(kind=DirectoryKind.ACTION_SET, by_id=True)

PICKS: Mapping[str, Pick] = {
    "connection.cart_tags": _TAGS,
    "connection.affiliate_tags": _TAGS,
    "connection.affiliate_owner_id": _USER,
    "connection.contact_tags": _TAGS,
    "connection.new_customer_tag": _TAG,
    "connection.repeat_customer_tag": _TAG,
    "connection.mailing_list_tag": _TAG,
    "connection.contact_action_set_id": _ACTION_SET,
    "connection.refund_tags": _TAGS,
    "connection.cancelled_tags": _TAGS,
    "affiliatemapping.crm_affiliate_id": Pick(kind=DirectoryKind.AFFILIATE, by_id=True),
    "salesrepowner.user_id": _USER,
    "producttag.tag_name": _TAG,
    "productmapping.crm_product_id": Pick(kind=DirectoryKind.PRODUCT, by_id=True),
    "productactionset.action_set_id": _ACTION_SET,
    "productgoal.value": Pick(
        by="trigger",
        kinds={
            ProductGoal.Trigger.PRODUCT: DirectoryKind.PRODUCT,
            ProductGoal.Trigger.CATEGORY: DirectoryKind.PRODUCT_CATEGORY,
        },
        by_id=True,
    ),
    "fieldmapping.crm_field": Pick(
        by="target",
        kinds={
            FieldMapping.Target.ORDER: DirectoryKind.ORDER_FIELD,
            FieldMapping.Target.CONTACT: DirectoryKind.CONTACT_FIELD,
        },
    ),
    "shippingfield.crm_field": Pick(kind=DirectoryKind.ORDER_FIELD),
}


def pick_offer(key: str, formfield: forms.Field | None, picks: Mapping[str, Pick] = PICKS) -> None:
    """Let the field `model.field` be chosen from its list, if `picks` has one for it. Repeat: safe."""
    pick = picks.get(key)
    if pick is None or formfield is None:
        return
    widget = formfield.widget
    widget.attrs |= pick.attributes
    if isinstance(widget, forms.NumberInput):
        widget.input_type = "text"  # names are typed into it, too
        for name in ("min", "max", "step"):
            widget.attrs.pop(name, None)


def id_limits(db_field: Any) -> dict[str, int]:
    """How small and large a number of the CRM's may be, as options of the column's form field."""
    if not isinstance(db_field, PositiveIntegerField):
        return {}
    return {"min_value": 1, "max_value": LARGEST_TYPED}


class PickTable(ScopedTabularInline):
    """A mapping table whose columns are offered the lists that `picks` names."""

    picks: ClassVar[Mapping[str, Pick]] = PICKS

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **id_limits(db_field), **kwargs)
        pick_offer(f"{db_field.model._meta.model_name}.{db_field.name}", formfield, self.picks)
        return formfield


def picks_found(connection: Connection, kind: str, query: str, page: int) -> dict[str, Any]:
    """Twenty records of the list that hold the query in name, code or id, and whether there are more."""
    query = bounded(query[:LONGEST_QUERY], LONGEST_QUERY).strip()
    first = (min(max(page, 1), LAST_PAGE) - 1) * PER_PAGE
    rows = DirectoryRow.objects.filter(connection_id=connection.pk, kind=kind)
    if query:
        which = Q(name__icontains=query) | Q(code__icontains=query)
        if query.isascii() and query.isdigit() and int(query) <= LARGEST_ID:
            which |= Q(crm_id=int(query))
        if kind in FIELD_KINDS:
            which |= Q(detail__label__icontains=query)
        rows = rows.filter(which)
    found = list(rows.order_by("-active", "name", "crm_id", "slot")[first : first + PER_PAGE + 1])
    answer: dict[str, Any] = {"results": _shown(connection, kind, found[:PER_PAGE])}
    answer["more"] = len(found) > PER_PAGE
    if not found:
        answer["empty"] = _why_empty(connection, kind, query)
    return answer


def picks_named(connection: Connection, kind: str, ids: str) -> dict[str, Any]:
    """The records of these ids (separated by commas, at most 100), and whether the list was ever read."""
    parts = [part for part in ids[: MOST_IDS * 20].split(",") if part.isascii() and part.isdigit()]
    wanted = [number for part in parts[:MOST_IDS] if (number := int(part)) <= LARGEST_ID]
    rows = DirectoryRow.objects.filter(connection_id=connection.pk, kind=kind, crm_id__in=wanted)
    read = DirectoryList.objects.filter(connection_id=connection.pk, kind=kind, refreshed_at__isnull=False)
    return {"results": _shown(connection, kind, list(rows[:MOST_IDS])), "read": read.exists()}


def _shown(connection: Connection, kind: str, rows: Sequence[DirectoryRow]) -> list[dict[str, Any]]:
    parents: dict[int, str] = {}
    parent_kind = PARENTS.get(DirectoryKind(kind))
    wanted = {row.parent_id for row in rows if row.parent_id}
    if parent_kind is not None and wanted:
        found = DirectoryRow.objects.filter(
            connection_id=connection.pk, kind=parent_kind.value, crm_id__in=wanted
        )
        parents = dict(found.values_list("crm_id", "name"))
    return [
        {"id": row.crm_id, "name": row.name, "note": _note(row, parents.get(row.parent_id, ""))}
        for row in rows
    ]


def _note(row: DirectoryRow, parent: str) -> str:
    """What tells records of one name apart."""
    parts = [parent, *(row.detail.get(name, "") for name in SHOWN), "" if row.active else "inactive"]
    return " · ".join(dict.fromkeys(part.replace("_", " ") for part in parts if part))


def _why_empty(connection: Connection, kind: str, query: str) -> str:
    listing = DirectoryList.objects.filter(connection_id=connection.pk, kind=kind).first()
    if listing is not None and not listing.supported:
        return listing.error
    if listing is None or listing.refreshed_at is None:
        why = f" {listing.error}" if listing is not None and listing.error else ""
        return f"Not read from the CRM yet: refresh the lists at the top of this page.{why}"
    if query:
        return f"Nothing in the CRM's list resembles “{query}”. Made just now? Refresh the lists."
    return "The CRM's list is empty."
