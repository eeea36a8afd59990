"""Mapping tables: what in the shop stands for what in the CRM."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.core.validators import RegexValidator
from django.db import models, transaction

from mappings.models.connection import Connection, new_version
from mappings.shop_fields import validate_shop_field

RowT = TypeVar("RowT", bound="MappingRow")


class MappingRows(models.QuerySet[RowT]):
    """Whatever is changed, in whatever way, gives its connection another `tables_version`, in one transaction
    with the change: who has read the tables knows by it that they are as they were.
    """

    def bulk_create(self, objs: Iterable[RowT], *args: Any, **options: Any) -> list[RowT]:
        rows = list(objs)
        with transaction.atomic(savepoint=False):
            made = super().bulk_create(rows, *args, **options)
            versions_renew({row.connection_id for row in rows})
        return made

    def update(self, **changes: Any) -> int:
        with transaction.atomic(savepoint=False):
            concerned = set(self.order_by().values_list("connection_id", flat=True))
            changed = super().update(**changes)
            versions_renew(concerned)
        return changed

    def delete(self) -> tuple[int, dict[str, int]]:
        with transaction.atomic(savepoint=False):
            concerned = set(self.order_by().values_list("connection_id", flat=True))
            deleted = super().delete()
            versions_renew(concerned)
        return deleted


def versions_renew(connection_ids: Iterable[int]) -> None:
    for connection_id in connection_ids:
        Connection.objects.filter(pk=connection_id).update(tables_version=new_version())


class MappingRow(models.Model):
    """A row of a mapping table."""

    connection_id: int

    objects = MappingRows.as_manager()

    class Meta:
        abstract = True

    def save(self, **options: Any) -> None:
        with transaction.atomic(savepoint=False):
            super().save(**options)
            versions_renew([self.connection_id])

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic(savepoint=False):
            deleted = super().delete(*args, **options)
            versions_renew([self.connection_id])
        return deleted


class ProductMapping(MappingRow):
    """An item of the shop is this product of the CRM, whatever their names."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="product_mappings")
    item_id = models.CharField("Item ID", max_length=100)
    crm_product_id = models.PositiveIntegerField("CRM product id")

    class Meta:
        verbose_name = "order → product mapping"
        ordering = ["item_id"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "item_id"], name="one_product_per_item"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} → {self.crm_product_id}"


class ProductTag(MappingRow):
    """Whoever buys the item gets the tag."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="product_tags")
    item_id = models.CharField("Item ID", max_length=100)
    tag_name = models.CharField("Contact tag", max_length=200)

    class Meta:
        verbose_name = "product → contact tag"
        ordering = ["item_id", "tag_name"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "item_id", "tag_name"], name="tag_once_per_item"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} → {self.tag_name}"


class ProductActionSet(MappingRow):
    """Whoever buys the item has the action set run on the contact."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="product_action_sets")
    item_id = models.CharField("Item ID", max_length=100)
    action_set_id = models.PositiveIntegerField("Action Set ID")

    class Meta:
        verbose_name = "product → campaign (action set)"
        ordering = ["item_id", "action_set_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "item_id", "action_set_id"], name="action_set_once_per_item"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} → action set {self.action_set_id}"


class ProductGoal(MappingRow):
    """Whoever buys what `trigger` and `value` name achieves the goals of that call name.

    Of a CRM product or category an integer is its id, anything else its name.
    """

    class Trigger(models.TextChoices):
        ITEM = "item", "Item ID"
        FOLDER = "folder", "Folder ID"
        PRODUCT = "product", "CRM product"
        CATEGORY = "category", "CRM product category"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="product_goals")
    trigger = models.CharField("Trigger", max_length=8, choices=Trigger, default=Trigger.ITEM)
    value = models.CharField("Name or id", max_length=200)
    integration = models.CharField("Integration Name", max_length=100)
    call_name = models.CharField("Call Name", max_length=100)

    class Meta:
        verbose_name = "goal achievement"
        ordering = ["trigger", "value", "integration", "call_name"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "trigger", "value", "integration", "call_name"],
                name="goal_once_per_trigger",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trigger} {self.value} → {self.integration}/{self.call_name}"


class ItemFolder(MappingRow):
    """In which folder of the shop an item lies: orders do not tell.

    `from_shop` rows were read from the shop's API and follow it; what a person entered is left alone.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="item_folders")
    item_id = models.CharField("Item ID", max_length=100)
    folder_id = models.CharField("Folder ID", max_length=200)
    from_shop = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        ordering = ["item_id"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "item_id"], name="one_folder_per_item"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} in {self.folder_id}"


class SalesRepOwner(MappingRow):
    """Orders entered by this sales rep make the CRM user the contact's owner."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="sales_reps")
    code = models.CharField("Sales Rep Code", max_length=60)
    user_id = models.PositiveIntegerField("User ID")

    class Meta:
        verbose_name = "sales rep → contact owner"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "code"], name="one_owner_per_sales_rep"),
        ]

    def __str__(self) -> str:
        return f"{self.code} → user {self.user_id}"


class AffiliateMapping(MappingRow):
    """An affiliate of the shop, by id or code, is this referral partner of the CRM."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="affiliate_mappings")
    shop_affiliate = models.CharField("Affiliate ID or code", max_length=100)
    crm_affiliate_id = models.PositiveIntegerField("CRM referral partner id")

    class Meta:
        verbose_name = "affiliate → referral partner"
        ordering = ["shop_affiliate"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "shop_affiliate"], name="one_partner_per_affiliate"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shop_affiliate} → {self.crm_affiliate_id}"


class ShippingField(MappingRow):
    """A value of an order's shipments goes to a custom field of the CRM order."""

    class Key(models.TextChoices):
        TRACKING_NUMBERS = "tracking_numbers", "Tracking numbers"
        TRACKING_URLS = "tracking_urls", "Tracking links"
        SHIPPED_AT = "shipped_at", "Shipment date"
        CARRIER = "carrier", "Carrier"
        METHOD = "method", "Shipping method"
        STATUS = "status", "Status"
        EXPECTED_AT = "expected_at", "Expected delivery date"
        DELIVERED_AT = "delivered_at", "Delivery date"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="shipping_fields")
    shipping_key = models.CharField("Shipping value", max_length=20, choices=Key)
    crm_field = models.CharField(
        "CRM custom order field",
        max_length=100,
        validators=[RegexValidator(r"^_\w+$", "An underscore, then the field's exact name: _ShipmentDate.")],
        help_text="An underscore, then the field's exact name: _ShipmentDate.",
    )

    class Meta:
        verbose_name = "shipping and tracking"
        ordering = ["shipping_key", "crm_field"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "crm_field"], name="one_shipping_value_per_field"),
        ]

    def __str__(self) -> str:
        return f"{self.shipping_key} → {self.crm_field}"


class FieldMapping(MappingRow):
    """A value of the shop's order goes to a custom field of the contact or of the CRM order."""

    class Target(models.TextChoices):
        ORDER = "order", "Order"
        CONTACT = "contact", "Contact"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="field_mappings")
    shop_field = models.CharField(
        "Shop field",
        max_length=100,
        validators=[validate_shop_field],
        help_text="One of the listed fields, or the path of any other value in the shop's order, such as "
        "checkout.comments or properties.gift_wrap.",
    )
    target = models.CharField("Of the", max_length=7, choices=Target, default=Target.ORDER)
    crm_field = models.CharField(
        "CRM custom field",
        max_length=100,
        validators=[RegexValidator(r"^_\w+$", "An underscore, then the field's exact name: _AdSource.")],
        help_text="An underscore, then the field's exact name.",
    )
    value_map = models.TextField(
        "Value map",
        blank=True,
        max_length=4000,
        help_text="Where the CRM's list has other words: one line each, shop value = CRM value.",
    )

    class Meta:
        verbose_name = "custom field"
        ordering = ["shop_field", "target", "crm_field"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "target", "crm_field"], name="one_value_per_crm_field"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shop_field} → {self.target} {self.crm_field}"


class PaymentTypeMapping(MappingRow):
    """What a payment method of the shop is called among the CRM's payment types."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="payment_types")
    shop_method = models.CharField("Shop payment method", max_length=60)
    crm_type = models.CharField("CRM payment type", max_length=60)

    class Meta:
        verbose_name = "payment type"
        ordering = ["shop_method"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "shop_method"], name="one_type_per_method"),
        ]

    def __str__(self) -> str:
        return f"{self.shop_method} → {self.crm_type}"
