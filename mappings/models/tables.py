"""Mapping tables: what in the shop stands for what in the CRM. And what we know of the CRM's names."""

from __future__ import annotations

from django.db import models

from mappings.models.connection import Connection


class ProductMapping(models.Model):
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


class ProductTag(models.Model):
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


class PaymentTypeMapping(models.Model):
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


class DirectoryEntry(models.Model):
    """What the CRM answered when it was asked for a name: an id, or a clean "absent" (`crm_id` null)."""

    class Kind(models.TextChoices):
        TAG = "tag", "Tag"
        PRODUCT = "product", "Product"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="directory")
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=200)
    crm_id = models.PositiveIntegerField(null=True)
    matches = models.PositiveSmallIntegerField(default=0, help_text="How many records carry the name.")
    checked_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "directory entries"
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind", "name"], name="one_entry_per_name"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.crm_id or 'absent'}"
