"""Admin and form classes under typed names: Unfold carries no types, and its classes are Django's."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from django import forms
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.contrib.admin.options import BaseModelAdmin
    from django.contrib.auth.admin import UserAdmin

    UnfoldModelAdmin = ModelAdmin[Any]
    UnfoldTabularInline = TabularInline[Any, Any]
    AdminMixin = BaseModelAdmin[Any]
    DjangoUserAdmin = UserAdmin[Any]
    AnyModelForm = forms.ModelForm[Any]
    AnyInlineFormSet = forms.BaseInlineFormSet[Any, Any, Any]
else:
    from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
    from django.forms import ModelForm as AnyModelForm
    from unfold.admin import ModelAdmin as UnfoldModelAdmin
    from unfold.admin import TabularInline as UnfoldTabularInline
    from unfold.forms import PaginationInlineFormSet as AnyInlineFormSet

    AdminMixin = object

__all__ = [
    "AdminMixin",
    "AnyInlineFormSet",
    "AnyModelForm",
    "DjangoUserAdmin",
    "UnfoldModelAdmin",
    "UnfoldTabularInline",
]
