"""Tables around selling: cards, plans, subscriptions, product options, lead source costs, referrals.

As published in the vendor's field access file. Columns of which only the name is published carry our
assumption (a type, read access).
"""

from __future__ import annotations

from sandbox.tables.schema import add_table

add_table(
    "AffResource",
    "aedr",
    {
        "Id aedr": "Id",
        "String aedr": "Title ResourceType ResourceOrder ResourceHTML ResourceHREF Notes ProgramIds",
    },
)
add_table(
    "CCharge",
    "r",
    {
        "Id r": "Id CCId PaymentId MerchantId PaymentGatewayId",
        "String r": "OrderNum RefNum ApprCode",
        "Double r": "Amt",
    },
)
add_table(
    "CProgram",
    "aer",
    {
        "Id r": "Id",
        "String aer": "ProgramName DefaultCycle Sku ShortDescription BillingType Description Family",
        "Double aer": "DefaultPrice",
        "Integer aer": "DefaultFrequency HideInStore Status Taxable SubCategory",
        "Boolean aer": "Active",
        "Blob aer": "LargeImage",
        "Id aer": "ProductId",
    },
)
add_table(
    "CreditCard",
    "aer",
    {
        "Id r": "Id",
        "Id ar": "ContactId",
        "String aer": "BillName FirstName LastName PhoneNumber Email BillAddress1 BillAddress2"
        " BillCity BillState BillZip BillCountry ShipFirstName ShipMiddleName"
        " ShipLastName ShipCompanyName ShipPhoneNumber ShipAddress1 ShipAddress2"
        " ShipCity ShipState ShipZip ShipCountry ShipName NameOnCard ExpirationMonth"
        " ExpirationYear CardType StartDateMonth StartDateYear MaestroIssueNumber",
        "String a": "CardNumber",
        "String r": "Last4",
        "String ae": "CVV2",
        "Integer r": "Status",
    },
)
add_table(
    "Expense",
    "r",
    {
        "Id r": "Id ContactId TypeId",
        "Enum r": "ExpenseType",
        "Double r": "ExpenseAmt",
        "DateTime r": "DateIncurred",
    },
)
add_table(
    "JobRecurringInstance",
    "aer",
    {
        "Id r": "Id",
        "Id aer": "RecurringId InvoiceItemId",
        "Integer aer": "Status AutoCharge",
        "Date aer": "StartDate EndDate",
        "DateTime r": "DateCreated",
        "String aer": "Description",
    },
)
add_table("LeadSourceCategory", "aer", {"Id r": "Id", "String aer": "Name Description"})
add_table(
    "LeadSourceExpense",
    "aedr",
    {
        "Id r": "Id",
        "Id aedr": "LeadSourceRecurringExpenseId LeadSourceId",
        "String aedr": "Title Notes",
        "Double aedr": "Amount",
        "DateTime aedr": "DateIncurred",
    },
)
add_table(
    "LeadSourceRecurringExpense",
    "aedr",
    {
        "Id r": "Id",
        "Id aedr": "LeadSourceId",
        "String aedr": "Title Notes",
        "Double aedr": "Amount",
        "DateTime aedr": "StartDate EndDate NextExpenseDate",
    },
)
add_table(
    "PayPlan",
    "r",
    {
        "Id r": "Id InvoiceId",
        "Date r": "DateDue InitDate StartDate",
        "Double r": "AmtDue FirstPayAmt",
        "Integer r": "Type",
    },
)
add_table(
    "PayPlanItem",
    "r",
    {"Id r": "Id PayPlanId", "Date r": "DateDue", "Double r": "AmtDue AmtPaid", "Integer r": "Status"},
)
add_table(
    "ProductInterest",
    "aedr",
    {
        "Id r": "Id SubscriptionPlanId",
        "Id aedr": "ObjectId ProductId",
        "String aedr": "ObjType ProductType",
        "Integer aedr": "Qty DiscountPercent",
    },
)
add_table("ProductInterestBundle", "aer", {"Id r": "Id", "String aer": "BundleName Description"})
add_table(
    "ProductOptValue",
    "aedr",
    {
        "Id aedr": "Id ProductOptionId",
        "String aedr": "Label Sku Name",
        "Integer aedr": "IsDefault OptionIndex",
        "Double aedr": "PriceAdjustment",
    },
)
add_table(
    "ProductOption",
    "aedr",
    {
        "Id aedr": "Id ProductId",
        "String aedr": "Label Name CanContain CanStartWith",
        "Integer aedr": "IsRequired Order MaxChars CanEndWith MinChars AllowSpaces TextMessage",
        "Enum aedr": "OptionType",
    },
)
add_table(
    "RecurringOrder",
    "aer",
    {
        "Id r": "Id OriginatingOrderId PaymentGatewayId",
        "Id aer": "ContactId ProgramId SubscriptionPlanId ProductId CC1 CC2 MerchantAccountId"
        " AffiliateId LeadAffiliateId ShippingOptionId",
        "Date aer": "StartDate EndDate LastBillDate PaidThruDate",
        "Date r": "NextBillDate",
        "String aer": "BillingCycle Status ReasonStopped PromoCode",
        "Integer aer": "Frequency AutoCharge NumDaysBetweenRetry MaxRetry Qty",
        "Double aer": "BillingAmt",
    },
    form=-10,
)
add_table(
    "RecurringOrderWithContact",
    "r",
    {
        "Id r": "RecurringOrderId ContactId ProgramId SubscriptionPlanId ProductId CC1 CC2"
        " MerchantAccountId AffiliateId LeadAffiliateId Id OriginatingOrderId"
        " PaymentGatewayId",
        "Date r": "StartDate EndDate LastBillDate NextBillDate PaidThruDate",
        "String r": "BillingCycle Status ReasonStopped PromoCode City Email EmailAddress2"
        " EmailAddress3 FirstName HTMLSignature LastName MiddleName Nickname Phone1"
        " Phone1Ext Phone1Type Phone2 Phone2Ext Phone2Type PostalCode Signature"
        " SpouseName State Country StreetAddress1 StreetAddress2 Suffix Title ZipFour1",
        "Integer r": "Frequency AutoCharge NumDaysBetweenRetry MaxRetry Qty ShippingOptionId",
        "Double r": "BillingAmt",
    },
)
add_table(
    "Referral",
    "ar",
    {
        "Id r": "Id",
        "Id ar": "ContactId AffiliateId",
        "Date ar": "DateSet DateExpires",
        "String ar": "IPAddress Source Info",
        "Integer ar": "Type",
    },
)
add_table(
    "SubscriptionPlan",
    "aer",
    {
        "Id r": "Id",
        "Id aer": "ProductId",
        "String aer": "Cycle",
        "Integer aer": "Frequency",
        "Double aer": "PreAuthorizeAmount PlanPrice",
        "Boolean aer": "Prorate Active",
        "String r": "NumberOfCycles",
    },
)
