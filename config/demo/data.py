"""The demo's merchant, its log-in, its shop and its CRM account; made once, kept below the data folder."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from bookings.booking_platform import BookingPlatform
from bookings.models.settings import BookingSettings, booking_settings_create
from config.demo.bookings import ACUITY_USER
from config.demo.orders import CONTACT_TAGS, PRODUCT_MAPPINGS, PRODUCT_TAGS, SETTINGS, SHIPPING_FIELDS
from config.embedded import embedded_secret
from intake.models import Source
from intake.registry import platform_get
from intake.sources import api_key_create, api_key_find, source_create
from mappings.models import Connection, Membership, Merchant
from reports.models import DataSet
from reports.schedule import DAILY
from reports.services import NewDataSet, data_set_create

USERNAME = "demo"
EMAIL = "demo@example.com"  # notices are mailed to it: in the demo, into the scheduler's log
SHOPS = (
    ("tea", "Tea shop", "ultracart"),
    ("mugs", "Mug shop", "shopify"),
    ("cakes", "Cake shop", "woocommerce"),
)
DATA_SETS = (
    ("products", "Products of the shop", "Product", DAILY),
    ("tags", "Tags", "ContactGroup", ""),
)
BOOKING_PAGES = (
    ("tastings", "Tastings", "oncehub"),
    ("blends", "Blends", "calendly"),
    ("tables", "Tables", "calcom"),
    ("visits", "Visits", "acuity"),
)
MERCHANT = "Demo Tea House"
APP_NAME = "demo"
OAUTH_CLIENT = "cascader-demo"
# What the sandbox tells of its limits still counts: a quota set there is kept.
NO_LIMIT = {"per_second": 1_000_000, "per_minute": None, "per_day": None}
DEMO_LIMITS = json.dumps({"service_key": NO_LIMIT, "oauth": NO_LIMIT})


def facts_path() -> Path:
    return settings.DATA_DIR / "demo.json"


def facts_read() -> dict[str, Any] | None:
    path = facts_path()
    return json.loads(path.read_text()) if path.exists() else None


def facts_make(web_url: str, sandbox_url: str) -> dict[str, Any]:
    """Seed what is missing in the database and write the facts down. Repeat: safe."""
    known = facts_read() or {}
    password = known.get("password") or secrets.token_urlsafe(12)
    crm_key = known.get("crm_key") or f"KeapAK-demo-{secrets.token_hex(16)}"
    connection = _connection(password, crm_key)
    shops = [_source(connection, slug, name, platform) for slug, name, platform in SHOPS]
    pages = [_source(connection, slug, name, platform) for slug, name, platform in BOOKING_PAGES]
    for page in pages:
        if not BookingSettings.objects.filter(source=page).exists():
            booking_settings_create(page)
            BookingSettings.objects.filter(source=page).update(all_hosts=True)
    api = _source(connection, "api", "Everything else", "api")
    api_key = known.get("api_key")
    if not api_key or api_key_find(api_key) is None:
        _, api_key = api_key_create(api, "demo")
    facts = {
        "web_url": web_url,
        "sandbox_url": sandbox_url,
        "username": USERNAME,
        "password": password,
        "merchant": MERCHANT,
        "api_key": api_key,
        "crm_key": crm_key,
        "datasets": {slug: f"{web_url}/api/v1/datasets/{slug}/rows/" for slug in _data_sets(connection)},
        "hooks": {
            **{shop.platform: _hook(shop) for shop in shops},
            **{page.platform: _booking_hook(page, sandbox_url) for page in pages},
        },
    }
    _write_private(facts_path(), json.dumps(facts, indent=2))
    return facts


def oauth_secret() -> str:
    """The secret of this data folder's OAuth client at the sandbox; never among the facts that are shown."""
    return embedded_secret(settings.DATA_DIR, "KEAP_CLIENT_SECRET")


def demo_environment(sandbox_url: str) -> dict[str, str]:
    """What points a process at the sandbox, which has no quotas of its own."""
    return {
        "CRM_GATEWAY_URL": sandbox_url,
        "CRM_LEGACY_URL": sandbox_url,
        "CRM_AUTHORIZE_URL": f"{sandbox_url}/app/oauth/authorize",
        "KEAP_CLIENT_ID": OAUTH_CLIENT,
        "KEAP_CLIENT_SECRET": oauth_secret(),
        "CRM_LIMITS": DEMO_LIMITS,
        "HTTPS": "off",  # it is reached on this machine alone
        "SHOP_PRIVATE_ADDRESSES": "on",  # a shop to try things with may run on this machine
        "BOOKING_API_URL": f"{sandbox_url}/platforms",
    }


def environment_write(sandbox_url: str) -> None:
    """Give every command that uses this data folder the demo's environment."""
    lines = [f"{name}={value}" for name, value in demo_environment(sandbox_url).items()]
    _write_private(settings.DATA_DIR / "environment", "\n".join([*lines, ""]))


def _connection(password: str, crm_key: str) -> Connection:
    users = get_user_model().objects
    user, created = users.get_or_create(username=USERNAME, defaults={"is_staff": True, "email": EMAIL})
    if created or not user.check_password(password):
        user.set_password(password)
        user.save()
    merchant, _ = Merchant.objects.get_or_create(slug="demo", defaults={"name": MERCHANT})
    Membership.objects.get_or_create(
        user=user, merchant=merchant, defaults={"can_edit_settings": True, "can_resend": True}
    )
    connection, created = Connection.objects.get_or_create(
        merchant=merchant,
        name="Infusionsoft",
        defaults={
            "enabled": True,
            "protocol": Connection.Protocol.XMLRPC,
            "app_name": APP_NAME,
            "api_key": crm_key,
            "contact_tags": CONTACT_TAGS,
            **SETTINGS,
        },
    )
    if created:
        for item_id, product_id in PRODUCT_MAPPINGS.items():
            connection.product_mappings.create(item_id=item_id, crm_product_id=product_id)
        for item_id, tag_name in PRODUCT_TAGS.items():
            connection.product_tags.create(item_id=item_id, tag_name=tag_name)
        for crm_field, key in SHIPPING_FIELDS.items():
            connection.shipping_fields.create(crm_field=crm_field, shipping_key=key)
    return connection


def _data_sets(connection: Connection) -> list[str]:
    """The short names of the demo's data sets, of which one is scheduled; each is read once it is made."""
    for slug, name, table, cron in DATA_SETS:
        if not DataSet.objects.filter(connection=connection, slug=slug).exists():
            wanted = NewDataSet(
                connection=connection,
                report="data-query",
                name=name,
                slug=slug,
                arguments={"table": table, "query": ""},
                columns=[],
                cron=cron,
            )
            data_set_create(wanted, None, timezone.now())
    return [slug for slug, *_ in DATA_SETS]


def _source(connection: Connection, slug: str, name: str, platform: str) -> Source:
    found = Source.objects.filter(connection=connection, slug=slug).first()
    if found is not None:
        return found
    kind = platform_get(platform)
    proof: dict[str, str] = {}  # what its deliveries are known by, and its API asked with
    if kind is not None and kind.signs:
        proof = {kind.signing_field: secrets.token_urlsafe(24)}
    elif kind is not None and kind.takes_hooks:
        proof = {"basic_user": "shop", "basic_password": secrets.token_urlsafe(12)}
    if isinstance(kind, BookingPlatform):
        proof = {"api_secret": secrets.token_urlsafe(24), "api_user": ACUITY_USER, **proof}
    return source_create(connection=connection, slug=slug, name=name, platform=platform, **proof)


def _hook(shop: Source) -> dict[str, Any]:
    path = f"/hooks/{shop.token}/"
    if shop.signing_secret:
        return {"path": path, "secret": shop.signing_secret}
    return {"path": path, "basic": [shop.basic_user, shop.basic_password]}


def _booking_hook(page: Source, sandbox_url: str) -> dict[str, Any]:
    """With the address that its API is asked at, and the one where its answers can be loaded."""
    return {
        "path": f"/hooks/{page.token}/",
        "secret": page.signing_secret or page.api_secret,
        "api_url": f"{sandbox_url}/platforms/{page.platform}",
        "api_replies_url": f"{sandbox_url}/_sandbox/platforms",
    }


def _write_private(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
