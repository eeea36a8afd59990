"""The account's lists, page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from crm.errors import NotSupported
from crm.list_records import (
    DirectoryKind,
    DirectoryPage,
    DirectoryRecord,
    FieldObject,
    split_words,
    word_page,
)
from crm.rest import opportunities, partners, products, tags
from crm.rest.fields import FieldCalls
from crm.rest.service import PAGE_ROWS
from crm.rest.values import inner, listed, optional_amount, optional_id
from crm.values import Struct, Unexpected, Value, record_id, struct, text

FIELDS = {
    DirectoryKind.CONTACT_FIELD: FieldObject.CONTACT,
    DirectoryKind.ORDER_FIELD: FieldObject.ORDER,
    DirectoryKind.COMPANY_FIELD: FieldObject.COMPANY,
    DirectoryKind.OPPORTUNITY_FIELD: FieldObject.OPPORTUNITY,
    DirectoryKind.ACTIVITY_FIELD: FieldObject.ACTIVITY,
}
USERS_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class _List:
    """Where a list is found, and which records a row of it is."""

    route: str
    member: str
    read: Callable[[DirectoryKind, Struct], list[DirectoryRecord]]
    page_rows: int = PAGE_ROWS


class DirectoryCalls(FieldCalls):
    def list_directory(self, kind: DirectoryKind, page: str = "") -> DirectoryPage:
        """Return one page of a list; a page is named by the API's token.

        Raises: NotSupported for action sets, which the API does not have.
        """
        if kind in FIELDS:
            records = tuple(
                DirectoryRecord(
                    kind=kind,
                    id=field.id,
                    name=field.name,
                    detail={"type": field.type, "label": field.label, "options": "\n".join(field.options)},
                )
                for field in self._read_fields("list_directory", FIELDS[kind])
            )
            return DirectoryPage(records=records)
        if kind is DirectoryKind.CONTACT_TYPE:
            route = "GET /v2/settings/contactOptionTypes"
            return self._wire.call(
                "list_directory", route, lambda value: word_page(kind, _option_types(value))
            )
        if kind is DirectoryKind.APPOINTMENT_TYPE:
            route, query = "GET /v2/settings/applications:getConfiguration", {"fields": "APPOINTMENT"}

            def read(value: Value) -> DirectoryPage:
                types = text(inner(struct(value), "appointment"), "appointment_types")
                return word_page(kind, split_words(types))

            return self._wire.call("list_directory", route, read, query=query)
        wanted = LISTS.get(kind)
        if wanted is None:
            raise NotSupported(
                "REST has no list of the action sets. Enter the action set's id from the CRM, or choose "
                "XML-RPC or automatic as the connection's protocol.",
                setting="credentials",
                label="no-action-sets",
            )

        def parse(row: Struct) -> list[DirectoryRecord]:
            return wanted.read(kind, row)

        found, next_page = self._page(
            "list_directory", wanted.route, wanted.member, parse, page_rows=wanted.page_rows, page=page
        )
        return DirectoryPage(records=tuple(record for part in found for record in part), next_page=next_page)


def _option_types(value: Value) -> list[str]:
    words = struct(value).get("option_types") or []
    if not isinstance(words, list):
        raise Unexpected("a list of words was expected")
    return [str(word) for word in words]


def _named(
    parent: Callable[[Struct], int] = lambda _row: 0, name: str = "name"
) -> Callable[..., list[DirectoryRecord]]:
    """Return a reader of rows that have a name, perhaps a parent, and nothing else to show."""

    def read(kind: DirectoryKind, row: Struct) -> list[DirectoryRecord]:
        active = text(row, "status") != partners.INACTIVE
        return [
            DirectoryRecord(
                kind=kind,
                id=record_id(row.get("id")),
                name=text(row, name),
                parent_id=parent(row),
                active=active,
            )
        ]

    return read


def _product(kind: DirectoryKind, row: Struct) -> list[DirectoryRecord]:
    product = products.product(row)
    price = optional_amount(row, "price") or Decimal(0)
    detail = {"sku": product.sku, "price": format(price.normalize(), "f")}
    return [
        DirectoryRecord(kind=kind, id=product.id, name=product.name, active=product.active, detail=detail)
    ]


def _assignments(kind: DirectoryKind, row: Struct) -> list[DirectoryRecord]:
    category = record_id(row.get("product_category_id"))
    assigned = row.get("product_ids") or []
    if not isinstance(assigned, list):
        raise Unexpected("a list of products was expected")
    return [
        DirectoryRecord(kind=kind, id=record_id(number), name="", parent_id=category) for number in assigned
    ]


def _user(kind: DirectoryKind, row: Struct) -> list[DirectoryRecord]:
    name = f"{text(row, 'given_name')} {text(row, 'family_name')}".strip()
    emails = [text(each, "email") for each in listed(row, "email_addresses")]
    active = text(row, "status") not in ("INACTIVE", "NOT_A_USER")
    detail = {"email": next(iter(emails), "")}
    return [DirectoryRecord(kind=kind, id=record_id(row.get("id")), name=name, active=active, detail=detail)]


def _affiliate(kind: DirectoryKind, row: Struct) -> list[DirectoryRecord]:
    partner = partners.affiliate(row)
    detail = {"code": partner.code}
    return [
        DirectoryRecord(kind=kind, id=partner.id, name=partner.name, active=partner.active, detail=detail)
    ]


def _stage(kind: DirectoryKind, row: Struct) -> list[DirectoryRecord]:
    detail = {"order": text(row, "order")}
    return [DirectoryRecord(kind=kind, id=record_id(row.get("id")), name=text(row, "name"), detail=detail)]


LISTS: Mapping[DirectoryKind, _List] = {
    DirectoryKind.TAG: _List(
        tags.LIST, "tags", _named(lambda row: optional_id(inner(row, "category").get("id")) or 0)
    ),
    DirectoryKind.TAG_CATEGORY: _List(tags.CATEGORIES, "tag_categories", _named()),
    DirectoryKind.PRODUCT: _List(products.LIST, "products", _product, products.PAGE_ROWS),
    DirectoryKind.PRODUCT_CATEGORY: _List(
        "GET /v2/productCategories",
        "product_categories",
        _named(lambda row: optional_id(row.get("parent_category_id")) or 0),
    ),
    DirectoryKind.PRODUCT_ASSIGNMENT: _List(
        "GET /v2/productCategories/assignedProducts", "assigned_product_categories", _assignments
    ),
    DirectoryKind.USER: _List("GET /v2/users", "users", _user, USERS_PER_PAGE),
    DirectoryKind.LEAD_SOURCE: _List(partners.LEAD_SOURCES, "lead_sources", _named()),
    DirectoryKind.LEAD_SOURCE_CATEGORY: _List(
        partners.LEAD_SOURCE_CATEGORIES, "lead_source_categories", _named()
    ),
    DirectoryKind.AFFILIATE: _List(partners.AFFILIATES, "affiliates", _affiliate),
    DirectoryKind.STAGE: _List(opportunities.STAGES, "stages", _stage),
    DirectoryKind.CAMPAIGN: _List("GET /v2/campaigns", "campaigns", _named()),
}
