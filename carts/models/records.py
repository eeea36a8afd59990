"""What shops tell beside orders. Each row is the latest accepted version; `data` is the truth."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from carts.models.orders import Order
from carts.record_data import AffiliateData, CartData, CheckoutData, RefundData, ShipmentData
from intake.models.record import ReportedRecord


class AbandonedCart(ReportedRecord):
    """A cart somebody left. `cart_at` is when they left it: its arrival less the shop's abandon interval.

    `bought_at` is set once an order shows that the cart was bought after all; such a cart is never tagged.
    """

    cart_id = models.CharField(max_length=100)
    email = models.CharField(max_length=320, blank=True)
    email_key = models.CharField(max_length=320, blank=True, db_index=True)
    arrived_at = models.DateTimeField()
    cart_at = models.DateTimeField()
    bought_at = models.DateTimeField(null=True)
    bought_by = models.ForeignKey(Order, null=True, on_delete=models.SET_NULL, related_name="carts_bought")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "cart_id"], name="cart_once_per_source"),
        ]
        indexes = [models.Index(fields=["source", "-arrived_at"])]

    def __str__(self) -> str:
        return self.cart_id

    @property
    def cart_data(self) -> CartData:
        return CartData.from_json(self.data)


class OpenCheckout(ReportedRecord):
    """A checkout that may yet be finished, for shops that call none abandoned themselves.

    Where nothing was heard of it until `due_at`, its cart is taken as abandoned; `closed_at` says that this,
    or the purchase, has happened.
    """

    cart_id = models.CharField(max_length=100)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "cart_id"], name="checkout_once_per_source"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(closed_at=None), name="checkout_open")]

    def __str__(self) -> str:
        return self.cart_id

    @property
    def checkout_data(self) -> CheckoutData:
        return CheckoutData.from_json(self.data)


class Affiliate(ReportedRecord):
    """Somebody who sends buyers to the shop."""

    shop_affiliate_id = models.CharField(max_length=100)
    code = models.CharField(max_length=100, blank=True)
    email = models.CharField(max_length=320, blank=True)
    email_key = models.CharField(max_length=320, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "shop_affiliate_id"], name="affiliate_once_per_source"),
        ]
        indexes = [models.Index(fields=["source", "code"])]

    def __str__(self) -> str:
        return self.code or self.shop_affiliate_id

    @property
    def affiliate_data(self) -> AffiliateData:
        return AffiliateData.from_json(self.data)


class Shipment(ReportedRecord):
    """One parcel of an order, which may not have been told yet: they find each other by the shop's id."""

    shop_order_id = models.CharField(max_length=100)
    shipment_id = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "shop_order_id", "shipment_id"], name="shipment_once_per_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shop_order_id} {self.shipment_id}".strip()

    @property
    def shipment_data(self) -> ShipmentData:
        return ShipmentData.from_json(self.data)


class Refund(ReportedRecord):
    """One refund of an order, which may not have been told yet."""

    shop_order_id = models.CharField(max_length=100)
    refund_id = models.CharField(max_length=100)
    refunded_at = models.DateTimeField()
    amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "shop_order_id", "refund_id"], name="refund_once_per_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.shop_order_id}"

    @property
    def refund_data(self) -> RefundData:
        return RefundData.from_json(self.data)
