"""Over what the CRM counts a connection's calls."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.crypto import salted_hmac

from mappings.access.quota.limits import Limits, limits_of
from mappings.models import Connection

Kind = Connection.CredentialKind
APP = "app"
SALT = "mappings.access.quota.scopes"


@dataclass(frozen=True, slots=True)
class Scope:
    """`key` is equal for all connections that share the count and holds no secret."""

    key: str
    kind: str
    limits: Limits


def scopes_of(connection: Connection) -> tuple[Scope, ...]:
    """The key or OAuth client, then the app; both must grant a call.

    The app is the one the CRM named at the first successful test: what a merchant typed could be anybody's.
    """
    scopes = [_credential_scope(connection)]
    app = connection.bound_app.lower()
    if connection.credential_kind == Kind.LEGACY_KEY:
        app = connection.app_name.lower()
    if app:
        scopes.append(Scope(f"app:{app}", APP, limits_of(APP)))
    return tuple(scopes)


def _credential_scope(connection: Connection) -> Scope:
    """An access token somebody pasted is of a client we do not know: it gets the tightest rule until told."""
    match connection.credential_kind:
        case Kind.LEGACY_KEY:
            return Scope(f"legacy:{connection.app_name.lower()}", "legacy", limits_of("legacy"))
        case Kind.OAUTH:
            return Scope(f"oauth:{_digest(settings.KEAP_CLIENT_ID)}", "oauth", limits_of("oauth"))
        case _:
            return Scope(f"key:{_digest(connection.api_key)}", "service_key", limits_of("service_key"))


def _digest(secret: str) -> str:
    return salted_hmac(SALT, secret, algorithm="sha256").hexdigest()
