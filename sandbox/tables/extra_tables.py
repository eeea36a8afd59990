"""Tables that DataService does not open: reached through the control calls and through the services.

Their columns are ours, because nothing is published about how the CRM keeps these things.
"""

from __future__ import annotations

from sandbox.tables.schema import add_table

add_table("FunnelCampaign", "", {"Id r": "Id", "String r": "Name", "Integer r": "Published"})
add_table("FunnelGoal", "", {"Id r": "Id CampaignId", "String r": "Integration CallName Name"})
add_table("MerchantAccount", "", {"Id r": "Id", "String r": "Name Type", "Integer r": "IsTest IsDefault"})
add_table(
    "PromoCode",
    "",
    {"Id r": "Id ProductId", "String r": "Code Name", "Double r": "Percent Amount", "Integer r": "Automatic"},
)
add_table(
    "ActionStep",
    "",
    {"Id r": "Id ActionSequenceId TagId", "String r": "Action Message", "Integer r": "IsError"},
)
add_table("ContactLink", "", {"Id r": "Id ContactId LinkedContactId LinkTypeId"})
add_table("AffiliateProgram", "", {"Id r": "Id", "String r": "Name Notes"})
add_table("AffiliateProgramMember", "", {"Id r": "Id ProgramId AffiliateId"})
add_table("AffiliateRedirect", "", {"Id r": "Id AffiliateId", "String r": "Title LocalUrlCode RedirectUrl"})
add_table(
    "AffiliateEntry",
    "",
    {
        "Id r": "Id AffiliateId InvoiceId ContactId",
        "String r": "Kind Description",
        "DateTime r": "DateEarned",
        "Double r": "Amount",
    },
)
add_table("AccountOption", "", {"Id r": "Id Asked", "String r": "Method Members"})
