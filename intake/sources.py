"""Shops and their keys."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from intake.models.polling import Poller
from intake.models.sources import ApiKey, Source
from intake.polling.readings import poller_wake
from intake.registry import platform_get
from mappings.models import Connection

KEY_PREFIX = "csk_"
KEY_OVERLAP = timedelta(hours=24)  # for how long a rotated key goes on beside the new one: a day to deploy
USED_AGAIN = timedelta(minutes=1)  # the time of last use is no more exact than this


def source_token_new() -> tuple[str, str]:
    """A new secret for a hook's address, and its hash."""
    token = token_new()
    return token, token_hash(token)


def source_create(connection: Connection, *, slug: str, name: str, platform: str, **fields: Any) -> Source:
    """Add a shop with a hook address of its own.

    Raises: ValidationError if the slug is taken, no such platform is installed, or a value does not fit.
    """
    if platform_get(platform) is None:
        raise ValidationError({"platform": f"No platform {platform!r} is installed."})
    token, hashed = source_token_new()
    source = Source(
        connection=connection,
        slug=slug,
        name=name,
        platform=platform,
        **{"token": token, "token_hash": hashed, **fields},
    )
    source.full_clean()
    source.save()
    return source


def slugs_taken(connection: Connection, app: str) -> str:
    """Which shops of the connection have the short name of another connection's in the same CRM app."""
    slugs = Source.objects.filter(connection_id=connection.pk).values("slug") if connection.pk else []
    others = Source.objects.filter(slug__in=slugs, connection__bound_app=app).exclude(
        connection_id=connection.pk
    )
    taken = sorted(set(others.values_list("slug", flat=True)[:10])) if app else []
    if not taken:
        return ""
    return (
        f"Another connection to the CRM app {app} has a shop with the same short name: {', '.join(taken)}. "
        "Orders in the CRM are found by it. Delete that shop here and make it anew under another short name."
    )


def source_saved(source: Source) -> None:
    """A person saved the source: ask its shop at once, however it answered before. Rings on commit."""
    platform = platform_get(source.platform)
    if platform is None or not platform.credentials:
        return
    Poller.objects.filter(source=source).update(not_before=None)
    poller_wake(source)


def signing_secret_before_drop(source: Source) -> bool:
    """Take no deliveries any more that are signed with the secret before; whether there was one."""
    kept = Source.objects.filter(pk=source.pk).exclude(signing_secret_before="")
    return bool(kept.update(signing_secret_before=""))


def shop_credentials_forget(source: Source) -> bool:
    """Ask the shop no more; whether there were credentials. What was read stays."""
    kept = Source.objects.filter(pk=source.pk).exclude(api_user="", api_secret="")
    return bool(kept.update(api_user="", api_secret=""))


def source_by_token(token: str) -> Source | None:
    """The enabled source whose hook carries the token."""
    return Source.objects.filter(token_hash=token_hash(token), enabled=True).first()


def api_key_find(plain: str) -> ApiKey | None:
    """The key in use with that text: neither revoked, nor past its end, nor of a disabled source."""
    going_on = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    keys = ApiKey.objects.select_related("source").filter(going_on, revoked_at=None, source__enabled=True)
    return keys.filter(key_hash=token_hash(plain)).first()


def api_key_create(source: Source, name: str) -> tuple[ApiKey, str]:
    """Add a key of the REST API and return it with its text, which is not kept anywhere."""
    plain = KEY_PREFIX + token_new()
    key = ApiKey.objects.create(
        source=source, name=name, prefix=plain[: len(KEY_PREFIX) + 8], key_hash=token_hash(plain)
    )
    return key, plain


def api_key_revoke(key: ApiKey) -> bool:
    """Return whether this call revoked it."""
    now = timezone.now()
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now)
    if revoked:
        key.revoked_at = now
    return bool(revoked)


def api_key_rotate(key: ApiKey) -> tuple[ApiKey, str] | None:
    """Make a key in the place of this one, which ends after `KEY_OVERLAP`; return it with its text.

    None if the key is revoked or already has an end: then nothing is made.
    """
    ends = timezone.now() + KEY_OVERLAP
    with transaction.atomic():
        rows = ApiKey.objects.filter(pk=key.pk, revoked_at=None, expires_at=None)
        if not rows.update(expires_at=ends):
            return None
        made = api_key_create(key.source, key.name)
    key.expires_at = ends
    return made


def api_key_used(key: ApiKey) -> None:
    """Note the use of a key, at most once a minute."""
    now = timezone.now()
    if key.last_used_at is not None and key.last_used_at > now - USED_AGAIN:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_AGAIN)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def token_new() -> str:
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """SHA-256 is enough for 256 random bits, and a look-up by hash takes the same time for every guess."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
