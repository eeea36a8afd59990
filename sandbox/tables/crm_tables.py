"""Tables around the office: opportunities, tasks, tickets, campaigns, templates, forms, files.

As published in the vendor's field access file. Columns of which only the name is published carry our
assumption (a type, read access).
"""

from __future__ import annotations

from sandbox.tables.schema import add_table

add_table("Campaign", "r", {"Id r": "Id", "String r": "Name Status"})
add_table("CampaignStep", "r", {"Id r": "Id CampaignId TemplateId", "String r": "StepStatus StepTitle"})
add_table("Campaignee", "r", {"Id r": "CampaignId ContactId Id", "Enum r": "Status", "String r": "Campaign"})
add_table(
    "ContactAction",
    "aedr",
    {
        "Id r": "Id LastUpdatedBy",
        "Id aedr": "ContactId OpportunityId UserID CreatedBy",
        "String aedr": "ActionType ActionDescription CreationNotes",
        "DateTime aedr": "CreationDate CompletionDate ActionDate EndDate PopupDate",
        "Integer aedr": "Accepted Priority IsAppointment",
        "DateTime r": "LastUpdated",
        "Enum aedr": "ObjectType",
    },
    form=-5,
)
add_table("DataFormGroup", "r", {"Id r": "Id TabId", "String r": "Name"})
add_table("DataFormTab", "r", {"Id r": "Id FormId", "String r": "TabName"})
add_table(
    "FileBox", "r", {"Id r": "Id ContactId", "String r": "FileName Extension", "Integer r": "FileSize Public"}
)
add_table("GroupAssign", "r", {"Id r": "Id UserId GroupId Admin"})
add_table(
    "Lead",
    "aedr",
    {
        "Id r": "Id",
        "String aedr": "OpportunityTitle Objection OpportunityNotes NextActionNotes",
        "Id aedr": "ContactID AffiliateId UserID StageID StatusID LastUpdatedBy CreatedBy",
        "String ar": "Leadsource",
        "Double aedr": "ProjectedRevenueLow ProjectedRevenueHigh",
        "DateTime edr": "DateCreated LastUpdated",
        "DateTime aedr": "EstimatedCloseDate NextActionDate",
        "DateTime r": "DateInStage",
        "String r": "IncludeInForecast MonthlyRevenue OrderRevenue",
    },
    form=-4,
)
add_table("LinkedContactType", "r", {"Id r": "Id", "String r": "MaxLinked TypeName"})
add_table(
    "MtgLead",
    "r",
    {
        "Id r": "Id",
        "DateTime r": "DateAppraisalOrdered DateAppraisalDone DateAppraisalReceived DateTitleOrdered"
        " DateTitleReceived DateRateLocked DateRateLockExpires CreditReportDate"
        " ApplicationDate ActualCloseDate FundingDate",
        "Integer aedr": "OpportunityId",
        "DateTime aedr": "EstimatedCloseDate",
        "String aedr": "MtgNotes",
    },
)
add_table(
    "SavedFilter", "r", {"Id r": "Id", "String r": "FilterName ReportStoredName", "Integer r": "UserId"}
)
add_table(
    "SocialAccount",
    "r",
    {"String r": "AccountName AccountType", "Id r": "ContactId Id", "DateTime r": "DateCreated LastUpdated"},
)
add_table("Stage", "r", {"Id r": "Id", "String r": "StageName", "Integer r": "StageOrder TargetNumDays"})
add_table(
    "StageMove",
    "r",
    {
        "Id r": "Id OpportunityId MoveToStage MoveFromStage CreatedBy UserId",
        "DateTime r": "MoveDate PrevStageMoveDate DateCreated",
    },
)
add_table("Status", "r", {"Id r": "Id", "String r": "StatusName StatusOrder TargetNumDays"})
add_table("Template", "r", {"Id r": "Id", "String r": "PieceType PieceTitle Categories"})
add_table(
    "Ticket",
    "aedr",
    {
        "Id r": "Id",
        "Id aedr": "IssueId ContactId UserId DevId TicketCategory TicketTypeId Stage CreatedBy LastUpdatedBy",
        "String aedr": "TicketTitle TicketApplication Summary",
        "Integer aedr": "Priority HasCustomerCalled",
        "Double aedr": "Ordering TimeSpent",
        "DateTime r": "DateCreated LastUpdated",
        "Date aedr": "CloseDate FolowUpDate TargetCompletionDate DateInStage",
    },
)
add_table("TicketStage", "r", {"Id r": "Id", "String r": "StageName"})
add_table("TicketType", "r", {"Id r": "Id CategoryId", "String r": "Label"})
add_table("UserGroup", "r", {"Id r": "Id OwnerId", "String r": "Name"})
