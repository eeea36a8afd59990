"""The three ways the CRM knows a caller, and where their requests may go.

No host is ever built from what a merchant typed, except the legacy one, from a strict pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

GATEWAY_URL = "https://api.infusionsoft.com"
APP_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}", re.ASCII)


def app_name_is_valid(name: str) -> bool:
    """A letter, then letters, digits or hyphens, at most 31 characters, lower case."""
    return APP_NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class LegacyKey:
    """A private key, sent as the first parameter to the app's own host."""

    app_name: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HeaderKey:
    """A personal access token, service account key or legacy key, sent in `X-Keap-API-Key`."""

    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BearerToken:
    """An access token (OAuth, or a key used as one), sent as `Authorization: Bearer`."""

    token: str = field(repr=False)


Credentials = LegacyKey | HeaderKey | BearerToken


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where requests go. Only a deployment sets these away from the vendor's hosts (to the sandbox)."""

    gateway_url: str = GATEWAY_URL
    legacy_url: str = ""  # empty: https://<app name>.infusionsoft.com
