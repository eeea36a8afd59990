"""The CRM's tables with the columns that may be read, by type; columns that hold secrets are left out.

Source: the vendor's field access files (2012 to 2014) and the SDK's table files; what carries a type in none
of them is text. Custom fields add columns that begin with an underscore.
"""

from __future__ import annotations

from collections.abc import Mapping

from reports.columns import Column, ColumnType

_TABLES: dict[str, dict[str, str]] = {
    "ActionSequence": {
        "id": "Id",
        "text": "TemplateName VisibleToTheseUsers",
    },
    "AffResource": {
        "id": "Id",
        "text": "Title ResourceType ResourceOrder ResourceHTML ResourceHREF Notes ProgramIds",
    },
    "Affiliate": {
        "id": "Id ContactId ParentId",
        "number": "PayoutType DefCommissionType Status NotifyLead NotifySale LeadCookieFor",
        "decimal": "LeadAmt LeadPercent SaleAmt SalePercent",
        "text": "AffName AffCode",
    },
    "CCharge": {
        "id": "Id CCId PaymentId MerchantId PaymentGatewayId",
        "decimal": "Amt",
        "text": "OrderNum RefNum ApprCode",
    },
    "CProgram": {
        "id": "Id ProductId",
        "number": "DefaultFrequency HideInStore Status Active Taxable SubCategory",
        "decimal": "DefaultPrice",
        "text": ("ProgramName DefaultCycle Sku ShortDescription BillingType Description LargeImage Family"),
    },
    "Campaign": {
        "id": "Id",
        "text": "Name Status",
    },
    "CampaignStep": {
        "id": "Id CampaignId TemplateId",
        "text": "StepStatus StepTitle",
    },
    "Campaignee": {
        "id": "CampaignId ContactId Id",
        "text": "Status Campaign",
    },
    "Company": {
        "id": "AccountId CompanyID CreatedBy Id LastUpdatedBy OwnerID",
        "date": "Anniversary Birthday",
        "time": "DateCreated LastUpdated",
        "text": (
            "Address1Type Address2Street1 Address2Street2 Address2Type Address3Street1 "
            "Address3Street2 Address3Type AssistantName AssistantPhone BillingInformation City "
            "City2 City3 Company ContactNotes ContactType Country Country2 Country3 Email "
            "EmailAddress2 EmailAddress3 Fax1 Fax1Type Fax2 Fax2Type FirstName Groups JobTitle "
            "LastName MiddleName Nickname Phone1 Phone1Ext Phone1Type Phone2 Phone2Ext Phone2Type "
            "Phone3 Phone3Ext Phone3Type Phone4 Phone4Ext Phone4Type Phone5 Phone5Ext Phone5Type "
            "PostalCode PostalCode2 PostalCode3 ReferralCode SpouseName State State2 State3 "
            "StreetAddress1 StreetAddress2 Suffix Title Validated Website ZipFour1 ZipFour2 "
            "ZipFour3"
        ),
    },
    "Contact": {
        "id": "AccountId CompanyID CreatedBy Id LastUpdatedBy LeadSourceId OwnerID",
        "date": "Anniversary Birthday",
        "time": "DateCreated LastUpdated",
        "text": (
            "Address1Type Address2Street1 Address2Street2 Address2Type Address3Street1 "
            "Address3Street2 Address3Type AssistantName AssistantPhone BillingInformation City "
            "City2 City3 Company ContactNotes ContactType Country Country2 Country3 Email "
            "EmailAddress2 EmailAddress3 Fax1 Fax1Type Fax2 Fax2Type FirstName Groups JobTitle "
            "LastName Leadsource MiddleName Nickname Phone1 Phone1Ext Phone1Type Phone2 Phone2Ext "
            "Phone2Type Phone3 Phone3Ext Phone3Type Phone4 Phone4Ext Phone4Type Phone5 Phone5Ext "
            "Phone5Type PostalCode PostalCode2 PostalCode3 ReferralCode SpouseName State State2 "
            "State3 StreetAddress1 StreetAddress2 Suffix Title Validated Website ZipFour1 "
            "ZipFour2 ZipFour3 Language TimeZone"
        ),
    },
    "ContactAction": {
        "id": "Id ContactId OpportunityId UserID CreatedBy LastUpdatedBy",
        "number": "Accepted Priority IsAppointment",
        "time": "CreationDate CompletionDate ActionDate EndDate PopupDate LastUpdated",
        "text": "ActionType ActionDescription CreationNotes ObjectType",
    },
    "ContactGroup": {
        "id": "Id GroupCategoryId",
        "text": "GroupName GroupDescription",
    },
    "ContactGroupAssign": {
        "id": "GroupId ContactId Contact.CompanyID Contact.CreatedBy Contact.Id Contact.OwnerID",
        "decimal": (
            "Contact.CustomDbl1 Contact.CustomDbl2 Contact.CustomDbl3 Contact.CustomDbl4 Contact.CustomDbl5"
        ),
        "date": "Contact.Anniversary",
        "time": (
            "DateCreated Contact.CustomDate1 Contact.CustomDate2 Contact.CustomDate3 "
            "Contact.CustomDate4 Contact.CustomDate5 Contact.DateCreated"
        ),
        "text": (
            "ContactGroup Contact.Address1Type Contact.Address2Street1 Contact.Address2Street2 "
            "Contact.Address2Type Contact.Address3Street1 Contact.Address3Street2 "
            "Contact.Address3Type Contact.AssistantName Contact.AssistantPhone "
            "Contact.BillingInformation Contact.Birthday Contact.City Contact.City2 Contact.City3 "
            "Contact.Company Contact.ContactNotes Contact.ContactType Contact.Country "
            "Contact.Country2 Contact.Country3 Contact.CustomField1 Contact.CustomField10 "
            "Contact.CustomField2 Contact.CustomField3 Contact.CustomField4 Contact.CustomField5 "
            "Contact.CustomField6 Contact.CustomField7 Contact.CustomField8 Contact.CustomField9 "
            "Contact.Email Contact.EmailAddress2 Contact.EmailAddress3 Contact.Fax1 "
            "Contact.Fax1Type Contact.Fax2 Contact.Fax2Type Contact.FirstName Contact.Groups "
            "Contact.HTMLSignature Contact.JobTitle Contact.LastName Contact.LastUpdated "
            "Contact.LastUpdatedBy Contact.Leadsource Contact.MiddleName Contact.Nickname "
            "Contact.Phone1 Contact.Phone1Ext Contact.Phone1Type Contact.Phone2 Contact.Phone2Ext "
            "Contact.Phone2Type Contact.Phone3 Contact.Phone3Ext Contact.Phone3Type "
            "Contact.Phone4 Contact.Phone4Ext Contact.Phone4Type Contact.Phone5 Contact.Phone5Ext "
            "Contact.Phone5Type Contact.PostalCode Contact.PostalCode2 Contact.PostalCode3 "
            "Contact.ReferralCode Contact.Signature Contact.SpouseName Contact.State "
            "Contact.State2 Contact.State3 Contact.StreetAddress1 Contact.StreetAddress2 "
            "Contact.Suffix Contact.Title Contact.Website Contact.ZipFour1 Contact.ZipFour2 "
            "Contact.ZipFour3"
        ),
    },
    "ContactGroupCategory": {
        "id": "Id",
        "text": "CategoryName CategoryDescription",
    },
    "DataFormField": {
        "id": "Id FormId GroupId",
        "number": "DataType ListRows UserGroup",
        "text": "Name Label DefaultValue Values",
    },
    "DataFormGroup": {
        "id": "Id TabId",
        "text": "Name",
    },
    "DataFormTab": {
        "id": "Id FormId",
        "text": "TabName",
    },
    "EmailAddStatus": {
        "id": "Id",
        "time": "DateCreated LastClickDate LastOpenDate LastSentDate",
        "text": "Email Type",
    },
    "Expense": {
        "id": "Id ContactId TypeId",
        "decimal": "ExpenseAmt",
        "time": "DateIncurred",
        "text": "ExpenseType",
    },
    "FileBox": {
        "id": "Id ContactId",
        "number": "FileSize Public",
        "text": "FileName Extension",
    },
    "GroupAssign": {
        "id": "Id UserId GroupId Admin",
    },
    "Invoice": {
        "id": "Id ContactId JobId AffiliateId LeadAffiliateId",
        "number": "PayStatus CreditStatus RefundStatus PayPlanStatus Synced",
        "decimal": "InvoiceTotal TotalPaid TotalDue",
        "time": "DateCreated LastUpdated",
        "text": "PromoCode InvoiceType Description ProductSold",
    },
    "InvoiceItem": {
        "id": "Id InvoiceId OrderItemId",
        "number": "CommissionStatus",
        "decimal": "InvoiceAmt Discount",
        "time": "DateCreated LastUpdated",
        "text": "Description",
    },
    "InvoicePayment": {
        "id": "Id InvoiceId PaymentId",
        "number": "SkipCommission",
        "decimal": "Amt",
        "date": "PayDate",
        "time": "LastUpdated",
        "text": "PayStatus",
    },
    "Job": {
        "id": "Id ContactId ProductId JobRecurringId",
        "number": "OrderStatus InvoiceId",
        "date": "StartDate DueDate",
        "time": "DateCreated LastUpdated",
        "text": (
            "JobTitle JobNotes JobStatus OrderType ShipFirstName ShipMiddleName ShipLastName "
            "ShipCompany ShipPhone ShipStreet1 ShipStreet2 ShipCity ShipState ShipZip ShipCountry"
        ),
    },
    "JobRecurringInstance": {
        "id": "Id RecurringId InvoiceItemId",
        "number": "Status AutoCharge",
        "date": "StartDate EndDate",
        "time": "DateCreated",
        "text": "Description",
    },
    "Lead": {
        "id": "Id ContactID AffiliateId UserID StageID StatusID LastUpdatedBy CreatedBy",
        "decimal": "ProjectedRevenueLow ProjectedRevenueHigh",
        "time": "DateCreated LastUpdated EstimatedCloseDate NextActionDate DateInStage",
        "text": (
            "OpportunityTitle Leadsource Objection OpportunityNotes NextActionNotes "
            "IncludeInForecast MonthlyRevenue OrderRevenue"
        ),
    },
    "LeadSource": {
        "id": "Id LeadSourceCategoryId",
        "date": "StartDate EndDate",
        "text": "Name Description CostPerLead Vendor Medium Message Status",
    },
    "LeadSourceCategory": {
        "id": "Id",
        "text": "Name Description",
    },
    "LeadSourceExpense": {
        "id": "Id LeadSourceRecurringExpenseId LeadSourceId",
        "decimal": "Amount",
        "time": "DateIncurred",
        "text": "Title Notes",
    },
    "LeadSourceRecurringExpense": {
        "id": "Id LeadSourceId",
        "decimal": "Amount",
        "time": "StartDate EndDate NextExpenseDate",
        "text": "Title Notes",
    },
    "LinkedContactType": {
        "id": "Id",
        "text": "MaxLinked TypeName",
    },
    "MtgLead": {
        "id": "Id",
        "number": "OpportunityId",
        "time": (
            "DateAppraisalOrdered DateAppraisalDone DateAppraisalReceived DateTitleOrdered "
            "DateTitleReceived DateRateLocked DateRateLockExpires CreditReportDate "
            "ApplicationDate ActualCloseDate FundingDate EstimatedCloseDate"
        ),
        "text": "MtgNotes",
    },
    "OrderItem": {
        "id": "Id OrderId ProductId SubscriptionPlanId",
        "number": "Qty ItemType InvoiceItemId",
        "decimal": "CPU PPU",
        "text": "ItemName ItemDescription Notes",
    },
    "PayPlan": {
        "id": "Id InvoiceId",
        "number": "Type",
        "decimal": "AmtDue FirstPayAmt",
        "date": "DateDue InitDate StartDate",
    },
    "PayPlanItem": {
        "id": "Id PayPlanId",
        "number": "Status",
        "decimal": "AmtDue AmtPaid",
        "date": "DateDue",
    },
    "Payment": {
        "id": "Id UserId ContactId InvoiceId RefundId ChargeId",
        "number": "Commission Synced",
        "decimal": "PayAmt",
        "date": "PayDate",
        "text": "PayType PayNote",
    },
    "Product": {
        "id": "Id",
        "number": (
            "Taxable CountryTaxable StateTaxable CityTaxable IsPackage NeedsDigitalDelivery "
            "HideInStore Status InventoryLimit Shippable SubCategory"
        ),
        "decimal": "ProductPrice Weight",
        "time": "DateCreated LastUpdated",
        "text": (
            "ProductName Sku ShortDescription Description TopHTML BottomHTML ShippingTime "
            "LargeImage InventoryNotifiee"
        ),
    },
    "ProductCategory": {
        "id": "Id ParentId",
        "number": "CategoryOrder",
        "text": "CategoryDisplayName CategoryImage",
    },
    "ProductCategoryAssign": {
        "id": "Id ProductId ProductCategoryId",
    },
    "ProductInterest": {
        "id": "Id ObjectId ProductId SubscriptionPlanId",
        "number": "Qty DiscountPercent",
        "text": "ObjType ProductType",
    },
    "ProductInterestBundle": {
        "id": "Id",
        "text": "BundleName Description",
    },
    "ProductOptValue": {
        "id": "Id ProductOptionId",
        "number": "IsDefault OptionIndex",
        "decimal": "PriceAdjustment",
        "text": "Label Sku Name",
    },
    "ProductOption": {
        "id": "Id ProductId",
        "number": "IsRequired Order MaxChars CanEndWith MinChars AllowSpaces TextMessage",
        "text": "Label Name OptionType CanContain CanStartWith",
    },
    "RecurringOrder": {
        "id": (
            "Id ContactId OriginatingOrderId ProgramId SubscriptionPlanId ProductId CC1 CC2 "
            "MerchantAccountId AffiliateId LeadAffiliateId ShippingOptionId PaymentGatewayId"
        ),
        "number": "Frequency AutoCharge NumDaysBetweenRetry MaxRetry Qty",
        "decimal": "BillingAmt",
        "date": "StartDate EndDate LastBillDate NextBillDate PaidThruDate",
        "text": "BillingCycle Status ReasonStopped PromoCode",
    },
    "RecurringOrderWithContact": {
        "id": (
            "RecurringOrderId ContactId ProgramId SubscriptionPlanId ProductId CC1 CC2 "
            "MerchantAccountId AffiliateId LeadAffiliateId Id OriginatingOrderId PaymentGatewayId"
        ),
        "number": "Frequency AutoCharge NumDaysBetweenRetry MaxRetry Qty ShippingOptionId",
        "decimal": "BillingAmt",
        "date": "StartDate EndDate LastBillDate NextBillDate PaidThruDate",
        "text": (
            "BillingCycle Status ReasonStopped PromoCode City Email EmailAddress2 EmailAddress3 "
            "FirstName HTMLSignature LastName MiddleName Nickname Phone1 Phone1Ext Phone1Type "
            "Phone2 Phone2Ext Phone2Type PostalCode Signature SpouseName State Country "
            "StreetAddress1 StreetAddress2 Suffix Title ZipFour1"
        ),
    },
    "Referral": {
        "id": "Id ContactId AffiliateId",
        "number": "Type",
        "date": "DateSet DateExpires",
        "text": "IPAddress Source Info",
    },
    "SavedFilter": {
        "id": "Id",
        "number": "UserId",
        "text": "FilterName ReportStoredName",
    },
    "SocialAccount": {
        "id": "ContactId Id",
        "time": "DateCreated LastUpdated",
        "text": "AccountName AccountType",
    },
    "Stage": {
        "id": "Id",
        "number": "StageOrder TargetNumDays",
        "text": "StageName",
    },
    "StageMove": {
        "id": "Id OpportunityId MoveToStage MoveFromStage CreatedBy UserId",
        "time": "MoveDate PrevStageMoveDate DateCreated",
    },
    "Status": {
        "id": "Id",
        "text": "StatusName StatusOrder TargetNumDays",
    },
    "SubscriptionPlan": {
        "id": "Id ProductId",
        "number": "Frequency Prorate Active",
        "decimal": "PreAuthorizeAmount PlanPrice",
        "text": "Cycle NumberOfCycles",
    },
    "Template": {
        "id": "Id",
        "text": "PieceType PieceTitle Categories",
    },
    "Ticket": {
        "id": ("Id IssueId ContactId UserId DevId TicketCategory TicketTypeId Stage CreatedBy LastUpdatedBy"),
        "number": "Priority HasCustomerCalled",
        "decimal": "Ordering TimeSpent",
        "date": "CloseDate FolowUpDate TargetCompletionDate DateInStage",
        "time": "DateCreated LastUpdated",
        "text": "TicketTitle TicketApplication Summary",
    },
    "TicketStage": {
        "id": "Id",
        "text": "StageName",
    },
    "TicketType": {
        "id": "Id CategoryId",
        "text": "Label",
    },
    "User": {
        "id": "Id GlobalUserId",
        "text": (
            "City Email EmailAddress2 EmailAddress3 FirstName HTMLSignature LastName MiddleName "
            "Nickname Phone1 Phone1Ext Phone1Type Phone2 Phone2Ext Phone2Type PostalCode "
            "Signature SpouseName State StreetAddress1 StreetAddress2 Suffix Title ZipFour1 "
            "Partner"
        ),
    },
    "UserGroup": {
        "id": "Id OwnerId",
        "text": "Name",
    },
}

CUSTOM_FIELDS = frozenset(
    {"Contact", "Company", "Affiliate", "Lead", "ContactAction", "Job", "RecurringOrder"}
)

TABLES: Mapping[str, Mapping[str, Column]] = {
    table: {
        name: Column(name=name, type=ColumnType(kind))
        for kind, names in kinds.items()
        for name in sorted(names.split(), key=lambda name: name != "Id")
    }
    for table, kinds in _TABLES.items()
}
