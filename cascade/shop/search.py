"""What the shop's kinds share in being found."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Model, Q, QuerySet

from cascade.engine.subject_words import begins_with, found_as
from crm.emails import email_key
from intake.models import Source
from mappings.models import Connection

_MARKER = re.compile(r"^[a-z0-9][a-z0-9-]* order (\S+?)(?: \((\S+)\))?$")


def search_terms(text: str) -> list[str]:
    """The spellings to try: as is, in capitals, with the shop's `#`; of an order title in the CRM its id."""
    text = text.strip()
    if title := _MARKER.match(text):
        text = title.group(2) or title.group(1)
    return list(dict.fromkeys((text, text.upper(), f"#{text}")))


def shops_of(connections: QuerySet[Connection]) -> QuerySet[Any, Any]:
    return Source.objects.filter(connection__in=connections.values("pk")).values("pk")


def rows_search(
    kind: str, model: type[Model], columns: tuple[str, ...], connections: QuerySet[Connection], text: str
) -> list[QuerySet[Any]]:
    """Rows of these shops whose e-mail or one of the columns begins with the text."""
    rows = model._default_manager.filter(source__in=shops_of(connections))
    conditions: list[Q] = [begins_with("email_key", email_key(text))]
    if "@" not in text:
        conditions += [begins_with(name, term) for term in search_terms(text) for name in columns]
    return [found_as(kind, rows.filter(condition)) for condition in conditions]
