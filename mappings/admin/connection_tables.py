"""The mapping tables of the settings page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from mappings.admin.base import AnyInlineFormSet, AnyModelForm
from mappings.admin.pick_lists import PickTable
from mappings.admin.table_formsets import PaymentTypeFormSet, SalesRepFormSet, TableFormSet, rows_kept
from mappings.checks.findings import MappedNames, names_of
from mappings.models import (
    AffiliateMapping,
    Connection,
    FieldMapping,
    ItemFolder,
    PaymentTypeMapping,
    ProductActionSet,
    ProductGoal,
    ProductMapping,
    ProductTag,
    SalesRepOwner,
    ShippingField,
)
from mappings.value_maps import value_map_parse

SHOP_FIELDS = "shop-fields"  # the id of the page's list of them


class MappingTable(PickTable):
    formset = TableFormSet
    per_page = 50


class AffiliateInline(MappingTable):
    model = AffiliateMapping
    fields = ["shop_affiliate", "crm_affiliate_id"]


class SalesRepInline(MappingTable):
    model = SalesRepOwner
    formset = SalesRepFormSet
    fields = ["code", "user_id"]


class ProductTagInline(MappingTable):
    model = ProductTag
    fields = ["item_id", "tag_name"]


class ProductMappingInline(MappingTable):
    model = ProductMapping
    fields = ["item_id", "crm_product_id"]


class FieldMappingForm(AnyModelForm):
    def clean_value_map(self) -> str:
        text: str = self.cleaned_data["value_map"]
        value_map_parse(text)
        return text


class FieldMappingInline(MappingTable):
    model = FieldMapping
    form = FieldMappingForm
    fields = ["shop_field", "target", "crm_field", "value_map"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "shop_field":
            formfield.widget.attrs |= {"list": SHOP_FIELDS, "autocomplete": "off"}
        if db_field.name == "value_map":
            formfield.widget.attrs |= {"rows": 1, "placeholder": "shop value = CRM value"}
        return formfield


class ProductActionSetInline(MappingTable):
    model = ProductActionSet
    fields = ["item_id", "action_set_id"]


class ProductGoalInline(MappingTable):
    model = ProductGoal
    fields = ["trigger", "value", "integration", "call_name"]


class ItemFolderInline(MappingTable):
    model = ItemFolder
    fields = ["item_id", "folder_id"]


class ShippingFieldInline(MappingTable):
    model = ShippingField
    fields = ["shipping_key", "crm_field"]


class PaymentTypeInline(MappingTable):
    model = PaymentTypeMapping
    formset = PaymentTypeFormSet
    fields = ["shop_method", "crm_type"]


TABLES = (
    AffiliateInline,
    SalesRepInline,
    ProductTagInline,
    ProductMappingInline,
    FieldMappingInline,
    ProductActionSetInline,
    ProductGoalInline,
    ItemFolderInline,
    ShippingFieldInline,
    PaymentTypeInline,
)


def posted_names(connection: Connection, formsets: Sequence[AnyInlineFormSet]) -> MappedNames:
    """The tables as they will be once the valid formsets are saved."""
    rows: dict[Any, list[Any]] = {}
    for formset in formsets:  # what stays of the posted rows, and the rows of pages that were not posted
        model: Any = formset.model
        posted = [form.instance.pk for form in formset.initial_forms]
        others = model._default_manager.filter(connection_id=connection.pk).exclude(pk__in=posted)
        rows[model] = [*rows_kept(formset), *others]
    return names_of(rows)
