"""The tables that REST has as lists: where each column of ours stands in a row of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reports.catalogue.calls import Asked, Count, Cursor, Page
from reports.catalogue.rest_calls import Filter, ResourceList
from reports.catalogue.tables import TABLES
from reports.columns import Column
from reports.query.language import Query

_ADDRESSES = {
    "BILLING": ("StreetAddress1", "StreetAddress2", "City", "State", "PostalCode", "ZipFour1", "Country"),
    "SHIPPING": (
        *("Address2Street1", "Address2Street2", "City2", "State2", "PostalCode2", "ZipFour2", "Country2"),
    ),
    "OTHER": (
        *("Address3Street1", "Address3Street2", "City3", "State3", "PostalCode3", "ZipFour3", "Country3"),
    ),
}
_ADDRESS_MEMBERS = ("line1", "line2", "locality", "region", "postal_code", "zip_four", "country")

CONTACT = ResourceList(
    route="GET /v2/contacts",
    member="contacts",
    id_filter="contact_id",
    order_by="id asc",
    names_fields=True,
    paths={
        "Id": "id",
        "FirstName": "given_name",
        "MiddleName": "middle_name",
        "LastName": "family_name",
        "Title": "prefix",
        "Suffix": "suffix",
        "Nickname": "preferred_name",
        "SpouseName": "spouse_name",
        "JobTitle": "job_title",
        "ContactType": "contact_type",
        "Website": "website",
        "ReferralCode": "referral_code",
        "Company": "company.company_name",
        "CompanyID": "company.id",
        "OwnerID": "owner_id",
        "LeadSourceId": "leadsource_id",
        "Birthday": "birth_date",
        "Anniversary": "anniversary_date",
        "Email": "email_addresses[field=EMAIL1].email",
        "EmailAddress2": "email_addresses[field=EMAIL2].email",
        "EmailAddress3": "email_addresses[field=EMAIL3].email",
        **{f"Phone{n}": f"phone_numbers[field=PHONE{n}].number" for n in range(1, 6)},
        **{f"Phone{n}Ext": f"phone_numbers[field=PHONE{n}].extension" for n in range(1, 6)},
        **{f"Phone{n}Type": f"phone_numbers[field=PHONE{n}].type" for n in range(1, 6)},
        **{
            column: f"addresses[field={field}].{member}"
            for field, columns in _ADDRESSES.items()
            for column, member in zip(columns, _ADDRESS_MEMBERS, strict=True)
        },
        "Fax1": "fax_numbers[field=FAX1].number",
        "Fax1Type": "fax_numbers[field=FAX1].type",
        "Fax2": "fax_numbers[field=FAX2].number",
        "Fax2Type": "fax_numbers[field=FAX2].type",
        "AccountId": "account_id",
        "AssistantName": "assistant_name",
        "AssistantPhone": "assistant_phone",
        "BillingInformation": "billing_information",
        "Language": "preferred_locale",
        "TimeZone": "time_zone",
        "Groups": "tag_ids",
        "DateCreated": "create_time",
        "LastUpdated": "update_time",
        "CreatedBy": "created_by",
        "LastUpdatedBy": "last_updated_by",
    },
    filters={
        "Id": Filter(ids="ids", name="ids"),
        "FirstName": Filter(name="given_name", wildcard=True),
        "LastName": Filter(name="family_name", wildcard=True),
        "CompanyID": Filter(name="company_id"),
        "LastUpdated": Filter(since="start_update_time", until="end_update_time"),
    },
)
ORDER = ResourceList(
    route="GET /v2/orders",
    member="orders",
    id_filter="id",
    order_by="id asc",
    paths={
        "Id": "id",
        "ContactId": "contact.id",
        "JobTitle": "title",
        "JobNotes": "notes",
        "OrderType": "order_type",
        "StartDate": "order_time",
        "DueDate": "due_time",
        "InvoiceId": "invoice_id",
        "DateCreated": "creation_time",
        "LastUpdated": "modification_time",
        "ShipFirstName": "shipping_information.given_name",
        "ShipLastName": "shipping_information.family_name",
        "ShipCompany": "shipping_information.company",
        "ShipPhone": "shipping_information.phone_number",
        "ShipStreet1": "shipping_information.address.line1",
        "ShipStreet2": "shipping_information.address.line2",
        "ShipCity": "shipping_information.address.locality",
        "ShipState": "shipping_information.address.region",
        "ShipZip": "shipping_information.address.zip_code",
        "ShipCountry": "shipping_information.address.country",
    },
    filters={
        "Id": Filter(ids="ids", name="ids"),
        "ContactId": Filter(name="contact_id"),
        "DateCreated": Filter(since="created_since_time", until="created_until_time"),
        "LastUpdated": Filter(since="modified_since_time", until="modified_until_time"),
    },
)
TAG = ResourceList(
    route="GET /v2/tags",
    member="tags",
    order_by="name asc",
    paths={
        "Id": "id",
        "GroupName": "name",
        "GroupCategoryId": "category.id",
        "GroupDescription": "description",
    },
    filters={"Id": Filter(ids="tag_ids", name="tag_ids"), "GroupName": Filter(name="name")},
)
PRODUCT = ResourceList(
    route="GET /v2/products",
    member="products",
    order_by="name asc",
    paths={
        "Id": "id",
        "ProductName": "name",
        "ProductPrice": "price",
        "Sku": "sku",
        "ShortDescription": "short_description",
        "Description": "description",
        "Taxable": "taxable",
        "CountryTaxable": "country_taxable",
        "StateTaxable": "state_taxable",
        "CityTaxable": "city_taxable",
        "Weight": "weight",
        "IsPackage": "is_package",
        "NeedsDigitalDelivery": "needs_digital_delivery",
        "HideInStore": "storefront_hidden",
        "Status": "active",
        "TopHTML": "top_html",
        "BottomHTML": "bottom_html",
        "ShippingTime": "delivery_description",
        "InventoryNotifiee": "inventory.email_for_inventory_notifications",
        "InventoryLimit": "inventory.inventory_limit",
        "Shippable": "shippable",
        "LastUpdated": "last_updated_time",
    },
    filters={
        "Id": Filter(ids="product_ids", name="product_ids"),
        "ProductName": Filter(name="name", wildcard=True),
        "Sku": Filter(name="sku", wildcard=True),
    },
)
LEAD_SOURCE = ResourceList(
    route="GET /v2/leadSources",
    member="lead_sources",
    paths={
        "Id": "id",
        "Name": "name",
        "Description": "description",
        "Vendor": "vendor",
        "Medium": "medium",
        "Message": "message",
        "Status": "status",
        "StartDate": "start_time",
        "EndDate": "end_time",
        "LeadSourceCategoryId": "lead_source_category_id",
    },
)
AFFILIATE = ResourceList(
    route="GET /v2/affiliates",
    member="affiliates",
    id_filter="id",
    order_by="id asc",
    paths={
        "Id": "id",
        "ContactId": "contact_id",
        "ParentId": "parent_id",
        "AffName": "name",
        "AffCode": "code",
    },
    filters={"ContactId": Filter(name="contact_id")},
)
TAG_CATEGORY = ResourceList(
    route="GET /v2/tags/categories",
    member="tag_categories",
    paths={"Id": "id", "CategoryName": "name", "CategoryDescription": "description"},
)
PRODUCT_CATEGORY = ResourceList(
    route="GET /v2/productCategories",
    member="product_categories",
    order_by="id asc",
    paths={"Id": "id", "CategoryDisplayName": "name", "ParentId": "parent_category_id"},
)
USER = ResourceList(
    route="GET /v2/users",
    member="users",
    page_size=100,
    paths={
        "Id": "id",
        "FirstName": "given_name",
        "MiddleName": "middle_name",
        "LastName": "family_name",
        "Email": "email_addresses[field=EMAIL1].email",
        "Title": "title",
        "Suffix": "suffix",
        "Nickname": "nickname",
        "SpouseName": "spouse_name",
        "GlobalUserId": "global_user_id",
        "Partner": "partner",
    },
)

REST_TABLES: Mapping[str, ResourceList] = {
    "Contact": CONTACT,
    "Job": ORDER,
    "ContactGroup": TAG,
    "ContactGroupCategory": TAG_CATEGORY,
    "Product": PRODUCT,
    "ProductCategory": PRODUCT_CATEGORY,
    "LeadSource": LEAD_SOURCE,
    "Affiliate": AFFILIATE,
    "User": USER,
}


def rest_columns(table: str) -> dict[str, Column]:
    """The columns of the table that REST has too."""
    listed = REST_TABLES.get(table)
    return {name: column for name, column in TABLES[table].items() if listed and name in listed.paths}


@dataclass(frozen=True, slots=True)
class RestTable:
    """The list of whichever table the arguments name."""

    def page(self, crm: Any, asked: Asked, cursor: Cursor) -> Page:
        return _list(asked).page(crm, asked, cursor)

    def count(self, crm: Any, asked: Asked, since: datetime | None = None) -> Count | None:
        return None

    def lacked(self, arguments: Mapping[str, Any], known: Mapping[str, Column]) -> frozenset[str]:
        return REST_TABLES[str(arguments["table"])].lacked(arguments, known)

    def skipped(self, asked: Asked, cursor: Cursor) -> tuple[int, Cursor | None] | None:
        return None

    def checked_here(self, asked: Asked) -> Query:
        return asked.query


def _list(asked: Asked) -> ResourceList:
    return REST_TABLES[str(asked.arguments["table"])]
