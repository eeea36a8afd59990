"""Fill in and send an admin page as a browser would: what it shows, with changes."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from mappings.models import Connection

ADD = reverse("admin:mappings_connection_add")


def page_url(connection: Connection) -> str:
    return reverse("admin:mappings_connection_change", args=[connection.pk])


def form_values(client: Client, url: str) -> dict[str, Any]:
    """Every value of the page's form, as the browser would post it unchanged."""
    page = client.get(url)
    assert page.status_code == 200, page.status_code
    forms = [page.context["adminform"].form]
    for table in page.context["inline_admin_formsets"]:
        forms += [table.formset.management_form, *table.formset.forms]
    values: dict[str, Any] = {}
    for form in forms:
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                values[field.html_name] = "on" if value is True else value
    return values


def page_save(client: Client, url: str, *rows: dict[str, Any], **changes: Any) -> Any:
    """Post the page with more rows and changes; None takes a value out (an unticked box)."""
    values = form_values(client, url)
    for more in (*rows, changes):
        values |= more
    return client.post(url, {name: value for name, value in values.items() if value is not None}, follow=True)


def row(table: str, number: int, **values: Any) -> dict[str, Any]:
    """The inputs of one more row of a table, and the table's new count."""
    named = {f"{table}-{number}-{name}": value for name, value in values.items()}
    return {**named, f"{table}-TOTAL_FORMS": str(number + 1)}


def stored(connection: Connection) -> Connection:
    return Connection.objects.get(pk=connection.pk)


def sentences(connection: Connection, level: str) -> list[str]:
    return [finding["sentence"] for finding in stored(connection).test_result if finding["level"] == level]


def errors(page: Any) -> dict[str, Any]:
    found: dict[str, Any] = page.context["adminform"].form.errors
    return found


def told(page: Any) -> str:
    return " ".join(str(message) for message in page.context["messages"])
