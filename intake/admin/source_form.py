"""The form of a shop: only what its platform uses, in the platform's words; secrets go in and never out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.crypto import constant_time_compare
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from intake.models.sources import Source
from intake.platform import Platform
from intake.polling.http import check_address
from intake.registry import platform_choices, platform_get
from intake.shop_api import ShopRefused
from mappings.admin.base import AnyModelForm
from mappings.names import names_join, names_split

UNSHOWN = ("basic_password", "signing_secret", "api_secret")
WRITE_ONLY = "Stored encrypted, never shown again."
KEPT = "Leave it empty to keep the stored one."
ABOUT = ("connection", "name", "slug", "platform", "enabled", "currency", "start_date")
BASIC = ("basic_user", "basic_password")


def _secret(label: str, note: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=500,
        help_text=note,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )


class SourceForm(AnyModelForm):
    """A blank secret keeps the stored one, which is not even read for the page.

    `replaced_secret` is the signing secret that a new one ousts.
    """

    platform = forms.ChoiceField(choices=platform_choices, widget=UnfoldAdminSelectWidget)
    basic_password = _secret("Basic authentication: password")
    signing_secret = _secret(
        "Signing secret",
        "The shop signs its deliveries with it. Where it lets you choose, choose a long one and enter it in "
        "both places.",
    )
    shop_url = forms.CharField(
        label="Address of the shop", required=False, max_length=300, widget=UnfoldAdminTextInputWidget
    )
    api_secret = _secret("API secret")

    replaced_secret = ""

    class Meta:
        model = Source
        fields = ABOUT

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = self._meta.fields or ()
        for name in (*UNSHOWN, "shop_url"):
            if name not in shown:
                self.fields.pop(name, None)
        self._platform = self.instance.platform
        for credential in _credentials(platform_get(self._platform)):
            field = self.fields.get(credential.field)
            if field is not None:
                field.label, field.help_text = credential.label, credential.help
        self._speak_of(platform_get(self._platform))
        for name in UNSHOWN:
            if name in self.fields:
                kept = [KEPT] if getattr(self.instance, f"has_{name}", False) else []
                note = [str(self.fields[name].help_text), WRITE_ONLY, *kept]
                self.fields[name].help_text = " ".join(note).strip()

    def _speak_of(self, platform: Platform | None) -> None:
        """Call what is no shop by its own word, in the texts that are written for shops."""
        if platform is None or platform.subject == "order":
            return
        own = {credential.field for credential in platform.credentials}
        for name, field in self.fields.items():
            if name in own:
                continue  # the platform's own words already
            text = str(field.help_text).replace("order", platform.subject)
            field.help_text = text.replace("Order", platform.subject.capitalize()).replace(
                "shop", platform.called
            )
            field.label = str(field.label).replace("shop", platform.called)

    def clean_shop_url(self) -> str:
        typed: str = self.cleaned_data["shop_url"].strip()
        try:
            return check_address(typed) if typed else ""
        except ShopRefused as err:
            raise forms.ValidationError(err.message) from err

    def clean_quiet_channels(self) -> str:
        return names_join(names_split(self.cleaned_data["quiet_channels"]))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        typed = {name: self.cleaned_data[name] for name in UNSHOWN if self.cleaned_data.get(name)}
        stored = self.instance.signing_secret
        if not constant_time_compare(typed.get("signing_secret", stored), stored):
            self.replaced_secret = stored
        for name, secret in typed.items():
            setattr(self.instance, name, secret)
        if self.cleaned_data.get("basic_user") and not self._is_given("basic_password"):
            self.add_error("basic_password", "Give the password that goes with the user.")
        if self.cleaned_data.get("platform", self._platform) == self._platform:
            platform = platform_get(self._platform)
            needed = platform is None or not platform.takes_unsigned
            if needed and "signing_secret" in self.cleaned_data and not self._is_given("signing_secret"):
                self.add_error(
                    "signing_secret",
                    "Enter the secret that the shop signs its deliveries with: without it, every delivery is "
                    "refused.",
                )
            self._check_credentials()
        return cleaned

    def _is_given(self, name: str) -> bool:
        return bool(getattr(self.instance, name) if name in UNSHOWN else self.cleaned_data.get(name))

    def _check_credentials(self) -> None:
        """All or none: with a part of them the shop cannot be asked. A stored secret alone is none."""
        credentials = [
            credential
            for credential in _credentials(platform_get(self._platform))
            if credential.required and credential.field in self.fields
        ]
        given = [self._is_given(credential.field) for credential in credentials]
        begun = [
            bool(self.cleaned_data.get(credential.field))
            for credential in credentials
            if credential.field not in UNSHOWN or len(credentials) == 1
        ]
        if not any(given) or not any(begun):
            return
        for credential, is_given in zip(credentials, given, strict=True):
            if not is_given and credential.field not in self.errors:
                self.add_error(
                    credential.field,
                    f"Enter this as well ({credential.label}), or clear the others: the shop can only be "
                    "asked with all of it.",
                )


def fieldsets_of(source: Source | None, *, may_edit: bool) -> list[tuple[str | None, dict[str, Any]]]:
    """The sections of the page. Who may only look gets no secret, no address and no name of a user."""
    if source is None:
        return [(None, {"fields": ABOUT})]
    platform = platform_get(source.platform)
    asked = tuple(credential.field for credential in _credentials(platform))
    pace = ("poll_minutes",) if platform is not None and platform.feeds else ()
    takes_hooks = platform is None or platform.takes_hooks
    proof: tuple[str, ...] = BASIC
    if platform is not None and platform.signs:  # one that signs with its API's secret asks for it there
        proof = ("signing_secret",) if platform.signing_field == "signing_secret" else ()
    who = platform.called if platform is not None else "shop"
    is_shop = platform is None or platform.subject == "order"
    about = tuple(name for name in ABOUT if name != "currency")
    sections: list[tuple[str | None, tuple[str, ...]]] = [
        (f"The {who}", (*ABOUT, "abandon_hours") if is_shop else about),
        ("Which orders are sent", ("order_views", "quiet_channels") if is_shop else ()),
        (f"What the {who} sends", ("hook", *proof) if may_edit and takes_hooks else ()),
        (f"Asking the {who}'s API", (*asked, *pace) if may_edit else pace),
        ("Watching", ("silence_hours",)),
    ]
    return [(title, {"fields": fields}) for title, fields in sections if fields]


def needed_of(platform: Platform) -> str:
    """What the page of a new source asks for once it is made, in sentences."""
    needs = []
    if platform.takes_hooks and platform.signs and platform.signing_field == "signing_secret":
        needs.append(f"The secret that the {platform.called} signs its deliveries with.")
    elif platform.takes_hooks:
        needs.append("A user and a password for its deliveries, if you wish.")
    labels = ", ".join(credential.label for credential in platform.credentials if credential.required)
    if labels and platform.takes_hooks:
        needs.append(f"For its API, so that lost {platform.subject}s are found: {labels}.")
    elif labels:
        needs.append(f"For its API, from which all {platform.subject}s are read: {labels}.")
    elif not platform.takes_hooks:
        needs.append(f"An API key, with which its {platform.subject}s are posted.")
    return " ".join(needs)


def _credentials(platform: Platform | None) -> tuple[Any, ...]:
    return platform.credentials if platform is not None else ()
