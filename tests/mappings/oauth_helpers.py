"""A connection that was connected at the sandbox's own OAuth server, and a look at its tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from mappings.models import Connection, OAuthGrant
from tests.sandbox_client import Sandbox

CLIENT, SECRET = "cascader", "a-client-secret"


def use_client(settings: Any, crm: Sandbox) -> None:
    """Register this installation at the sandbox, and tell it so."""
    crm.oauth(clients=[{"id": CLIENT, "secret": SECRET}])
    settings.KEAP_CLIENT_ID, settings.KEAP_CLIENT_SECRET = CLIENT, SECRET
    settings.CRM_AUTHORIZE_URL = f"{crm.url}/app/oauth/authorize"


def connect(connection: Connection, crm: Sandbox, *, app: str = "demo") -> OAuthGrant:
    """Store the first pair of a new chain with the connection."""
    tokens = crm.authorize(CLIENT, SECRET, app)
    now = timezone.now()
    Connection.objects.filter(pk=connection.pk).update(
        credential_kind=Connection.CredentialKind.OAUTH, app_name=app, bound_app=app
    )
    connection.refresh_from_db()
    grant, _ = OAuthGrant.objects.update_or_create(
        connection=connection,
        defaults={
            "access_token": tokens["access_token"],
            "refresh_token": tokens["refresh_token"],
            "version": 1,
            "app": app,
            "issued_at": now,
            "expires_at": now + timedelta(seconds=tokens["expires_in"]),
        },
    )
    return grant


def age(grant: OAuthGrant, **ages: float) -> None:
    """Let the pair be issued, and end, that many hours before now."""
    now = timezone.now()
    OAuthGrant.objects.filter(pk=grant.pk).update(
        **{name: now - timedelta(hours=hours) for name, hours in ages.items()}
    )


def grant_now(connection: Connection) -> OAuthGrant:
    return OAuthGrant.objects.get(connection=connection)


def renewals(crm: Sandbox) -> int:
    return sum(effect["values"]["grant"] == "refresh_token" for effect in crm.effects("token.issued"))
