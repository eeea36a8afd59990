"""How many calls the CRM takes, per kind of credential.

Source: developer.keap.com, API token quota and usage measurements; the older OAuth rule and the retired
bucket of the legacy address are from earlier editions of that page. They are where the ledger starts: a
deployment may set others (CRM_LIMITS), and the CRM's replies correct them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """`burst` calls may follow each other at once before the second's pace holds; None is no limit.

    `is_ceiling` says that a deployment set them: replies may then only lower them.
    """

    per_second: float
    per_minute: int | None = None
    per_day: int | None = None
    burst: int = 1
    is_ceiling: bool = False


LIMITS: Mapping[str, Limits] = {
    "service_key": Limits(per_second=10, per_minute=240, per_day=30_000),
    "oauth": Limits(per_second=25, per_minute=1_500, per_day=150_000),  # all apps of one client together
    "oauth_older": Limits(per_second=25, per_day=125_000),
    "app": Limits(per_second=1_000, per_minute=10_000, per_day=250_000),  # all keys of one app together
    # 10,000 tokens per app, refilled by two a second; how many are there when we begin is not known.
    "legacy": Limits(per_second=2, burst=20),
}


def limits_of(kind: str) -> Limits:
    """The limits of a kind, as this deployment has them. Raises ImproperlyConfigured if they do not fit."""
    wanted = settings.CRM_LIMITS.get(kind)
    return _changed(kind, wanted) if wanted else LIMITS[kind]


@register()
def check_limits(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Look at CRM_LIMITS before anything starts."""
    try:
        for kind in settings.CRM_LIMITS:
            if kind not in LIMITS:
                raise ImproperlyConfigured(f"CRM_LIMITS: there is no {kind!r}, only {', '.join(LIMITS)}.")
            limits_of(kind)
    except ImproperlyConfigured as err:
        return [Error(str(err), hint='For example {"service_key": {"per_day": 20000}}', id="mappings.E010")]
    return []


def _changed(kind: str, wanted: Any) -> Limits:
    known = {field.name for field in fields(Limits)} - {"is_ceiling"}
    if not isinstance(wanted, dict) or not wanted.keys() <= known:
        raise ImproperlyConfigured(f"CRM_LIMITS: {kind} takes {', '.join(sorted(known))}.")
    for name, value in wanted.items():
        none_is_fine = value is None and name in ("per_minute", "per_day")
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
        if not (none_is_fine or is_number):
            raise ImproperlyConfigured(f"CRM_LIMITS: {kind} {name} is a number above 0, not {value!r}.")
    return replace(LIMITS[kind], **wanted, is_ceiling=True)
