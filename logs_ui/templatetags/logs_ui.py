"""Times on the pages: the server's zone in the text, UTC for whoever hovers, the browser's zone by script."""

from __future__ import annotations

from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from cascade.engine.subject_words import money

register = template.Library()


@register.simple_tag
def moment(value: datetime | None, seconds: bool = False) -> str:
    """`<time>` of an aware moment, with the year unless it is this one; a dash for none."""
    if value is None:
        return "–"
    utc, here = value.astimezone(UTC), timezone.localtime(value)
    day = "j M" if here.year == timezone.localtime().year else "j M Y"
    return format_html(
        '<time datetime="{}" title="{}" data-precision="{}">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "second" if seconds else "minute",
        date_format(here, f"{day}, H:i:s" if seconds else f"{day}, H:i"),
    )


register.filter(money)
