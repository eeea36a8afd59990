"""Which call to the CRM each field and table of the settings page drives, shown beside its help text."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.html import format_html
from django.utils.safestring import SafeString

_TAG = (
    "DataService.query on ContactGroup finds the tag by its exact name; ContactService.addToGroup gives it "
    "to the contact."
)

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
    # -- abandoned carts
    "cart_tags": (
        "ContactService.addWithDupCheck makes the contact, ContactService.addToGroup gives the tags; "
        "ContactService.removeFromGroup withdraws them when the cart is bought."
    ),
    "cart_product_tags": "ContactService.addToGroup for each tag of the items in the cart.",
    # -- affiliates
    "affiliates_enabled": "ContactService.addWithDupCheck for each affiliate of the shop.",
    "affiliate_tags": _TAG,
    "affiliate_partner": (
        "DataService.query on Affiliate by the code; DataService.add on Affiliate where it is to be created."
    ),
    "affiliate_owner_id": "ContactService.update with OwnerID.",
    "affiliate_role": (
        "The values leadAffiliateId and saleAffiliateId of InvoiceService.createBlankOrder or "
        "OrderService.placeOrder."
    ),
    "affiliate_mappings": "The affiliate ids of the order's call; DataService.load on Affiliate when tested.",
    # -- contacts
    "duplicate_check": "The second value of ContactService.addWithDupCheck.",
    "lead_source_field": (
        "DataService.query on LeadSource finds it by its exact name; ContactService.addWithDupCheck writes "
        "LeadSourceId."
    ),
    "contact_tags": (
        "DataService.query on ContactGroup finds each tag by its exact name; ContactService.addToGroup "
        'gives it to the contact. A name that holds a comma is quoted: VIP, "Cats, dogs".'
    ),
    "unknown_tags": "DataService.add on ContactGroup creates a tag when you save this page, never later.",
    "new_customer_tag": _TAG,
    "repeat_customer_tag": _TAG,
    "mailing_list_tag": _TAG,
    "mailing_list_opt_in": "APIEmailService.optIn with the buyer's address.",
    "primary_address": (
        "ContactService.addWithDupCheck: StreetAddress1, City, State … for address 1, Address2Street1, "
        "City2, State2 … for address 2."
    ),
    "contact_action_set_id": "ContactService.runActionSequence with the contact and this id.",
    "create_lead_source": "DataService.add on LeadSource, once for each new name.",
    "replace_lead_source": "LeadSourceId is written again in ContactService.update, or left out of it.",
    "mailing_list_filter": "No call at all for an order or cart whose buyer did not tick the box.",
    "skip_order_creation": (
        "Leaves out every call of InvoiceService and OrderService; contact, tags, action sets and goals "
        "remain."
    ),
    "four_byte_text": "Applies to every text that is written: contacts, order titles, lines and notes.",
    "sales_reps": "ContactService.update with OwnerID; the test looks each id up in the table User.",
    "product_tags": _TAG,
    # -- orders
    "creation_method": (
        "addBlankOrder: InvoiceService.createBlankOrder, then InvoiceService.addOrderItem for each line. "
        "placeOrder: OrderService.placeOrder with product ids and promo codes, then "
        "InvoiceService.addOrderItem for shipping, tax and charges. Both end with "
        "InvoiceService.addManualPayment. No card is ever charged."
    ),
    "merchant_test_confirmed": (
        "No call. Where the mode can be read, the CRM is asked instead: REST v2, merchants, is_test of the "
        "default account."
    ),
    "place_order_specials": "The value processSpecials of OrderService.placeOrder.",
    "price_differences": (
        "InvoiceService.addOrderItem with the difference, after OrderService.placeOrder priced the order."
    ),
    "products_by_sku": "DataService.query on Product by Sku.",
    "products_by_title": "DataService.query on Product by ProductName.",
    "create_products": "DataService.add on Product, once for each item.",
    "unresolved_lines": "InvoiceService.addOrderItem with product id 0, or no call at all.",
    "crm_time_zone": "Dates and times of InvoiceService calls and custom fields are written in this zone.",
    "crm_currency": "InvoiceService calls carry bare numbers; this says what they mean.",
    "other_currency": "Parked orders are shown in the log and wait for you; nothing is written.",
    "test_orders": "The same calls as for other orders; the order's notes say that it is a test.",
    "unpaid_orders": "Leaves InvoiceService.addManualPayment out, or sends nothing.",
    "part_payments": (
        "InvoiceService.addManualPayment with what came in, once more for each later payment; or one call "
        "when all came in."
    ),
    "product_mappings": (
        "The product id of InvoiceService.addOrderItem or OrderService.placeOrder. Without a row: "
        "DataService.query on Product by ProductName."
    ),
    "field_mappings": (
        "Of the order: DataService.update on Job. Of the contact: ContactService.addWithDupCheck or update. "
        "The test looks the fields up in DataFormField."
    ),
    "product_action_sets": "ContactService.runActionSequence, once per distinct item of the order.",
    "product_goals": "FunnelService.achieveGoal(integration name, call name, contact id).",
    "item_folders": "No call by itself: it decides which goals FunnelService.achieveGoal is called for.",
    "shipping_fields": "DataService.update on Job with the custom fields.",
    "default_payment_type": "The paymentType value of InvoiceService.addManualPayment.",
    "payment_types": "The paymentType value of InvoiceService.addManualPayment.",
    # -- changes
    "refund_tags": _TAG,
    "cancelled_tags": _TAG,
    "change_notes": "DataService.add on ContactAction, one for each refund or cancellation.",
}


MORE_HELP = {
    "credential_kind": "Which of the CRM's keys you copied; the CRM shows it beside the key.",
    "name": "How this connection is called here.",
}


def help_with_call(field: str, help_text: str, calls: Mapping[str, str] = CRM_CALLS) -> str | SafeString:
    """The field's help text, followed by a sign that shows the call on hover, focus or tap."""
    help_text = help_text or MORE_HELP.get(field, "")
    sign = call_sign(field, calls)
    return format_html("{} {}", help_text, sign) if sign else help_text


def call_sign(name: str, calls: Mapping[str, str] = CRM_CALLS) -> str | SafeString:
    """The sign alone; "" for what drives no call."""
    sentence = calls.get(name)
    if sentence is None:
        return ""
    return format_html(
        '<span class="crm-call"><button type="button" class="crm-call-sign" aria-describedby="call-{}">'
        'CRM call</button><span role="tooltip" class="crm-call-tip" id="call-{}">{}</span></span>',
        name,
        name,
        sentence,
    )
