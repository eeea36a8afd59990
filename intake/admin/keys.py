"""Keys of the REST API: shown once when they are made, rotated and revoked by buttons."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.formats import date_format

from intake.admin.readonly import ReadOnlyAdmin
from intake.models.sources import ApiKey
from intake.sources import KEY_OVERLAP, api_key_create, api_key_revoke, api_key_rotate
from mappings.admin.base import AnyModelForm
from mappings.admin.scoping import ScopedModelAdmin

_PLAIN = "_carts_new_key"


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    merchant_path = "source__connection__merchant"
    list_display = ["name", "prefix", "source", "created_at", "last_used_at", "state", "after_rotation"]
    list_select_related = ["source__connection__merchant"]
    search_fields = ["name", "prefix", "source__name"]
    change_form_template = "admin/intake/apikey/change_form.html"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return not lookup.startswith("key_hash") and super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return ScopedModelAdmin.has_add_permission(self, request)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        known = ["prefix", "created_at", "last_used_at", "state", "after_rotation"]
        return ["source", "name", *(known if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return ["state", "after_rotation"]

    def get_urls(self) -> list[URLPattern]:
        buttons = [self.action_url("revoke", self._revoke), self.action_url("rotate", self._rotate)]
        return [*buttons, *super().get_urls()]

    @admin.display(description="State")
    def state(self, key: ApiKey) -> str:
        if key.revoked_at is not None:
            return f"Revoked {_shown(key.revoked_at)}"
        if key.expires_at is None:
            return "In use"
        ended = key.expires_at <= timezone.now()
        return f"{'Ended' if ended else 'Ends'} {_shown(key.expires_at)}"

    @admin.display(description="Used since its new key was made")
    def after_rotation(self, key: ApiKey) -> str:
        """Whether some program still has the old key; known to the minute, as the last use is."""
        if key.expires_at is None:
            return ""
        used = key.last_used_at is not None and key.last_used_at > key.expires_at - KEY_OVERLAP
        return "Yes: give that program the new key" if used else "No"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        key: Any = self.get_object(request, object_id)
        may_revoke = key.revoked_at is None and self.may_act(request, key)
        context = {"may_revoke": may_revoke, "may_rotate": may_revoke and key.expires_at is None}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def save_model(self, request: HttpRequest, obj: ApiKey, form: AnyModelForm, change: bool) -> None:
        key, request.__dict__[_PLAIN] = api_key_create(obj.source, obj.name)
        obj.__dict__.update(key.__dict__)

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> Any:
        return self._shown_once(request, obj, request.__dict__[_PLAIN])

    def _shown_once(
        self, request: HttpRequest, key: ApiKey, plain: str, replaced: ApiKey | None = None
    ) -> HttpResponse:
        """Show the key in the answer itself: a redirect would have to keep it somewhere."""
        context = {
            **self.admin_site.each_context(request),
            "title": "New API key",
            "opts": self.opts,
            "key": key,
            "plain": plain,
            "replaced": replaced,
        }
        response = TemplateResponse(request, "admin/intake/apikey/created.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def _revoke(self, request: HttpRequest, key: ApiKey) -> None:
        if api_key_revoke(key):
            self.log_change(request, key, "Revoked.")
            messages.success(request, "Revoked: the key opens nothing any more.")
        else:
            messages.info(request, "It was revoked before.")

    def _rotate(self, request: HttpRequest, key: ApiKey) -> HttpResponse | None:
        made = api_key_rotate(key)
        if made is None:
            messages.info(request, "A new key took its place before, or it is revoked. Add a key instead.")
            return None
        new, plain = made
        self.log_change(request, key, f"Rotated: {new.prefix}… takes its place; this one ends in 24 hours.")
        self.log_addition(request, new, f"Made in the place of {key.prefix}….")
        return self._shown_once(request, new, plain, replaced=key)


def _shown(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
