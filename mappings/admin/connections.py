"""The settings page of a connection: tested against the CRM on saving, with the answer on the page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Prefetch, QuerySet
from django.forms import all_valid
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from mappings.admin.batch import BatchPages
from mappings.admin.connection_form import ConnectionForm, confirmation_sentence
from mappings.admin.connection_lists import ConnectionLists
from mappings.admin.connection_protocol import ConnectionProtocolPages
from mappings.admin.connection_tables import SHOP_FIELDS, TABLES, posted_names
from mappings.admin.page import answers_of, page_shown
from mappings.admin.rights import rights_of
from mappings.admin.sections import fieldsets_of, table_names
from mappings.admin.table_formsets import page_key, sought_key
from mappings.admin.tooltips import help_with_call
from mappings.checks.check import check_store, connection_check
from mappings.checks.findings import CheckOutcome
from mappings.models import Connection, Notice
from mappings.panels import panel_links
from mappings.secrets import row_renew
from mappings.shop_fields import KNOWN_KEYS, shop_field_label

_OUTCOME = "_mappings_outcome"
OPEN_NOTICES = Prefetch("notices", queryset=Notice.objects.filter(resolved_at=None), to_attr="open_notices")


@admin.register(Connection)
class ConnectionAdmin(BatchPages, ConnectionLists, ConnectionProtocolPages):
    merchant_path = "merchant"
    form = ConnectionForm
    exclude = ["api_key"]  # the form's own field: never filled from the row
    inlines = TABLES
    list_display = ["__str__", "app_name", "enabled", "state", "protocol", "notice", "tested_at"]
    list_filter = ["enabled"]
    list_select_related = ["merchant"]
    search_fields = ["name", "app_name", "merchant__name"]
    change_form_template = "admin/mappings/connection/change_form.html"
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the key: a page that does not test never decrypts it. With the open notices."""
        return super().get_queryset(request).defer("api_key").prefetch_related(OPEN_NOTICES)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return not lookup.startswith("api_key") and super().lookup_allowed(lookup, value, request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One that has worked holds the record of what was sent: it can be switched off, not deleted."""
        if obj is not None and obj.bound_app:
            return False
        return super().has_delete_permission(request, obj)

    # -- what the page shows -------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """A person who may only look gets no key field: Django would print the value."""
        may_edit = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return fieldsets_of(hidden=frozenset() if may_edit else frozenset({"api_key"}))

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["merchant"] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        editable = rights_of(request).editable
        if len(editable) == 1:
            initial.setdefault("merchant", next(iter(editable)))
        return initial

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"outcome": request.__dict__.get(_OUTCOME)})

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if formfield is not None:
            formfield.help_text = help_with_call(db_field.name, str(formfield.help_text))
        return formfield

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
        outcome: CheckOutcome | None = request.__dict__.get(_OUTCOME)
        tried = outcome.to_json() if outcome else []
        panels = list(panel_links(stored)) if stored else []
        page = {
            "stored": stored,
            "page": page_shown(
                context["adminform"],
                context["inline_admin_formsets"],
                tried or (stored.test_result if stored else []),
                panels,
                request.GET,
            ),
            "shop_fields": [(key, shop_field_label(key)) for key in KNOWN_KEYS],
            "shop_fields_id": SHOP_FIELDS,
            "last_test": answers_of("test", stored.test_result if stored else []),
            "tried": tried,
            **(self.protocol_context(stored) if stored else {}),
            "may_edit": self.has_change_permission(request, obj),
            "key_was_typed": bool(request.POST.get("api_key")),
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        return super().render_change_form(request, {**context, **page}, add, change, form_url, obj)

    @admin.display(description="Test mode of the merchant account")
    def merchant_test_confirmed(self, connection: Connection) -> str:
        """For those who may only look."""
        return confirmation_sentence(connection)

    # -- saving --------------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Ask the CRM first: Django wraps all that follows in a transaction, and no call may wait in one."""
        if request.method == "POST":
            request.__dict__[_OUTCOME] = self._check_posted(request, object_id)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _check_posted(self, request: HttpRequest, object_id: str | None) -> CheckOutcome | None:
        """The CRM's answer to the posted page, tried on an unsaved copy; None if there is nothing to try."""
        saving_as_new = "_saveasnew" in request.POST
        obj = None if object_id is None or saving_as_new else self.get_object(request, unquote(object_id))
        change = obj is not None
        if not (self.has_change_permission(request, obj) if change else self.has_add_permission(request)):
            return None
        fields = flatten_fieldsets(self.get_fieldsets(request, obj))
        form = self.get_form(request, obj, change=change, fields=fields)(request.POST, instance=obj)
        formsets, _ = self._create_formsets(request, form.instance, change=change)  # type: ignore[attr-defined]
        if not (form.is_valid() and all_valid(formsets)):
            return None
        return connection_check(form.instance, posted_names(form.instance, formsets))

    def response_post_save_add(self, request: HttpRequest, obj: Connection) -> HttpResponseRedirect:
        return self.page_of(obj)

    def response_post_save_change(self, request: HttpRequest, obj: Connection) -> HttpResponseRedirect:
        """Stay: the page shows what the CRM answered, and the same rows of its tables."""
        keys = [key(table) for table in table_names() for key in (page_key, sought_key)]
        place = urlencode({key: request.GET[key] for key in keys if key in request.GET})
        page = self.page_of(obj)
        return HttpResponseRedirect(f"{page.url}?{place}") if place else page

    def save_model(self, request: HttpRequest, obj: Connection, form: ConnectionForm, change: bool) -> None:
        """Store what was changed and no more: a worker may have paused the connection meanwhile."""
        outcome: CheckOutcome | None = request.__dict__.get(_OUTCOME)
        if outcome is None:
            raise PermissionDenied("Someone else changed this page at the same moment; load it again.")
        obj.save(update_fields=form.changed_columns if change else None)
        row_renew(obj)
        check_store(obj, outcome)
        self.outcome_tell(request, outcome)
        if obj.paused_at:
            messages.warning(request, "The connection is still paused. Press Resume to let it send again.")
