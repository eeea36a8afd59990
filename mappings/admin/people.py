"""Merchants with their people, and the log-ins behind them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from mappings.admin.base import AdminMixin, DjangoUserAdmin, UnfoldModelAdmin
from mappings.admin.rights import rights_of
from mappings.admin.scoping import ScopedModelAdmin, ScopedTabularInline
from mappings.checks.connection_notices import unaddressed_sentence
from mappings.models import Membership, Merchant


class PeopleInline(ScopedTabularInline):
    """Members see who else is listed; only superusers list people, because they see every log-in."""

    model = Membership
    autocomplete_fields = ["user"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights_of(request).everything

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights_of(request).everything

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights_of(request).everything


@admin.register(Merchant)
class MerchantAdmin(ScopedModelAdmin):
    merchant_path = ""
    list_display = ["name", "slug", "created_at"]
    search_fields = ["name", "slug"]
    fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [PeopleInline]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if sentence := unaddressed_sentence(form.instance):
            messages.warning(request, sentence)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return rights_of(request).everything

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights_of(request).everything

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [] if rights_of(request).everything else ["slug"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict[str, Any]:
        return dict(self.prepopulated_fields) if rights_of(request).everything and obj is None else {}


class SuperusersOnly(AdminMixin):
    """Log-ins and groups belong to the installation, not to a merchant."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return rights_of(request).everything

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights_of(request).everything

    def has_add_permission(self, request: HttpRequest) -> bool:
        return rights_of(request).everything

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights_of(request).everything

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights_of(request).everything


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(SuperusersOnly, DjangoUserAdmin, UnfoldModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    add_fieldsets = (*DjangoUserAdmin.add_fieldsets, (None, {"classes": ("wide",), "fields": ("email",)}))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who has done something is switched off, not deleted: what they did is written under their name."""
        if obj is not None and LogEntry.objects.filter(user=obj).exists():
            return False
        return super().has_delete_permission(request, obj)


@admin.register(Group)
class GroupAdmin(SuperusersOnly, DjangoGroupAdmin, UnfoldModelAdmin):
    pass
