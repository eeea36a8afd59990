"""Orders as the shop last told them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from carts.order_data import OrderData
from intake.models.events import InboundEvent
from intake.models.sources import Source


class Order(models.Model):
    """One order of a shop. `data` (an `OrderData`) is the truth; the columns and lines are for finding it.

    `payload` is the shop's own object, merged over its deliveries, because a key that is missing from a
    later one was not sent, not emptied; `payload_times` holds per key which delivery it is from (version and
    arrival). `version` counts accepted changes of content.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="orders")
    shop_order_id = models.CharField(max_length=100)
    number = models.CharField(max_length=100, blank=True)
    stage = models.CharField(max_length=10)
    shop_stage = models.CharField(max_length=60, blank=True)
    placed_at = models.DateTimeField()
    email = models.CharField(max_length=320, blank=True)
    email_key = models.CharField(max_length=320, blank=True, db_index=True)
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    is_test = models.BooleanField(default=False)
    is_history = models.BooleanField(
        default=False,
        help_text="Imported to be known, not to be sent: it counts for new and repeat customers.",
    )
    cart_id = models.CharField(max_length=100, blank=True)
    view_of = models.CharField(
        max_length=100, blank=True, help_text="The order that this one is a part of, told once more."
    )
    found_by = models.CharField(max_length=10, blank=True, help_text="The channel by which it first came.")
    sequence = models.BigIntegerField(
        null=True, help_text="The shop's running number, where its platform numbers orders without gaps."
    )
    version = models.PositiveIntegerField(default=1)
    version_at = models.DateTimeField()
    content_hash = models.CharField(max_length=64)
    completed_at = models.DateTimeField(null=True, help_text="When it was first seen past payment.")
    data = models.JSONField()
    payload = models.JSONField(default=dict)
    payload_times = models.JSONField(default=dict)
    event = models.ForeignKey(InboundEvent, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "shop_order_id"], name="order_once_per_source"),
        ]
        indexes = [
            models.Index(fields=["source", "placed_at"]),
            models.Index(
                fields=["source", "sequence"], condition=Q(sequence__isnull=False), name="order_nth"
            ),
            models.Index(fields=["source", "cart_id"], condition=~Q(cart_id=""), name="order_of_cart"),
            models.Index(fields=["source", "view_of"], condition=~Q(view_of=""), name="order_view_of"),
        ]

    def __str__(self) -> str:
        return self.number or self.shop_order_id

    @property
    def order_data(self) -> OrderData:
        return OrderData.from_json(self.data)


class OrderLine(models.Model):
    """One line of the latest version, derived from `Order.data` whenever that changes."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    key = models.CharField(max_length=60)
    item_id = models.CharField(max_length=100, db_index=True)
    title = models.CharField(max_length=2000, blank=True)
    quantity = models.DecimalField(max_digits=19, decimal_places=6)
    unit_price = models.DecimalField(max_digits=19, decimal_places=6)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "key"], name="line_once_per_order"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item_id}"
