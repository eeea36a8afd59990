"""The JSON of abandoned carts, affiliates, shipments and refunds: the shapes of `carts.record_data`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from carts.api.order_serializers import (
    MAX_AFFILIATES,
    MAX_CHARGES,
    MAX_LINES,
    CustomFieldsField,
    LineSerializer,
    StoredFields,
    with_keys,
)
from intake.api.fields import (
    AmountField,
    CurrencyField,
    FlagField,
    ListField,
    MomentField,
    StrictSerializer,
    TextField,
    TextsField,
)
from intake.api.party import PartySerializer

MAX_TRACKING = 100


class VersionedSerializer(StrictSerializer):
    version_at = MomentField(
        required=False,
        help_text="When this version came to be. An older one changes nothing; left out, it is now.",
    )


class CartSerializer(VersionedSerializer):
    """A cart that somebody left.

    Every delivery is the whole cart: what is left out is not there any more. There are no partial updates.
    """

    cart_id = TextField(required=True, max_length=100)
    email = TextField(max_length=320)
    billing = PartySerializer(required=False)
    shipping = PartySerializer(required=False)
    currency = CurrencyField(default="", allow_blank=True)
    lines = ListField(child=LineSerializer(), default=list, max_length=MAX_LINES)
    total = AmountField(allow_null=True, default=None)
    coupons = TextsField(text_length=100, max_length=MAX_CHARGES)
    mailing_list = FlagField(default=False, help_text="The buyer ticked the mailing list box.")
    affiliates = TextsField(text_length=100, max_length=MAX_AFFILIATES, help_text="Ids or codes.")
    custom_fields = CustomFieldsField()

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return with_keys(lines, "")


class AffiliateSerializer(VersionedSerializer):
    """Somebody who sends buyers to the shop.

    Every delivery tells all of the affiliate: what is left out is not there any more. There are no partial
    updates.
    """

    shop_affiliate_id = TextField(required=True, max_length=100)
    code = TextField(max_length=100, help_text="What orders may name beside the id.")
    email = TextField(max_length=320)
    party = PartySerializer(required=False)
    active = FlagField(default=True)


class TrackingSerializer(StrictSerializer):
    """A number to follow the parcel by."""

    number = TextField(required=True, max_length=100)
    url = TextField(max_length=2000)


class ShipmentSerializer(VersionedSerializer):
    """A parcel of an order, which may be put in before or after it.

    Every delivery tells all of the parcel: what is left out is not there any more. There are no partial
    updates.
    """

    shop_order_id = TextField(required=True, max_length=100)
    shipment_id = TextField(max_length=100, help_text="Left out where the shop tells no parcels apart.")
    shipped_at = MomentField(allow_null=True, default=None)
    tracking = ListField(child=TrackingSerializer(), default=list, max_length=MAX_TRACKING)
    carrier = TextField(max_length=60)
    method = TextField(max_length=200)
    status = TextField(max_length=60)
    expected_at = MomentField(allow_null=True, default=None)
    delivered_at = MomentField(allow_null=True, default=None)


class RefundSerializer(VersionedSerializer):
    """Money given back once, with an id of its own. Its order may be put in before or after it.

    Every delivery tells all of the refund: what is left out is not there any more. There are no partial
    updates.
    """

    shop_order_id = TextField(required=True, max_length=100)
    refund_id = TextField(required=True, max_length=100)
    amount = AmountField(min_value=Decimal(0), help_text="0 if the refund was withdrawn.")
    currency = CurrencyField(help_text="The order's. A refund in another currency changes no amount.")
    refunded_at = MomentField()
    reason = TextField(max_length=500)


class StoredCartSerializer(StoredFields, CartSerializer):
    """A cart as it is known here."""

    bought_at = MomentField(allow_null=True, help_text="When an order was seen that shows it was bought.")


class StoredAffiliateSerializer(StoredFields, AffiliateSerializer):
    """An affiliate as it is known here."""


class StoredShipmentSerializer(StoredFields, ShipmentSerializer):
    """A shipment as it is known here."""


class StoredRefundSerializer(StoredFields, RefundSerializer):
    """A refund as it is known here."""
