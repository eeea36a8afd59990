"""The settings page of a booking source: checked against the CRM on saving, with the answer on the page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.forms import all_valid
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from bookings.admin.hosts import HostPages
from bookings.admin.links import LinkPage
from bookings.admin.sections import CALLS, PICKS, SECTIONS, field_names
from bookings.admin.tracking import TrackingPage
from bookings.booking_fields import BOOKING_FIELDS, MANDATORY
from bookings.checks import (
    BookingCheck,
    BookingOutcome,
    booking_check,
    booking_check_store,
    protocol_gaps,
)
from bookings.models.settings import BookingFieldMapping, BookingPageUser, BookingSettings, BookingTag
from intake.models.sources import SOURCE_SECRETS
from mappings.admin.page import answers_of, page_shown
from mappings.admin.pick_lists import PickTable, id_limits, pick_offer
from mappings.admin.table_formsets import TableFormSet, rows_kept
from mappings.admin.tooltips import help_with_call
from mappings.panels import PanelLink

_OUTCOME = "_bookings_outcome"
BOOKING_FIELD_LIST = "booking-fields"  # the id of the page's list of them


class BookingFieldFormSet(TableFormSet):
    """What must be mapped, and what the check found that cannot be stored."""

    def clean(self) -> None:
        super().clean()
        kept = rows_kept(self)
        outcome: BookingOutcome | None = self.request.__dict__.get(_OUTCOME)
        for place, row in enumerate(kept):
            if outcome is not None and place in outcome.misfits:
                form = next(form for form in self.forms if form.instance is row)
                form.add_error("crm_field", outcome.misfits[place])
        if any(self.errors) or self.sought or self.page.paginator.num_pages > 1:
            return
        account = {row.booking_field for row in kept if not row.event_type.strip()}
        missing = [BOOKING_FIELDS[key][0] for key in MANDATORY if key not in account]
        if missing:
            raise forms.ValidationError(
                f"{' and '.join(missing)} must be mapped in a row without an event type. Map it to another "
                "field if you do not want it there."
            )


class BookingTable(PickTable):
    formset = TableFormSet
    per_page = 100
    picks = PICKS


class BookingPageUserInline(BookingTable):
    model = BookingPageUser
    fields = ["booking_page", "user_id"]


class BookingTagInline(BookingTable):
    model = BookingTag
    fields = ["phase", "level", "value", "tag_name", "take_off"]


class BookingFieldInline(BookingTable):
    model = BookingFieldMapping
    formset = BookingFieldFormSet
    fields = ["booking_field", "target", "crm_field", "event_type"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "booking_field":
            formfield.widget.attrs |= {"list": BOOKING_FIELD_LIST, "autocomplete": "off"}
        return formfield


TABLES: list[Any] = [BookingPageUserInline, BookingTagInline, BookingFieldInline]


@admin.register(BookingSettings)
class BookingSettingsAdmin(HostPages, LinkPage, TrackingPage):
    """They are made on the page of the source, so that there are none of a source that takes no bookings."""

    merchant_path = "source__connection__merchant"
    inlines = TABLES
    list_display = ["__str__", "connection", "checked_at"]
    list_select_related = ["source__connection__merchant"]
    search_fields = ["source__name"]
    fieldsets = tuple((section.title, {"fields": section.fields}) for section in SECTIONS)
    change_form_template = "admin/bookings/settings/change_form.html"
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("source__connection__merchant")
        return rows.defer(*SOURCE_SECRETS, "source__connection__api_key")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Connection")
    def connection(self, settings: BookingSettings) -> str:
        return str(settings.source.connection)

    # -- what the page shows -------------------------------------------------------------------------

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **id_limits(db_field), **kwargs)
        if formfield is not None:
            formfield.help_text = help_with_call(db_field.name, str(formfield.help_text), CALLS)
        pick_offer(f"bookingsettings.{db_field.name}", formfield, PICKS)
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
        stored = self.get_queryset(request).get(pk=obj.pk)  # the form has changed `obj`
        gaps = [gap.to_json() for gap in protocol_gaps(stored, stored.source.connection.protocol)]
        told = [*gaps, *stored.check_result]
        tracking = PanelLink(
            name="tracking",
            title="Tracking code",
            url=reverse("admin:bookings_bookingsettings_tracking", args=[stored.pk]),
        )
        page = {
            "stored": stored,
            "page": page_shown(
                context["adminform"],
                context["inline_admin_formsets"],
                told,
                [tracking],
                request.GET,
                sections=SECTIONS,
                calls=CALLS,
            ),
            "general": answers_of("general", [finding for finding in told if not finding["field"]]),
            "booking_fields_id": BOOKING_FIELD_LIST,
            "booking_fields": [(key, label) for key, (label, _) in BOOKING_FIELDS.items()],
            "show_save_and_continue": False,
            "show_save_and_add_another": False,
        }
        return super().render_change_form(request, {**context, **page}, add, change, form_url, obj)

    # -- saving --------------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Ask the CRM first: Django wraps all that follows in a transaction, and no call may wait in one."""
        if request.method == "POST" and object_id is not None:
            request.__dict__[_OUTCOME] = self._check_posted(request, object_id)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _check_posted(self, request: HttpRequest, object_id: str) -> BookingOutcome | None:
        """The CRM's answer to the posted page; None if there is nothing to ask about."""
        obj: Any = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, obj):
            return None
        form = self.get_form(request, obj, change=True, fields=field_names())(request.POST, instance=obj)
        formsets, _ = self._create_formsets(request, form.instance, change=True)  # type: ignore[attr-defined]
        if not (form.is_valid() and all_valid(formsets)):
            return None
        rows = {formset.model: rows_kept(formset) for formset in formsets}
        return booking_check(
            BookingCheck(
                settings=form.instance,
                booking_fields=rows[BookingFieldMapping],
                own_tags=rows[BookingTag],
                page_users=rows[BookingPageUser],
            )
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        outcome: BookingOutcome | None = request.__dict__.get(_OUTCOME)
        if outcome is None:
            return
        booking_check_store(form.instance, outcome.findings)
        wrong = [finding for finding in outcome.findings if finding.level != "ok"]
        if wrong:
            messages.warning(request, f"Saved. The check has something to say: {wrong[0].sentence}")

    def response_post_save_change(self, request: HttpRequest, obj: Model) -> HttpResponseRedirect:
        return self.page_of(obj)
