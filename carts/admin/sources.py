"""Shops: the address they deliver to, and how we know that it is them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from carts.admin.history import HistoryUpload
from carts.models import ApiKey, Source
from carts.platforms import platform_choices
from carts.services import source_token_new
from mappings.admin.base import AnyModelForm
from mappings.admin.scoping import ScopedTabularInline

SECRETS = ("token", "token_hash", "basic_password")


class SourceForm(AnyModelForm):
    """The password is write-only: never in the page, and left alone where nothing is typed."""

    platform = forms.ChoiceField(choices=platform_choices, widget=UnfoldAdminSelectWidget)
    basic_password = forms.CharField(
        label="Basic authentication: password",
        required=False,
        max_length=200,
        help_text="Stored encrypted, never shown again. Leave it empty to keep the stored one.",
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = Source
        fields = (
            "connection",
            "name",
            "slug",
            "platform",
            "enabled",
            "currency",
            "start_date",
            "abandon_hours",
            "basic_user",
            "basic_password",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("basic_password", None)

    def clean_basic_password(self) -> str:
        typed: str = self.cleaned_data["basic_password"]
        stored: str = self.instance.basic_password
        return typed or stored

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("basic_user") and not self.cleaned_data.get("basic_password"):
            self.add_error("basic_password", "Give the password that goes with the user.")
        return cleaned


class ApiKeyInline(ScopedTabularInline):
    """The keys of a shop, to look at; they are made and revoked on pages of their own."""

    model = ApiKey
    fields = ("name", "prefix", "created_at", "last_used_at", "revoked_at")
    readonly_fields = fields
    show_change_link = True

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Source)
class SourceAdmin(HistoryUpload):
    merchant_path = "connection__merchant"
    form = SourceForm
    inlines = [ApiKeyInline]
    list_display = ["name", "slug", "platform", "connection", "enabled"]
    list_filter = ["enabled", "platform"]
    list_select_related = ["connection__merchant"]
    search_fields = ["name", "slug", "connection__merchant__name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the secrets: a page that does not show them never decrypts them."""
        return super().get_queryset(request).defer("token", "basic_password")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A shop that has sent something can be switched off, not deleted with what it sent."""
        if obj is not None and obj.events.exists():
            return False
        return super().has_delete_permission(request, obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return not lookup.startswith(SECRETS) and super().lookup_allowed(lookup, value, request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A person who may only look gets neither the address nor a password field."""
        fields = list(SourceForm.Meta.fields)
        if obj is None:
            return fields
        if not self.has_change_permission(request, obj):
            fields.remove("basic_password")
            return fields
        return [*fields, "hook"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["connection", "slug", "hook"] if obj else []

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model:
        """The whole address, as the person's browser sees this installation."""
        source: Any = super().get_object(request, object_id, from_field)
        if self.has_change_permission(request, source):
            source.hook_address = request.build_absolute_uri(reverse("hook", args=[source.token]))
        return source  # type: ignore[no-any-return]

    def save_model(self, request: HttpRequest, obj: Source, form: AnyModelForm, change: bool) -> None:
        if not change:
            obj.token, obj.token_hash = source_token_new()
        obj.save()

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj else []

    @admin.display(description="Hook address")
    def hook(self, source: Any) -> str:
        return format_html("<code>{}</code>", source.hook_address)
