"""Keys of the REST API: shown once when they are made, revoked by a button."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern

from carts.admin.readonly import ReadOnlyAdmin
from carts.models import ApiKey
from carts.services import api_key_create, api_key_revoke
from mappings.admin.base import AnyModelForm
from mappings.admin.scoping import ScopedModelAdmin

_PLAIN = "_carts_new_key"


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    merchant_path = "source__connection__merchant"
    list_display = ["name", "prefix", "source", "created_at", "last_used_at", "revoked_at"]
    list_select_related = ["source__connection__merchant"]
    search_fields = ["name", "prefix", "source__name"]
    change_form_template = "admin/carts/apikey/change_form.html"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return not lookup.startswith("key_hash") and super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return ScopedModelAdmin.has_add_permission(self, request)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        known = ["prefix", "created_at", "last_used_at", "revoked_at"]
        return ["source", "name", *(known if obj else [])]

    def get_urls(self) -> list[URLPattern]:
        return [self.action_url("revoke", self._revoke), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        key: Any = self.get_object(request, object_id)
        context = {"may_revoke": key.revoked_at is None and self.may_act(request, key)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def save_model(self, request: HttpRequest, obj: ApiKey, form: AnyModelForm, change: bool) -> None:
        key, request.__dict__[_PLAIN] = api_key_create(obj.source, obj.name)
        obj.__dict__.update(key.__dict__)

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> Any:
        """Show the key in the answer itself: a redirect would have to keep it somewhere."""
        context = {
            **self.admin_site.each_context(request),
            "title": "New API key",
            "opts": self.opts,
            "key": obj,
            "plain": request.__dict__[_PLAIN],
        }
        response = TemplateResponse(request, "admin/carts/apikey/created.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def _revoke(self, request: HttpRequest, key: ApiKey) -> None:
        if api_key_revoke(key):
            self.log_change(request, key, "Revoked.")
            messages.success(request, "Revoked: the key opens nothing any more.")
        else:
            messages.info(request, "It was revoked before.")
