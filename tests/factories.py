"""Rows as tests want them: `OrderFactory()` is a paid order of three lines, shipping, tax, in the database.

`order_data(**changes)` makes the same order without a row; `OrderFactory(order=order_data(...))` stores one.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import factory
from django.contrib.auth import get_user_model
from factory.django import DjangoModelFactory

from carts.models import Order, OrderLine
from carts.order_data import Charge, ChargeKind, Coupon, OrderData, OrderLineData, Stage
from crm.emails import email_key
from intake.models import ApiKey, Source
from intake.party import Party
from mappings.models import Connection, Membership, Merchant

PLACED_AT = datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)


def order_data(**changes: Any) -> OrderData:
    """A paid order over 56.85: three lines of 45.85, shipping 7.25, tax 3.75."""
    party = Party(
        first_name="Ada",
        last_name="Example",
        phones=("555-0100",),
        street1="1 Main Street",
        city="Atlanta",
        region="GA",
        postal_code="30303",
        country="US",
    )
    lines = tuple(
        OrderLineData(
            key=key, item_id=item, title=title, quantity=Decimal(quantity), unit_price=Decimal(price)
        )
        for key, item, title, quantity, price in (
            ("1", "BONE", "Dog bone", 2, "9.95"),
            ("2", "LEASH", "Leash", 1, "17.95"),
            ("3", "BOWL", "Bowl", 4, "2.00"),
        )
    )
    values: dict[str, Any] = {
        "shop_order_id": "DEMO-1001",
        "number": "DEMO-1001",
        "stage": Stage.PAID,
        "shop_stage": "Shipping Department",
        "placed_at": PLACED_AT,
        "version_at": PLACED_AT,
        "email": "ada@example.com",
        "billing": party,
        "shipping": party,
        "currency": "USD",
        "lines": lines,
        "subtotal": Decimal("45.85"),
        "charges": (
            Charge(
                key="shipping", kind=ChargeKind.SHIPPING, title="USPS: Priority Mail", amount=Decimal("7.25")
            ),
            Charge(key="tax", kind=ChargeKind.TAX, title="Tax", amount=Decimal("3.75")),
        ),
        "total": Decimal("56.85"),
        "payment_method": "Credit Card",
        "paid_at": PLACED_AT,
        "coupons": (Coupon(code="SPRING"),),
    }
    return OrderData(**{**values, **changes})


class UserFactory(DjangoModelFactory[Any]):
    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    is_staff = True
    password = factory.django.Password("a plain test password")


class MerchantFactory(DjangoModelFactory[Merchant]):
    class Meta:
        model = Merchant

    name = factory.Sequence(lambda n: f"Merchant {n}")
    slug = factory.Sequence(lambda n: f"merchant-{n}")


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    merchant = factory.SubFactory(MerchantFactory)
    can_edit_settings = True
    can_resend = True


class ConnectionFactory(DjangoModelFactory[Connection]):
    class Meta:
        model = Connection

    merchant = factory.SubFactory(MerchantFactory)
    enabled = True
    credential_kind = Connection.CredentialKind.HEADER_KEY
    protocol = Connection.Protocol.XMLRPC
    app_name = "ab123"
    api_key = "sandbox-key"


class SourceFactory(DjangoModelFactory[Source]):
    """Its hook is `/hooks/<token>/` with the token `hook-token-<n>`."""

    class Meta:
        model = Source

    connection = factory.SubFactory(ConnectionFactory)
    slug = factory.Sequence(lambda n: f"shop-{n}")
    name = factory.Sequence(lambda n: f"Shop {n}")
    platform = "ultracart"
    token = factory.Sequence(lambda n: f"hook-token-{n}")
    token_hash = factory.LazyAttribute(lambda source: hashlib.sha256(source.token.encode()).hexdigest())


class ApiKeyFactory(DjangoModelFactory[ApiKey]):
    """`ApiKeyFactory(plain="secret-key")` accepts `Authorization: Api-Key secret-key`."""

    class Meta:
        model = ApiKey

    class Params:
        plain = factory.Sequence(lambda n: f"plain-key-{n}")

    source = factory.SubFactory(SourceFactory)
    name = "Shop"
    prefix = factory.LazyAttribute(lambda key: key.plain[:8])
    key_hash = factory.LazyAttribute(lambda key: hashlib.sha256(key.plain.encode()).hexdigest())


class OrderFactory(DjangoModelFactory[Order]):
    """`order` is the `OrderData` that the columns and lines are made from."""

    class Meta:
        model = Order
        skip_postgeneration_save = True

    class Params:
        order = factory.Sequence(lambda n: order_data(shop_order_id=f"DEMO-{n}", number=f"DEMO-{n}"))

    source = factory.SubFactory(SourceFactory)
    shop_order_id = factory.LazyAttribute(lambda row: row.order.shop_order_id)
    number = factory.LazyAttribute(lambda row: row.order.number)
    stage = factory.LazyAttribute(lambda row: row.order.stage.value)
    shop_stage = factory.LazyAttribute(lambda row: row.order.shop_stage)
    placed_at = factory.LazyAttribute(lambda row: row.order.placed_at)
    email = factory.LazyAttribute(lambda row: row.order.email)
    email_key = factory.LazyAttribute(lambda row: email_key(row.order.email))
    currency = factory.LazyAttribute(lambda row: row.order.currency)
    total = factory.LazyAttribute(lambda row: row.order.total)
    is_test = factory.LazyAttribute(lambda row: row.order.is_test)
    version_at = factory.LazyAttribute(lambda row: row.order.version_at)
    content_hash = factory.LazyAttribute(lambda row: row.order.content_hash())
    completed_at = factory.LazyAttribute(
        lambda row: row.order.version_at if row.order.stage == Stage.PAID else None
    )
    data = factory.LazyAttribute(lambda row: row.order.to_json())

    @factory.post_generation
    def lines(self, create: bool, extracted: object, **kwargs: object) -> None:
        if create:
            OrderLine.objects.bulk_create(
                OrderLine(
                    order=self,
                    key=line.key,
                    item_id=line.item_id,
                    title=line.title,
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                )
                for line in OrderData.from_json(self.data).lines or ()
            )
