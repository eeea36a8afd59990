"""This installation at the vendor's token endpoint, from the deployment's settings."""

from __future__ import annotations

from django.conf import settings

from crm.credentials import GATEWAY_URL
from crm.http.observe import CallObserver
from crm.oauth import AUTHORIZE_URL, OAuthClient, TokenEndpoint

NOT_SET_UP = (
    "“Connect with Keap” needs a client id and secret of this installation (KEAP_CLIENT_ID and "
    "KEAP_CLIENT_SECRET), which whoever runs Cascader has not set. A personal access token or service "
    "account key works without them."
)


def oauth_is_set_up() -> bool:
    return bool(settings.KEAP_CLIENT_ID and settings.KEAP_CLIENT_SECRET)


def authorize_page() -> str:
    return settings.CRM_AUTHORIZE_URL or AUTHORIZE_URL


def token_endpoint(observer: CallObserver | None) -> TokenEndpoint:
    return TokenEndpoint(
        OAuthClient(settings.KEAP_CLIENT_ID, settings.KEAP_CLIENT_SECRET),
        gateway_url=settings.CRM_GATEWAY_URL or GATEWAY_URL,
        observer=observer,
        connect_timeout_seconds=settings.CRM_CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds=settings.OAUTH_READ_TIMEOUT_SECONDS,
    )
