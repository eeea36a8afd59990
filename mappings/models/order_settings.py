"""What an order cascade does, as a merchant sets it; the words are those of the settings page."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from crm.places import is_time_zone


def validate_time_zone(value: str) -> None:
    if not is_time_zone(value):
        raise ValidationError("Give the zone's name, such as America/New_York or Europe/Berlin.")


class OrderSettings(models.Model):
    """The settings half of a connection: one table and one page, told apart here from the credentials."""

    class DuplicateCheck(models.TextChoices):
        EMAIL = "Email", "E-mail"
        EMAIL_AND_NAME = "EmailAndName", "E-mail and name"
        EMAIL_AND_NAME_AND_COMPANY = "EmailAndNameAndCompany", "E-mail, name and company"

    class PrimaryAddress(models.TextChoices):
        BILLING = "billing", "Billing"
        SHIPPING = "shipping", "Shipping"

    class CreationMethod(models.TextChoices):
        BLANK_ORDER = "blank_order", "InvoiceService.addBlankOrder"
        PLACE_ORDER = "place_order", "OrderService.placeOrder"

    class LeadSourceField(models.TextChoices):
        BLANK = "", "Blank"
        COUPON = "coupon", "Coupon"

    class AffiliatePartner(models.TextChoices):
        NONE = "none", "Contact and tags only"
        LINK = "link", "Link to the referral partner of the same code"
        CREATE = "create", "Link, or create the referral partner"

    class AffiliateRole(models.TextChoices):
        BOTH = "both", "Lead and sale affiliate"
        LEAD = "lead", "Lead affiliate"
        SALE = "sale", "Sale affiliate"
        NONE = "none", "Nothing"

    class UnknownTags(models.TextChoices):
        REPORT = "report", "Report them"
        CREATE = "create", "Create them when I save"

    class UnresolvedLines(models.TextChoices):
        LEAVE_OUT = "leave_out", "Leave the line out and note an error in the log"
        NAMED_LINE = "named_line", "Send it as a named line without a product"

    class OtherCurrency(models.TextChoices):
        PARK = "park", "Park the order"
        SEND = "send", "Send the numbers as they are"

    class TestOrders(models.TextChoices):
        SEND = "send", "Replicate them, marked as test"
        SKIP = "skip", "Skip them"

    class UnpaidOrders(models.TextChoices):
        ORDER_ONLY = "order_only", "Create the order without a payment"
        SKIP = "skip", "Skip them"

    class PartPayments(models.TextChoices):
        WAIT = "wait", "Wait until all is paid"
        SEND = "send", "Send what came in, and each later payment"

    class FourByteText(models.TextChoices):
        KEEP = "keep", "Keep"
        REMOVE = "remove", "Remove"

    duplicate_check = models.CharField(
        "Duplicate check",
        max_length=24,
        choices=DuplicateCheck,
        default=DuplicateCheck.EMAIL,
        help_text="Which values make two contacts the same person (ContactService.addWithDupCheck).",
    )
    contact_tags = models.TextField(
        "Contact Tags",
        blank=True,
        max_length=4000,
        help_text="A comma separated list of tag names. Every contact gets each of them "
        "(ContactService.addToGroup).",
    )
    unknown_tags = models.CharField(
        "Unknown tag names",
        max_length=8,
        choices=UnknownTags,
        default=UnknownTags.REPORT,
        help_text="What happens on saving to a tag name that the CRM does not have.",
    )
    lead_source_field = models.CharField(
        "Lead Source Field",
        max_length=10,
        choices=LeadSourceField,
        default=LeadSourceField.BLANK,
        blank=True,
        help_text="Coupon: the first coupon the buyer typed, by its configured code, becomes the contact's "
        "lead source (ContactService.addWithDupCheck, LeadSourceId).",
    )
    create_lead_source = models.BooleanField(
        "Create Lead Source",
        default=False,
        help_text="Create the lead source if it does not exist (DataService.add on LeadSource). Otherwise "
        "the order goes on without it and the log says so.",
    )
    replace_lead_source = models.BooleanField(
        "Replace Lead Source",
        default=False,
        help_text="Also where the contact has a lead source already. Off, the first one stays.",
    )
    new_customer_tag = models.CharField(
        "New Customer Tag",
        max_length=200,
        blank=True,
        help_text="For a buyer's first order, by order time in your whole history "
        "(ContactService.addToGroup).",
    )
    repeat_customer_tag = models.CharField(
        "Repeat Customer Tag",
        max_length=200,
        blank=True,
        help_text="For every later order of the same e-mail (ContactService.addToGroup).",
    )
    mailing_list_tag = models.CharField(
        "Mailing List Tag",
        max_length=200,
        blank=True,
        help_text="Only if the buyer ticked the mailing list box (ContactService.addToGroup).",
    )
    mailing_list_opt_in = models.BooleanField(
        "Opt in",
        default=False,
        help_text="Make the address marketable if the buyer ticked the mailing list box "
        "(APIEmailService.optIn).",
    )
    mailing_list_filter = models.BooleanField(
        "Mailing List Filter",
        default=False,
        help_text="Send only orders and carts whose buyer ticked the mailing list box.",
    )
    skip_order_creation = models.BooleanField(
        "Skip Order Creation",
        default=False,
        help_text="Tick it if you do not have the e-commerce component: contact, tags, action sets and goals "
        "only.",
    )
    cart_tags = models.TextField(
        "Contact Tag",
        blank=True,
        max_length=4000,
        help_text="Tags of whoever leaves a cart, comma separated; blank: carts are not sent. They are "
        "withdrawn when the cart is bought (ContactService.addToGroup, removeFromGroup).",
    )
    cart_product_tags = models.BooleanField(
        "Products",
        default=False,
        help_text="Also give the tags of Product → Contact tags for what is in the cart. Campaigns that take "
        "those tags for purchases will take carts for purchases.",
    )
    affiliates_enabled = models.BooleanField(
        "Send affiliates",
        default=False,
        help_text="Every affiliate of the shop becomes a contact (ContactService.addWithDupCheck).",
    )
    affiliate_tags = models.TextField(
        "Contact Tags of affiliates",
        blank=True,
        max_length=4000,
        help_text="A comma separated list of tag names (ContactService.addToGroup).",
    )
    affiliate_partner = models.CharField(
        "Referral partner",
        max_length=6,
        choices=AffiliatePartner,
        default=AffiliatePartner.NONE,
        help_text="Partners are found by their code (DataService.query on Affiliate) and made with "
        "DataService.add.",
    )
    affiliate_owner_id = models.PositiveIntegerField(
        "Owner of affiliates",
        null=True,
        blank=True,
        help_text="The User ID that owns these contacts (ContactService.update, OwnerID).",
    )
    affiliate_role = models.CharField(
        "Affiliate of an order",
        max_length=4,
        choices=AffiliateRole,
        default=AffiliateRole.BOTH,
        help_text="What the affiliate who sent the order becomes on the CRM order (leadAffiliateId, "
        "saleAffiliateId).",
    )
    refund_tags = models.TextField(
        "Tags on a refund",
        blank=True,
        max_length=4000,
        help_text="Given when an order that was sent is refunded, in part or in full "
        "(ContactService.addToGroup).",
    )
    cancelled_tags = models.TextField(
        "Tags on a cancellation",
        blank=True,
        max_length=4000,
        help_text="Given when the shop rejects an order that was sent (ContactService.addToGroup).",
    )
    change_notes = models.BooleanField(
        "Note on the contact",
        default=True,
        help_text="Write refunds and cancellations as a note on the contact (DataService.add on "
        "ContactAction).",
    )
    primary_address = models.CharField(
        "Primary Address",
        max_length=8,
        choices=PrimaryAddress,
        default=PrimaryAddress.BILLING,
        help_text="Which address becomes address 1 of the contact; the other becomes address 2.",
    )
    creation_method = models.CharField(
        "Creation Method",
        max_length=12,
        choices=CreationMethod,
        default=CreationMethod.BLANK_ORDER,
        help_text="addBlankOrder sends the shop's own prices (InvoiceService.createBlankOrder on the wire). "
        "placeOrder has the CRM price its catalogue products and take promo codes; no card is ever charged. "
        "Without the e-commerce component tick Skip Order Creation instead.",
    )
    place_order_specials = models.BooleanField(
        "Automatic discounts",
        default=False,
        help_text="With placeOrder: let the CRM apply its own automatic discounts (processSpecials). XML-RPC "
        "alone can.",
    )
    price_differences = models.BooleanField(
        "Add a price-difference line",
        default=False,
        help_text="With placeOrder: where the shop's price differs from the CRM's catalogue, add a line for "
        "the difference. Otherwise such an order is not sent.",
    )
    products_by_sku = models.BooleanField(
        "Find products by SKU",
        default=False,
        help_text="An item that has neither a mapping nor a CRM product of its name goes to the product "
        "whose SKU is the item id.",
    )
    products_by_title = models.BooleanField(
        "Find products by title",
        default=False,
        help_text="Last of all, an item goes to the CRM product that is called exactly as the order's line.",
    )
    create_products = models.BooleanField(
        "Create missing products",
        default=False,
        help_text="Make the product in the CRM where an item finds none: its name is the item id (with "
        "Find products by SKU the line's title), its SKU the item id, its price that of the first order.",
    )
    unresolved_lines = models.CharField(
        "Items without a CRM product",
        max_length=12,
        choices=UnresolvedLines,
        default=UnresolvedLines.LEAVE_OUT,
        help_text="What happens to an item that finds no CRM product.",
    )
    crm_currency = models.CharField(
        "CRM currency",
        max_length=3,
        default="USD",
        validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters, such as USD.")],
        help_text="The currency of your CRM account.",
    )
    crm_time_zone = models.CharField(
        "CRM time zone",
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text="The time zone of your CRM account, such as Europe/Berlin. Blank: as the account tells.",
    )
    other_currency = models.CharField(
        "Orders in another currency",
        max_length=4,
        choices=OtherCurrency,
        default=OtherCurrency.PARK,
        help_text="When the shop sends no amounts in the CRM's currency.",
    )
    test_orders = models.CharField(
        "Test orders",
        max_length=4,
        choices=TestOrders,
        default=TestOrders.SEND,
        help_text="Orders the shop marks as test.",
    )
    unpaid_orders = models.CharField(
        "Orders on account",
        max_length=10,
        choices=UnpaidOrders,
        default=UnpaidOrders.ORDER_ONLY,
        help_text="Orders past Accounts Receivable whose money has not come in yet (COD, purchase order).",
    )
    part_payments = models.CharField(
        "Part payments",
        max_length=4,
        choices=PartPayments,
        default=PartPayments.WAIT,
        help_text="Orders of which only a part was paid, such as a deposit. Waiting: the order is sent once "
        "all is paid; one on account is sent at once, and its payment waits. Sending: the order is sent with "
        "what came in as its payment, and each later payment follows as one of its own.",
    )
    default_payment_type = models.CharField(
        "Payment type",
        max_length=60,
        default="Credit Card (Manual)",
        help_text="The CRM payment type of a shop payment method that is not mapped below "
        "(InvoiceService.addManualPayment).",
    )
    contact_action_set_id = models.PositiveIntegerField(
        "Action Set ID",
        null=True,
        blank=True,
        help_text="Run on the contact of every order (ContactService.runActionSequence). XML-RPC alone can.",
    )
    four_byte_text = models.CharField(
        "Emoji and other four-byte characters",
        max_length=6,
        choices=FourByteText,
        default=FourByteText.KEEP,
        help_text="Remove them if your CRM shows them as question marks or refuses them.",
    )

    class Meta:
        abstract = True
