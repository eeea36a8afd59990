"""The three ways the CRM knows a caller, and where their requests may go.

No host is ever built from what a merchant typed, except the legacy one, from a strict pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from crm.errors import ConfigurationError

GATEWAY_URL = "https://api.infusionsoft.com"
SENDABLE = re.compile(r"[\x21-\x7e]+", re.ASCII)
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


def sendable_secret(credentials: Credentials) -> str:
    """Return the secret itself. Raises ConfigurationError for one that could not be sent safely."""
    secret = credentials.token if isinstance(credentials, BearerToken) else credentials.key
    if SENDABLE.fullmatch(secret) is None:
        raise ConfigurationError(
            "The key is empty or holds blanks or signs no key has. Copy it again from the CRM, whole.",
            setting="credentials",
            label="key-malformed",
        )
    return secret


def gateway_headers(credentials: HeaderKey | BearerToken) -> dict[str, str]:
    """Return the header that shows who is calling at the gateway."""
    if isinstance(credentials, HeaderKey):
        return {"X-Keap-API-Key": credentials.key}
    return {"Authorization": f"Bearer {credentials.token}"}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where requests go. Only a deployment sets these away from the vendor's hosts (to the sandbox)."""

    gateway_url: str = GATEWAY_URL
    legacy_url: str = ""  # empty: https://<app name>.infusionsoft.com
