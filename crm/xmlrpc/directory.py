"""The account's lists, a thousand rows at a time: DataService."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from crm.errors import NotSupported, PermanentError
from crm.list_records import (
    DirectoryKind,
    DirectoryPage,
    DirectoryRecord,
    FieldObject,
    split_words,
    word_page,
)
from crm.values import Struct, Value, record_id, rows, text
from crm.xmlrpc import affiliates, custom_fields, lead_sources, products, tags
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import PAGE_ROWS, Service
from crm.xmlrpc.values import amount_or_zero, optional_id

ALL_ROWS: Mapping[str, Param] = {"Id": "%"}  # every row (blog.novaksolutions.com, API gotchas)
INACTIVE_WORD = "inactive"


@dataclass(frozen=True, slots=True)
class _List:
    """Where a list is kept, and how a row of it is read."""

    table: str
    columns: tuple[str, ...]
    read: Callable[[DirectoryKind, Struct], DirectoryRecord]
    where: Mapping[str, Param] = field(default_factory=lambda: ALL_ROWS)


class DirectoryCalls(Service):
    def list_directory(self, kind: DirectoryKind, page: str = "") -> DirectoryPage:
        """Return one page of a list, lowest id first; a page is named by its number.

        Raises: PermanentError for the name of a page this protocol never gave; NotSupported for the types of
                appointments, for which no setting is known.
        Docs:   DataService.query; getAppSetting for the types of contacts.
        """
        if kind is DirectoryKind.CONTACT_TYPE:
            asked: list[Param] = ["Contact", "optiontypes"]
            return self._wire.read(
                "list_directory",
                "DataService.getAppSetting",
                asked,
                lambda value: word_page(kind, split_words(str(value or ""))),
            )
        wanted = LISTS.get(kind)
        if wanted is None:
            raise NotSupported(
                "XML-RPC has no list of the types of appointments. Enter the type as the CRM shows it, or "
                "choose REST or automatic as the connection's protocol.",
                setting="credentials",
                label="no-appointment-types",
            )
        if page and not (page.isascii() and page.isdigit() and len(page) < 9):
            raise PermanentError(
                "The list was begun over another protocol and cannot be read on from there. "
                "Read it again from its beginning.",
                detail=f"page {page[:40]!r}",
                label="page-unknown",
            )
        number = int(page or 0)

        def parse(value: Value) -> DirectoryPage:
            found = rows(value)
            return DirectoryPage(
                records=tuple(wanted.read(kind, row) for row in found),
                next_page=str(number + 1) if len(found) >= PAGE_ROWS else "",
            )

        params: list[Param] = [wanted.table, PAGE_ROWS, number, wanted.where, wanted.columns, "Id", True]
        return self._wire.read("list_directory", "DataService.query", params, parse)


def _named(column: str, parent: str = "") -> Callable[[DirectoryKind, Struct], DirectoryRecord]:
    """Return a reader of rows that have a name, perhaps a parent, and nothing else to show."""

    def read(kind: DirectoryKind, row: Struct) -> DirectoryRecord:
        parent_id = (optional_id(row, parent) or 0) if parent else 0
        active = text(row, "Status").strip().lower() != INACTIVE_WORD
        return DirectoryRecord(
            kind=kind, id=record_id(row.get("Id")), name=text(row, column), parent_id=parent_id, active=active
        )

    return read


def _product(kind: DirectoryKind, row: Struct) -> DirectoryRecord:
    product = products.product(row)
    price = format(amount_or_zero(row, "ProductPrice").normalize(), "f")
    detail = {"sku": product.sku, "price": price}
    return DirectoryRecord(kind=kind, id=product.id, name=product.name, active=product.active, detail=detail)


def _assignment(kind: DirectoryKind, row: Struct) -> DirectoryRecord:
    return DirectoryRecord(
        kind=kind,
        id=optional_id(row, "ProductId") or 0,
        name="",
        parent_id=optional_id(row, "ProductCategoryId") or 0,
    )


def _user(kind: DirectoryKind, row: Struct) -> DirectoryRecord:
    name = f"{text(row, 'FirstName')} {text(row, 'LastName')}".strip()
    detail = {"email": text(row, "Email")}
    return DirectoryRecord(kind=kind, id=record_id(row.get("Id")), name=name, detail=detail)


def _affiliate(kind: DirectoryKind, row: Struct) -> DirectoryRecord:
    partner = affiliates.affiliate(row)
    detail = {"code": partner.code}
    return DirectoryRecord(kind=kind, id=partner.id, name=partner.name, active=partner.active, detail=detail)


def _stage(kind: DirectoryKind, row: Struct) -> DirectoryRecord:
    detail = {"order": text(row, "StageOrder")}
    return DirectoryRecord(kind=kind, id=record_id(row.get("Id")), name=text(row, "StageName"), detail=detail)


def _fields(of: FieldObject) -> _List:
    def read(kind: DirectoryKind, row: Struct) -> DirectoryRecord:
        found = custom_fields.custom_field(row, of)
        detail = {"type": found.type, "label": found.label, "options": "\n".join(found.options)}
        return DirectoryRecord(kind=kind, id=found.id, name=found.name, detail=detail)

    where: Mapping[str, Param] = {"FormId": custom_fields.FORMS[of]}
    return _List(custom_fields.TABLE, custom_fields.COLUMNS, read, where)


LISTS: Mapping[DirectoryKind, _List] = {
    DirectoryKind.TAG: _List(
        "ContactGroup", ("Id", "GroupName", "GroupCategoryId"), _named("GroupName", "GroupCategoryId")
    ),
    DirectoryKind.TAG_CATEGORY: _List(tags.CATEGORIES, ("Id", "CategoryName"), _named("CategoryName")),
    DirectoryKind.PRODUCT: _List(products.TABLE, (*products.COLUMNS, "ProductPrice"), _product),
    DirectoryKind.PRODUCT_CATEGORY: _List(
        "ProductCategory",
        ("Id", "CategoryDisplayName", "ParentId"),
        _named("CategoryDisplayName", "ParentId"),
    ),
    DirectoryKind.PRODUCT_ASSIGNMENT: _List(
        "ProductCategoryAssign", ("Id", "ProductId", "ProductCategoryId"), _assignment
    ),
    DirectoryKind.USER: _List("User", ("Id", "FirstName", "LastName", "Email"), _user),
    DirectoryKind.LEAD_SOURCE: _List(lead_sources.TABLE, (*lead_sources.COLUMNS, "Status"), _named("Name")),
    DirectoryKind.LEAD_SOURCE_CATEGORY: _List(lead_sources.CATEGORIES, ("Id", "Name"), _named("Name")),
    DirectoryKind.AFFILIATE: _List(affiliates.TABLE, affiliates.COLUMNS, _affiliate),
    DirectoryKind.ACTION_SET: _List("ActionSequence", ("Id", "TemplateName"), _named("TemplateName")),
    DirectoryKind.CAMPAIGN: _List("Campaign", ("Id", "Name", "Status"), _named("Name")),
    DirectoryKind.CONTACT_FIELD: _fields(FieldObject.CONTACT),
    DirectoryKind.ORDER_FIELD: _fields(FieldObject.ORDER),
    DirectoryKind.COMPANY_FIELD: _fields(FieldObject.COMPANY),
    DirectoryKind.OPPORTUNITY_FIELD: _fields(FieldObject.OPPORTUNITY),
    DirectoryKind.ACTIVITY_FIELD: _fields(FieldObject.ACTIVITY),
    DirectoryKind.STAGE: _List("Stage", ("Id", "StageName", "StageOrder"), _stage),
}
