"""What an order cascade does, as a merchant sets it; the words are those of the settings page."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models


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
        SKIP = "skip", "Skip order creation (contact and tags only)"

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
        "Skip it if your account has no e-commerce component.",
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
    unresolved_lines = models.CharField(
        "Items without a CRM product",
        max_length=12,
        choices=UnresolvedLines,
        default=UnresolvedLines.LEAVE_OUT,
        help_text="What happens to an item that has neither a mapping nor a CRM product of its name.",
    )
    crm_currency = models.CharField(
        "CRM currency",
        max_length=3,
        default="USD",
        validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters, such as USD.")],
        help_text="The currency of your CRM account.",
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
