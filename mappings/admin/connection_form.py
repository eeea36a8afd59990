"""The form of the settings page: a key that is never shown, and the CRM's verdict among its errors."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget

from mappings.admin.base import AnyModelForm
from mappings.admin.sections import field_names
from mappings.admin.tooltips import help_with_call
from mappings.directory import LONGEST_NAME
from mappings.findings import CheckOutcome, Finding, Level, Verdict
from mappings.models import Connection
from mappings.names import names_split

CREDENTIAL_FIELDS = ("credential_kind", "app_name", "api_key", "protocol")
MOST_TAGS = 100


class ConnectionForm(AnyModelForm):
    """`outcome` is the answer of the CRM to what was posted, set by the page before it saves.

    Refused credentials are an error while they are new or the connection is enabled, so a connection with a
    dead stored key can still be switched off. An outage is an error only for switching on. The stored key is
    never read for the page, so a key that no longer decrypts can be replaced here.
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

    class Meta:
        model = Connection
        fields = field_names()
        widgets = {"contact_tags": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

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

    def clean_contact_tags(self) -> str:
        names = names_split(self.cleaned_data["contact_tags"])
        if len(names) > MOST_TAGS:
            raise forms.ValidationError(f"At most {MOST_TAGS} tags, please; these are {len(names)}.")
        for name in names:
            if len(name) > LONGEST_NAME:
                raise forms.ValidationError(f"“{name[:40]}…” is longer than {LONGEST_NAME} characters.")
        return ", ".join(names)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("api_key"):
            self.instance.api_key = self.cleaned_data["api_key"]
        elif "api_key" not in self.errors and self._needs_key():
            self.add_error("api_key", "Give the key, or choose “Connect with Keap” as the kind of key.")
        if self.outcome is not None and not self.outcome.accepted:
            self._add_verdict(self.outcome)
        return cleaned

    def _needs_key(self) -> bool:
        """Whether a key is wanted and none is stored; the stored one stays unread."""
        if self.cleaned_data.get("credential_kind") == Connection.CredentialKind.OAUTH:
            return False
        return not Connection.objects.filter(pk=self.instance.pk).exclude(api_key="").exists()

    @property
    def credentials_changed(self) -> bool:
        return any(name in self.changed_data for name in CREDENTIAL_FIELDS)

    def _add_verdict(self, outcome: CheckOutcome) -> None:
        enabled = bool(self.cleaned_data.get("enabled"))
        refused = outcome.verdict == Verdict.REFUSED
        switched_on = enabled and ("enabled" in self.changed_data or self.credentials_changed)
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


def _errors(outcome: CheckOutcome) -> list[Finding]:
    return [finding for finding in outcome.findings if finding.level == Level.ERROR]
