"""What lists may be narrowed to."""

from __future__ import annotations

from crm.emails import email_key
from intake.api.fields import StrictSerializer, TextField

MAX_CURSOR = 200


class NoFilters(StrictSerializer):
    """A list without filters."""


class PageFilters(StrictSerializer):
    cursor = TextField(max_length=MAX_CURSOR, help_text="From `next` or `previous` of the page before.")


class Filters(PageFilters):
    """Those of a `Resource`; `source` of a field is what it asks of the rows."""

    def validate_email(self, email: str) -> str:
        return email_key(email)
