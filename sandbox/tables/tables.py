"""The CRM's tables: columns, types and access rights, as the vendor's field access file gives them.

Access letters: a add, e edit, d delete, r read. Types: Id, Integer, Double, String, Date, DateTime, Blob.
Columns of which only the name is published carry our assumption here (a type, read access).
"""

from __future__ import annotations

from sandbox.tables import crm_tables, extra_tables, rest_tables, sales_tables  # noqa: F401 - they register theirs
from sandbox.tables.schema import TABLES, Column, Table, add_table

__all__ = ["TABLES", "Column", "Table"]

ADDRESSES = """
    Address1Type Address2Street1 Address2Street2 Address2Type Address3Street1 Address3Street2 Address3Type
    City City2 City3 Country Country2 Country3 PostalCode PostalCode2 PostalCode3 State State2 State3
    StreetAddress1 StreetAddress2 ZipFour1 ZipFour2 ZipFour3"""
NUMBERS = """
    Fax1 Fax1Type Fax2 Fax2Type Phone1 Phone1Ext Phone1Type Phone2 Phone2Ext Phone2Type Phone3 Phone3Ext
    Phone3Type Phone4 Phone4Ext Phone4Type Phone5 Phone5Ext Phone5Type"""
PERSON = f"""
    AssistantName AssistantPhone BillingInformation Company ContactNotes ContactType Email EmailAddress2
    EmailAddress3 FirstName JobTitle LastName MiddleName Nickname ReferralCode SpouseName Suffix Title Website
    {ADDRESSES} {NUMBERS}"""
JOINED_TEXTS = "Birthday Groups HTMLSignature LastUpdated LastUpdatedBy Leadsource Signature"
SPARE_TEXTS = " ".join(f"CustomField{n}" for n in range(1, 11))
SPARE_DATES = " ".join(f"CustomDate{n}" for n in range(1, 6))
SPARE_DOUBLES = " ".join(f"CustomDbl{n}" for n in range(1, 6))


def _joined(names: str) -> str:
    return " ".join(f"Contact.{name}" for name in names.split())


_PERSON_GROUPS = {
    "String aedr": f"{PERSON} Password Username",
    "Date aedr": "Anniversary Birthday",
    "Id aedr": "AccountId CompanyID OwnerID",
    "Id r": "CreatedBy Id LastUpdatedBy",
    "DateTime r": "DateCreated LastUpdated",
    "String r": "Groups Validated",
}
add_table(
    "Contact",
    "aedr",
    {
        **_PERSON_GROUPS,
        "String aedr": f"{PERSON} Password Username TimeZone",
        "String aer": "Leadsource Language",
        "Id aer": "LeadSourceId",
    },
    form=-1,
)
add_table("Company", "aedr", _PERSON_GROUPS, form=-6)
add_table(
    "ContactGroup",
    "aer",
    {"Id r": "Id", "String aer": "GroupName GroupDescription", "Id aer": "GroupCategoryId"},
)
add_table("ContactGroupCategory", "aer", {"Id r": "Id", "String aer": "CategoryName CategoryDescription"})
add_table(
    "ContactGroupAssign",
    "r",
    {
        "Id r": f"GroupId ContactId {_joined('CompanyID CreatedBy Id OwnerID')}",
        "String r": "ContactGroup " + _joined(f"{PERSON} {JOINED_TEXTS} {SPARE_TEXTS}"),
        "DateTime r": f"DateCreated {_joined(f'DateCreated {SPARE_DATES}')}",
        "Date r": _joined("Anniversary"),
        "Double r": _joined(SPARE_DOUBLES),
    },
)
add_table(
    "Product",
    "aer",
    {
        "Id r": "Id",
        "String aer": "ProductName Sku ShortDescription Description TopHTML BottomHTML ShippingTime"
        " InventoryNotifiee",
        "Double aer": "ProductPrice Weight",
        "Integer aer": "Taxable CountryTaxable StateTaxable CityTaxable IsPackage NeedsDigitalDelivery"
        " HideInStore Status InventoryLimit Shippable SubCategory",
        "Blob aer": "LargeImage",
        "DateTime r": "DateCreated LastUpdated",
    },
)
add_table(
    "ProductCategory",
    "aedr",
    {
        "Id r": "Id",
        "String aedr": "CategoryDisplayName",
        "Blob aedr": "CategoryImage",
        "Integer aedr": "CategoryOrder",
        "Id aedr": "ParentId",
    },
)
add_table("ProductCategoryAssign", "aer", {"Id r": "Id", "Id aer": "ProductId ProductCategoryId"})
add_table(
    "Job",
    "aer",
    {
        "Id r": "Id JobRecurringId",
        "String aer": "JobTitle JobNotes JobStatus OrderType ShipFirstName ShipMiddleName ShipLastName"
        " ShipCompany ShipPhone ShipStreet1 ShipStreet2 ShipCity ShipState ShipZip ShipCountry",
        "Id aer": "ContactId ProductId",
        "Date aer": "StartDate DueDate",
        "DateTime r": "DateCreated LastUpdated",
        "Integer aer": "OrderStatus InvoiceId",
    },
    form=-9,
)
add_table(
    "OrderItem",
    "aer",
    {
        "Id r": "Id",
        "Id aer": "OrderId ProductId SubscriptionPlanId",
        "String aer": "ItemName ItemDescription Notes",
        "Integer aer": "Qty ItemType",
        "Double aer": "CPU PPU",
        "Integer r": "InvoiceItemId",
    },
)
add_table(
    "Invoice",
    "r",
    {
        "Id r": "Id ContactId JobId AffiliateId LeadAffiliateId",
        "DateTime r": "DateCreated LastUpdated",
        "Double r": "InvoiceTotal TotalPaid TotalDue",
        "Integer r": "PayStatus CreditStatus RefundStatus PayPlanStatus Synced",
        "String r": "PromoCode InvoiceType Description ProductSold",
    },
)
add_table(
    "InvoiceItem",
    "aer",
    {
        "Id r": "Id OrderItemId",
        "Id aer": "InvoiceId",
        "Double aer": "InvoiceAmt Discount",
        "DateTime r": "DateCreated LastUpdated",
        "String aer": "Description",
        "Integer aer": "CommissionStatus",
    },
)
add_table(
    "Payment",
    "r",
    {
        "Id r": "Id UserId ContactId InvoiceId RefundId ChargeId",
        "Date r": "PayDate",
        "Double r": "PayAmt",
        "String r": "PayType PayNote",
        "Integer r": "Commission Synced",
    },
)
add_table(
    "InvoicePayment",
    "r",
    {
        "Id r": "Id InvoiceId PaymentId",
        "Double r": "Amt",
        "Date r": "PayDate",
        "String r": "PayStatus",
        "Integer r": "SkipCommission",
        "DateTime r": "LastUpdated",
    },
)
add_table(
    "LeadSource",
    "aer",
    {
        "Id r": "Id",
        "String aer": "Name Description CostPerLead Vendor Medium Message Status",
        "Date aer": "StartDate EndDate",
        "Id aer": "LeadSourceCategoryId",
    },
)
add_table(
    "User",
    "r",
    {
        "String r": "City Email EmailAddress2 EmailAddress3 FirstName HTMLSignature LastName MiddleName"
        " Nickname Phone1 Phone1Ext Phone1Type Phone2 Phone2Ext Phone2Type PostalCode Signature SpouseName"
        " State StreetAddress1 StreetAddress2 Suffix Title ZipFour1 Partner",
        "Id r": "Id GlobalUserId",
    },
)
add_table(
    "DataFormField",
    "er",
    {
        "Integer r": "DataType",
        "Id r": "Id FormId",
        "Id er": "GroupId",
        "String er": "Name Label DefaultValue Values",
        "Integer er": "ListRows UserGroup",
    },
)
add_table(
    "EmailAddStatus",
    "r",
    {
        "Id r": "Id",
        "String r": "Email Type",
        "DateTime r": "DateCreated LastSentDate LastOpenDate LastClickDate",
    },
)
add_table(
    "Affiliate",
    "aedr",
    {
        "Id r": "Id",
        "Id aedr": "ContactId ParentId",
        "Double aedr": "LeadAmt LeadPercent SaleAmt SalePercent",
        "Integer aedr": "PayoutType DefCommissionType Status NotifyLead NotifySale LeadCookieFor",
        "String aedr": "AffName Password AffCode",
    },
    form=-3,
)
add_table("ActionSequence", "r", {"Id r": "Id", "String r": "TemplateName VisibleToTheseUsers"})
