"""The JSON of an order: the shape of `carts.order_data.OrderData`, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from carts.order_data import ChargeKind, MoneyState, Stage
from intake.api.fields import (
    AmountField,
    CurrencyField,
    FlagField,
    ListField,
    MomentField,
    StrictSerializer,
    TextField,
    TextsField,
    unknown_refuse,
)
from intake.api.party import PartySerializer
from mappings.shop_fields import FIELD_KEYS, FIELD_LENGTH

MAX_LINES = 500
MAX_CHARGES = 100
MAX_AFFILIATES = 20
HISTORY_HELP = (
    "The order only has to be known: it tells new customers from repeat customers, and nothing of it is ever "
    "sent to the CRM. An order that was put in without this is left as it is."
)


class LineSerializer(StrictSerializer):
    """So many of one item."""

    key = TextField(max_length=60, help_text="The shop's own id of the line; its position if left out.")
    item_id = TextField(required=True, max_length=100)
    title = TextField(max_length=2000)
    quantity = AmountField(min_value=Decimal(0))
    unit_price = AmountField(help_text="The list price, before discounts.")
    kit = FlagField(default=False, help_text="This line is a bundle.")
    kit_key = TextField(max_length=60, help_text="The key of the bundle that this line is a part of.")
    fee = FlagField(default=False, help_text="Sold beside the goods, such as a fee: it needs no CRM product.")


class ChargeSerializer(StrictSerializer):
    """Money of the order that is no item."""

    key = TextField(
        max_length=60,
        help_text="Your id of the charge. The discount that coupons made is called discount: with placeOrder "
        "the CRM's own promo codes take its place.",
    )
    kind = serializers.ChoiceField([kind.value for kind in ChargeKind])
    title = TextField(max_length=300)
    amount = AmountField(help_text="Negative for discounts, positive for everything else.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        is_discount = attrs["kind"] == ChargeKind.DISCOUNT
        if attrs["amount"] and (attrs["amount"] < 0) != is_discount:
            wanted = "negative" if is_discount else "positive"
            raise serializers.ValidationError(
                {"amount": f"The amount of a {attrs['kind']} should be {wanted}."}
            )
        return attrs


class CouponSerializer(StrictSerializer):
    """A coupon of the order."""

    code = TextField(required=True, max_length=100, help_text="As configured in the shop.")
    typed = TextField(max_length=100, help_text="As the buyer typed it.")
    automatic = FlagField(default=False)


class CustomFieldsField(serializers.DictField):
    """The shop's own fields by our names for them; a blank one is as good as none."""

    names = FIELD_KEYS

    def __init__(self) -> None:
        super().__init__(
            child=TextField(max_length=FIELD_LENGTH),
            default=dict,
            help_text="What the shop tells beside the order: advertising source, custom fields, "
            "customer_note, order_tags, item_options, purchase_order_number, payment_terms, channel, "
            "marketplace_order_number, sms_consent, transaction_id.",
        )

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if isinstance(data, dict):
            unknown_refuse(data, self.names)
        fields = super().to_internal_value(data)
        return {key: value for key, value in fields.items() if value}


class OrderSerializer(StrictSerializer):
    """An order as the shop tells it.

    Every delivery is the whole order: what is left out is not there any more. There are no partial updates.
    """

    shop_order_id = TextField(required=True, max_length=100)
    number = TextField(max_length=100)
    stage = serializers.ChoiceField([stage.value for stage in Stage])
    shop_stage = TextField(max_length=60)
    placed_at = MomentField()
    version_at = MomentField(
        required=False,
        help_text="When this version came to be. An older one changes nothing; left out, it is now.",
    )
    email = TextField(max_length=320)
    billing = PartySerializer(required=False)
    shipping = PartySerializer(required=False)
    currency = CurrencyField()
    paid_currency = CurrencyField(default="", allow_blank=True)
    paid_total = AmountField(allow_null=True, default=None)
    lines = ListField(child=LineSerializer(), allow_null=True, default=None, max_length=MAX_LINES)
    subtotal = AmountField(allow_null=True, default=None)
    charges = ListField(child=ChargeSerializer(), default=list, max_length=MAX_CHARGES)
    gift_certificate = AmountField(min_value=Decimal(0), default=Decimal(0))
    total = AmountField(allow_null=True, default=None)
    paid_amount = AmountField(
        min_value=Decimal(0),
        allow_null=True,
        default=None,
        help_text="What came in of the total so far, refunds not taken off. Left out, `money` says whether "
        "all of it did or nothing yet.",
    )
    payment_method = TextField(max_length=60)
    money = serializers.ChoiceField([state.value for state in MoneyState], default=MoneyState.RECEIVED.value)
    paid_at = MomentField(allow_null=True, default=None)
    coupons = ListField(child=CouponSerializer(), default=list, max_length=MAX_CHARGES)
    is_test = FlagField(default=False)
    mailing_list = FlagField(default=False, help_text="The buyer ticked the mailing list box.")
    sales_rep = TextField(max_length=60, help_text="The code of the sales representative.")
    affiliates = TextsField(
        text_length=100,
        max_length=MAX_AFFILIATES,
        help_text="Ids or codes: who sent the order first, then who recruited them.",
    )
    cart_id = TextField(max_length=100, help_text="The id of the cart that the order was made from.")
    original_order_id = TextField(max_length=100, help_text="The first order of the subscription.")
    view_of = TextField(
        max_length=100,
        help_text="The id of the order that this one is a part of, told once more: a vendor's order of a "
        "marketplace. By the shop's setting either the whole or its parts are sent.",
    )
    has_views = FlagField(default=False, help_text="Orders with view_of of this one are there, or come.")
    replaces = TextField(
        max_length=100, help_text="The id of the order that was cancelled for this one: the same purchase."
    )
    shipping_method = TextField(max_length=200)
    refunded_at = MomentField(allow_null=True, default=None)
    refunded_total = AmountField(
        min_value=Decimal(0), allow_null=True, default=None, help_text="All refunds so far together."
    )
    refund_reason = TextField(max_length=500)
    reject_reason = TextField(max_length=500)
    custom_fields = CustomFieldsField()

    def validate_lines(self, lines: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        return None if lines is None else with_keys(lines, "")

    def validate_charges(self, charges: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return with_keys(charges, "charge-")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "number": attrs["number"] or attrs["shop_order_id"]}


class StoredFields(serializers.Serializer[Any]):
    answered = True
    version = serializers.IntegerField(help_text="Counts the changes of its content.")


class StoredOrderSerializer(StoredFields, OrderSerializer):
    """An order as it is known here."""

    completed_at = MomentField(allow_null=True, help_text="When it was first seen past payment.")
    outstanding = AmountField(allow_null=True, help_text="What is still owed of the total.")
    is_history = FlagField(help_text="It is only known, and nothing of it is sent to the CRM.")


def with_keys(entries: Sequence[dict[str, Any]], prefix: str) -> list[dict[str, Any]]:
    """Give each entry without a key its position, and insist that keys differ."""
    keyed = [
        {**entry, "key": entry["key"] or f"{prefix}{position}"}
        for position, entry in enumerate(entries, start=1)
    ]
    keys = [entry["key"] for entry in keyed]
    twice = sorted({key for key in keys if keys.count(key) > 1}) if len(set(keys)) < len(keys) else []
    if twice:
        raise serializers.ValidationError(f"The key {twice[0]!r} is used more than once.")
    return keyed
