"""The form of the settings page: a key that is never shown, and the CRM's verdict among its errors."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget, UnfoldBooleanWidget

from mappings.admin.base import AnyModelForm
from mappings.admin.sections import CONFIRMATION, field_names
from mappings.admin.tooltips import help_with_call
from mappings.checks.findings import CheckOutcome, CredentialVerdict, Finding, FindingLevel
from mappings.checks.merchant_mode import CONFIRMED_FOR
from mappings.directory.names import LONGEST_NAME
from mappings.models import Connection
from mappings.names import names_join, names_read

CREDENTIAL_FIELDS = ("credential_kind", "app_name", "api_key", "protocol")
TAG_LISTS = ("cart_tags", "affiliate_tags", "contact_tags", "refund_tags", "cancelled_tags")
MOST_TAGS = 100


class ConnectionForm(AnyModelForm):
    """`outcome` is the answer of the CRM to what was posted, set by the page before it saves.

    Refused credentials are an error while they are new or the connection is enabled, so a connection with a
    dead stored key can still be switched off. An outage is an error only for switching on, and for what was
    never accepted yet: it must not block an edit of a connection that worked. The stored key is never read
    for the page, so a key that no longer decrypts can be replaced here.
    """

    outcome: ClassVar[CheckOutcome | None] = None

    api_key = forms.CharField(
        label="API Key",
        required=False,
        max_length=2000,
        help_text=help_with_call(
            "api_key", "Stored encrypted, never shown again. Leave it empty to keep the stored one."
        ),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    merchant_test_confirmed = forms.BooleanField(
        label="I have checked today that the merchant account is in test mode",
        required=False,
        widget=UnfoldBooleanWidget,
    )

    class Meta:
        model = Connection
        fields = field_names()
        widgets = {name: UnfoldAdminTextareaWidget(attrs={"rows": 2}) for name in TAG_LISTS}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if CONFIRMATION in self.fields:
            self.fields[CONFIRMATION].help_text = help_with_call(
                CONFIRMATION, confirmation_sentence(self.instance)
            )

    def clean_name(self) -> str:
        """The merchant is not editable, so Django leaves the pair (merchant, name) unchecked."""
        name: str = self.cleaned_data["name"]
        others = Connection.objects.filter(merchant_id=self.instance.merchant_id, name=name)
        if self.instance.pk and others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("This merchant has another connection of that name.")
        return name

    def clean_app_name(self) -> str:
        return str(self.cleaned_data["app_name"]).strip().lower()

    def clean_api_key(self) -> str:
        typed: str = self.cleaned_data["api_key"]
        if typed and not (typed.isascii() and typed.isprintable() and " " not in typed):
            raise forms.ValidationError("A key has no blanks or special characters: copy it once more.")
        return typed

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name in TAG_LISTS:
            self._clean_tags(name)
        if self.cleaned_data.get(CONFIRMATION):
            self.instance.merchant_test_confirmed_at = timezone.now()
        if self.cleaned_data.get("api_key"):
            self.instance.api_key = self.cleaned_data["api_key"]
        elif "api_key" not in self.errors and self._needs_key():
            self.add_error("api_key", "Give the key, or choose “Connect with Keap” as the kind of key.")
        if self.outcome is not None and not self.outcome.accepted:
            self._add_verdict(self.outcome)
        return cleaned

    def _clean_tags(self, field: str) -> None:
        try:
            names = names_read(self.cleaned_data.get(field, ""))
        except ValueError as err:
            self.add_error(field, str(err))
            return
        if len(names) > MOST_TAGS:
            self.add_error(field, f"At most {MOST_TAGS} tags, please; these are {len(names)}.")
        elif too_long := next((name for name in names if len(name) > LONGEST_NAME), None):
            self.add_error(field, f"“{too_long[:40]}…” is longer than {LONGEST_NAME} characters.")
        elif field in self.cleaned_data:
            self.cleaned_data[field] = names_join(names)

    def _needs_key(self) -> bool:
        """Whether a key is wanted and none is stored; the stored one stays unread."""
        if self.cleaned_data.get("credential_kind") == Connection.CredentialKind.OAUTH:
            return False
        return not Connection.objects.filter(pk=self.instance.pk).exclude(api_key="").exists()

    @property
    def credentials_changed(self) -> bool:
        return any(name in self.changed_data for name in CREDENTIAL_FIELDS)

    @property
    def changed_columns(self) -> list[str]:
        """The columns of the connection that saving the form writes."""
        names = [name for name in self.changed_data if name in self.fields]
        return ["merchant_test_confirmed_at" if name == CONFIRMATION else name for name in names]

    def _add_verdict(self, outcome: CheckOutcome) -> None:
        enabled = bool(self.cleaned_data.get("enabled"))
        refused = outcome.verdict == CredentialVerdict.REFUSED
        is_new = not self.instance.bound_app or "enabled" in self.changed_data or self.credentials_changed
        switched_on = enabled and is_new
        if refused and (enabled or self.credentials_changed):
            for finding in _errors(outcome):
                self.add_error(finding.field if finding.field in self.fields else None, finding.sentence)
        elif not refused and switched_on:
            for finding in _errors(outcome):
                self.add_error(
                    "enabled",
                    f"Not switched on, because the key could not be tested: {finding.sentence} "
                    "Save with Enabled off, or try again later.",
                )


def confirmation_sentence(connection: Connection) -> str:
    """What is known of the merchant account's mode, and when a person last confirmed it."""
    return f"{_mode_read(connection)} {_mode_confirmed(connection)}"


def _mode_read(connection: Connection) -> str:
    if connection.merchant_mode_at and connection.merchant_mode in ("test", "live"):
        when = _told(connection.merchant_mode_at)
        return f"The CRM said on {when}: {connection.merchant_mode} mode. Then this box does not matter."
    return (
        "Only for placeOrder, and only where the CRM does not tell the mode: then orders are sent for "
        f"{CONFIRMED_FOR.days} days after you tick it."
    )


def _mode_confirmed(connection: Connection) -> str:
    confirmed = connection.merchant_test_confirmed_at
    if confirmed is None:
        return "Never ticked."
    ends = confirmed + CONFIRMED_FOR
    if ends > timezone.now():
        return f"Last ticked on {_told(confirmed)}; it counts until {_told(ends)}."
    return f"Last ticked on {_told(confirmed)}; it no longer counts."


def _told(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "Y-m-d H:i T")


def _errors(outcome: CheckOutcome) -> list[Finding]:
    return [finding for finding in outcome.findings if finding.level == FindingLevel.ERROR]
