"""Every address, with numbers that are none in their places: a page or a refusal, never a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from cascade.services import replication_open
from tests.factories import ApiKeyFactory, ConnectionFactory, OrderFactory, SourceFactory, UserFactory

ROOT = Path(__file__).parents[2]
PLACES = ("bookings", "carts", "cascade", "intake", "logs_ui", "mappings")
NUMBERS = ("²", "١", "-1", "1" * 40)
# Django's own lists of records, and what REST framework pages by.
OTHERS = (
    "p",
    "o",
    "e",
    "id__exact",
    "source__id__exact",
    "connection__id__exact",
    "cursor",
    "page",
    "page_size",
)
CONVERTED = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)|<(?:(\w+):)?(\w+)>")


def patterns(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        route = before + str(each.pattern).lstrip("^").rstrip("$").replace("\\Z", "")
        if isinstance(each, URLResolver):
            yield from patterns(each, route)
        elif isinstance(each, URLPattern):
            yield route


def parameters() -> list[str]:
    """What the sources and pages read of a query: the names of its parameters."""
    told = re.compile(r"""(?:GET(?:\.get|\.getlist)?|query_params\.get)[\[(]\s*"([\w-]+)\"""")
    named = re.compile(r'<(?:input|select)[^>]* name="([\w-]+)"')
    names: set[str] = set(OTHERS)
    for place in PLACES:
        for path in (ROOT / place).rglob("*.py"):
            names |= set(told.findall(path.read_text()))
            names |= set(re.findall(r"^    (\w+) = forms\.", path.read_text(), re.MULTILINE))
    for path in [*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templates/**/*.html")]:
        names |= set(named.findall(path.read_text()))
    return sorted(names)


def page_keys(client: Client, page: str) -> list[str]:
    """The page numbers of the tables on a page."""
    return sorted(set(re.findall(r"\b([\w-]+-page)=", client.get(page).content.decode())))


@pytest.fixture
def clients(db: None) -> tuple[Client, Client, dict[str, str]]:
    connection = ConnectionFactory()
    for number in range(60):  # more than a page of them
        connection.product_tags.create(item_id=f"ITEM-{number}", tag_name="Buyer")
    source = SourceFactory(connection=connection)
    ApiKeyFactory(source=source, plain="key-of-this-test")
    replication_open(OrderFactory(source=source))
    person = Client(raise_request_exception=False)
    person.force_login(UserFactory(is_staff=True, is_superuser=True))
    program = Client(raise_request_exception=False, headers={"Authorization": "Api-Key key-of-this-test"})
    return person, program, {"connection": str(connection.pk), "source": str(source.pk)}


def filled(route: str, number: str, rows: dict[str, str]) -> Iterator[str]:
    """The address with a row that is there, so that its query is read, and with the number itself."""

    def there(match: re.Match[str]) -> str:
        name = next((name for name in rows if f"/{name}/" in route), "")
        return rows.get(name, "1")

    yield CONVERTED.sub(there, route)
    if CONVERTED.search(route) and "<int:" not in route:
        yield CONVERTED.sub(number, route)
    if "<int:" in route:
        yield CONVERTED.sub("1" * 40, route)


@pytest.mark.embedded
@pytest.mark.parametrize("number", NUMBERS)
def test_no_page_breaks_at_what_is_no_number(clients: Any, number: str) -> None:
    person, program, rows = clients
    settings_page = f"/admin/mappings/connection/{rows['connection']}/change/"
    names = [*parameters(), *page_keys(person, settings_page)]
    assert "product_tags-page" in names
    query = dict.fromkeys(names, number)
    broken = []
    for route in sorted(set(patterns(get_resolver("config.urls")))):
        if "logout" in route or route.startswith(("static", "media")):
            continue
        for address in set(filled(route, number, rows)):
            client = program if address.startswith("api/") else person
            if client.get(f"/{address}", query).status_code >= 500:
                broken += [f"/{address}", *(name for name in names if fails(client, address, name, number))]
    assert broken == []


def fails(client: Client, address: str, name: str, number: str) -> bool:
    return client.get(f"/{address}", {name: number}).status_code >= 500
