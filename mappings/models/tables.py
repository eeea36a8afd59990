"""Mapping tables: what in the shop stands for what in the CRM."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models

from mappings.models.connection import Connection
from mappings.shop_fields import FIELD_KEYS


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


class ProductActionSet(models.Model):
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


class ProductGoal(models.Model):
    """Whoever buys the item achieves the goals of that call name."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="product_goals")
    item_id = models.CharField("Item ID", max_length=100)
    integration = models.CharField("Integration", max_length=100)
    call_name = models.CharField("Call Name", max_length=100)

    class Meta:
        verbose_name = "goal achievement"
        ordering = ["item_id", "integration", "call_name"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "item_id", "integration", "call_name"], name="goal_once_per_item"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} → {self.integration}/{self.call_name}"


class FieldMapping(models.Model):
    """A value of the shop's order goes to a custom field of the contact or of the CRM order."""

    class Target(models.TextChoices):
        ORDER = "order", "Order"
        CONTACT = "contact", "Contact"

    SHOP_FIELDS = [(key, key.replace("_", " ").replace("field", "field ").capitalize()) for key in FIELD_KEYS]

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="field_mappings")
    shop_field = models.CharField("Shop field", max_length=30, choices=SHOP_FIELDS)
    target = models.CharField("Of the", max_length=7, choices=Target, default=Target.ORDER)
    crm_field = models.CharField(
        "CRM custom field",
        max_length=100,
        validators=[RegexValidator(r"^_\w+$", "An underscore, then the field's exact name: _AdSource.")],
        help_text="An underscore, then the field's exact name.",
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
