"""Which call to the CRM each field of the settings page drives, shown beside its help text."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

CRM_CALLS = {
    "enabled": "No call by itself. While off, nothing is sent for new orders.",
    "credential_kind": (
        "Decides how every call identifies itself: the header X-Keap-API-Key, the header Authorization: "
        "Bearer, or the key as the first value of each call to the app's own address."
    ),
    "app_name": (
        "Compared with the app that answers the test. With a legacy API key it is also the address that is "
        "called: <App Name>.infusionsoft.com."
    ),
    "protocol": (
        "REST (v2, and v1 where it does more at once), XML-RPC, or for each operation the one with fewer "
        "calls among those that answer."
    ),
    "api_key": "Sent with every call. Saving the page tests it with one small read.",
    "duplicate_check": "The second value of ContactService.addWithDupCheck.",
    "contact_tags": (
        "DataService.query on ContactGroup finds each tag by its exact name; ContactService.addToGroup "
        "gives it to the contact."
    ),
    "unknown_tags": "DataService.add on ContactGroup creates a tag when you save this page, never later.",
    "primary_address": (
        "ContactService.addWithDupCheck: StreetAddress1, City, State … for address 1, Address2Street1, "
        "City2, State2 … for address 2."
    ),
    "four_byte_text": "Applies to every text that is written: contacts, order titles, lines and notes.",
    "creation_method": (
        "InvoiceService.createBlankOrder, then InvoiceService.addOrderItem for each line and "
        "InvoiceService.addManualPayment for the money. The card of the buyer is never charged."
    ),
    "unresolved_lines": "InvoiceService.addOrderItem with product id 0, or no call at all.",
    "crm_currency": "InvoiceService calls carry bare numbers; this says what they mean.",
    "other_currency": "Parked orders are shown in the log and wait for you; nothing is written.",
    "test_orders": "The same calls as for other orders; the order's notes say that it is a test.",
    "unpaid_orders": "Leaves InvoiceService.addManualPayment out, or sends nothing.",
    "default_payment_type": "The paymentType value of InvoiceService.addManualPayment.",
}


MORE_HELP = {
    "credential_kind": "Which of the CRM's keys you copied; the CRM shows it beside the key.",
    "name": "How this connection is called here.",
}


def help_with_call(field: str, help_text: str) -> str | SafeString:
    """The field's help text, followed by a sign that shows the call on hover, focus or tap."""
    sentence = CRM_CALLS.get(field)
    help_text = help_text or MORE_HELP.get(field, "")
    if sentence is None:
        return help_text
    return format_html(
        '{} <span class="crm-call"><button type="button" class="crm-call-sign" aria-describedby="call-{}">'
        'CRM call</button><span role="tooltip" class="crm-call-tip" id="call-{}">{}</span></span>',
        help_text,
        field,
        field,
        sentence,
    )
