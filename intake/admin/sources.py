"""Shops: the address they deliver to, how we know that it is them, and how their API is asked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from intake.admin.source_form import UNSHOWN, SourceForm, fieldsets_of, needed_of
from intake.admin.source_inflow import SourceInflow
from intake.admin.source_list import SourceList
from intake.models.sources import ApiKey, Source
from intake.registry import platform_get, platforms
from intake.sources import source_saved, source_token_new
from intake.watch.silence import SECRETS
from intake.watch.states import with_secrets_given
from mappings.admin.scoping import ScopedTabularInline
from mappings.secrets import row_renew

_SAVED = "_carts_saved_source"
CREDENTIALS = ("api_user", "basic_user")  # no secrets, but halves of one


class ApiKeyInline(ScopedTabularInline):
    """The keys of a shop, to look at; they are made and revoked on pages of their own."""

    model = ApiKey
    fields = ("name", "prefix", "created_at", "last_used_at", "expires_at", "revoked_at")
    readonly_fields = fields
    show_change_link = True

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Source)
class SourceAdmin(SourceList, SourceInflow):
    merchant_path = "connection__merchant"
    form = SourceForm
    exclude = UNSHOWN  # the form's own fields: never filled from the row
    inlines = [ApiKeyInline]
    change_form_template = "admin/intake/source/change_form.html"
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the secrets, with whether there are any: a page that does not show them decrypts none."""
        rows = with_secrets_given(super().get_queryset(request)).defer(*SECRETS, "connection__api_key")
        return rows.select_related("connection__merchant", "poller")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A shop that has sent something can be switched off, not deleted with what it sent."""
        if obj is not None and obj.events.exists():
            return False
        return super().has_delete_permission(request, obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        hidden = lookup.startswith((*SECRETS, *CREDENTIALS))
        return not hidden and super().lookup_allowed(lookup, value, request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model:
        """The whole address, as the person's browser sees this installation."""
        source: Any = super().get_object(request, object_id, from_field)
        if self.has_change_permission(request, source):
            source.hook_address = request.build_absolute_uri(reverse("hook", args=[source.token]))
        return source  # type: ignore[no-any-return]

    # -- what the page shows -------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return fieldsets_of(obj, may_edit=obj is None or self.has_change_permission(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What came was read as the platform's, so it stays that platform's."""
        if obj is None:
            return []
        is_fixed = platform_get(obj.platform) is not None and obj.events.exists()
        return ["connection", "slug", "hook", *(["platform"] if is_fixed else [])]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"start_date": timezone.now(), **super().get_changeform_initial_data(request)}

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.inlines if obj else []

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        stored = self.get_queryset(request).get(pk=obj.pk) if obj else None  # the form has changed `obj`
        needed = [(platform.title, needed_of(platform)) for platform in platforms().values()]
        page = {
            **(self.inflow_context(request, stored) if stored else {"needed": needed}),
            "stored": stored,
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        return super().render_change_form(request, {**context, **page}, add, change, form_url, obj)

    @admin.display(description="Hook address")
    def hook(self, source: Any) -> str:
        return format_html("<code>{}</code>", source.hook_address)

    # -- saving --------------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Ask the shop once all is stored: Django saves in a transaction, and no call may wait in one."""
        response = super().changeform_view(request, object_id, form_url, extra_context)
        saved: Source | None = request.__dict__.get(_SAVED)
        platform = platform_get(saved.platform) if saved else None
        if saved is not None and platform is not None and platform.may_ask(saved):
            self.shop_tell(request, saved)
        return response

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        if not change:
            obj.token, obj.token_hash = source_token_new()
        if form.replaced_secret:
            obj.signing_secret_before = form.replaced_secret
        obj.save()
        row_renew(obj)  # also what the page never loaded
        source_saved(obj)
        request.__dict__[_SAVED] = obj

    def response_post_save_add(self, request: HttpRequest, obj: Source) -> HttpResponseRedirect:
        """The page of the new source shows its address and asks for what its platform needs."""
        return self.page_of(obj)

    def response_post_save_change(self, request: HttpRequest, obj: Source) -> HttpResponseRedirect:
        return self.page_of(obj)
