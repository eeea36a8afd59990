"""The mapping tables of the settings page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from mappings.admin.base import AnyInlineFormSet, AnyModelForm
from mappings.admin.pick_lists import PickTable
from mappings.admin.scoping import ScopedTabularInline
from mappings.findings import MappedNames, names_of
from mappings.models import (
    Connection,
    FieldMapping,
    PaymentTypeMapping,
    ProductActionSet,
    ProductGoal,
    ProductMapping,
    ProductTag,
)

LARGEST_ID = 2**31 - 1


class ProductMappingForm(AnyModelForm):
    crm_product_id = forms.IntegerField(
        label="CRM product id",
        min_value=1,
        max_value=LARGEST_ID,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"aria-label": "CRM product id"}),
    )


class PaymentTypeFormSet(AnyInlineFormSet):
    """Shop methods are compared without letter case, so two that differ only there are one too many."""

    def clean(self) -> None:
        super().clean()
        seen: set[str] = set()
        for row in _kept(self):
            method = row.shop_method.casefold()
            if method and method in seen:
                raise forms.ValidationError(
                    f"“{row.shop_method}” is mapped twice; letter case does not count."
                )
            seen.add(method)


class ProductTagInline(PickTable):
    model = ProductTag
    fields = ["item_id", "tag_name"]
    per_page = 50


class ProductMappingInline(PickTable):
    model = ProductMapping
    form = ProductMappingForm
    fields = ["item_id", "crm_product_id"]
    per_page = 50


class ProductActionSetForm(AnyModelForm):
    action_set_id = forms.IntegerField(
        label="Action Set ID",
        min_value=1,
        max_value=LARGEST_ID,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"aria-label": "Action Set ID"}),
    )


class ProductActionSetInline(PickTable):
    model = ProductActionSet
    form = ProductActionSetForm
    fields = ["item_id", "action_set_id"]
    per_page = 50


class ProductGoalInline(ScopedTabularInline):
    model = ProductGoal
    fields = ["item_id", "integration", "call_name"]
    per_page = 50


class FieldMappingInline(PickTable):
    model = FieldMapping
    fields = ["shop_field", "target", "crm_field"]
    per_page = 50


class PaymentTypeInline(ScopedTabularInline):
    model = PaymentTypeMapping
    formset = PaymentTypeFormSet
    fields = ["shop_method", "crm_type"]
    per_page = 50


def posted_names(connection: Connection, formsets: Sequence[AnyInlineFormSet]) -> MappedNames:
    """The tables as they will be once the valid formsets are saved."""
    rows: dict[Any, list[Any]] = {formset.model: _rows(connection, formset) for formset in formsets}
    return names_of(rows[ProductTag], rows[ProductMapping], rows[PaymentTypeMapping], rows[ProductActionSet])


def _rows(connection: Connection, formset: AnyInlineFormSet) -> list[Any]:
    """What stays of the posted rows, and the stored rows of the pages that were not posted."""
    model: Any = formset.model
    posted = [form.instance.pk for form in formset.initial_forms]
    others = model._default_manager.filter(connection_id=connection.pk).exclude(pk__in=posted)
    return [*_kept(formset), *others]


def _kept(formset: AnyInlineFormSet) -> list[Any]:
    return [
        form.instance
        for form in formset.forms
        if form not in formset.deleted_forms and (form.instance.pk or form.has_changed())
    ]
