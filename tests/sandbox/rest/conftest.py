"""A small REST caller: one plain HTTP request, held against the vendor's files on both ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.openapi import validate_reply, validate_request
from tests.sandbox_client import Row, Sandbox

V1, V2 = "/crm/rest/v1", "/crm/rest/v2"


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None


class Rest:
    """Calls carry the right token, unless told otherwise. Paths begin behind the version."""

    def __init__(self, sandbox: Sandbox, base: str) -> None:
        self.sandbox = sandbox
        self.base = base

    def send(
        self, verb: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        connection = HTTPConnection(urlsplit(self.sandbox.url).netloc, timeout=10)
        try:
            usual = {"Authorization": f"Bearer {self.sandbox.key}", "Content-Type": "application/json"}
            connection.request(verb, url, body, {**usual, **(headers or {})})
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Response(response.status, named, response.read())
        finally:
            connection.close()

    def __call__(self, verb: str, path: str, body: Any = None, **query: Any) -> Any:
        """A call that works: what it answers."""
        response = self.try_(verb, path, body, **query)
        assert response.status < 300, response.raw
        return response.body

    def refused(self, verb: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
        """A call that must be refused: the status and the message."""
        response = self.try_(verb, path, body, documented=False, **query)
        assert response.status >= 400
        return response.status, response.body["message"]

    def try_(self, verb: str, path: str, body: Any = None, documented: bool = True, **query: Any) -> Response:
        """Any call; `documented` false is for what the vendor's file does not allow, sent or answered."""
        url = f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")
        if documented:
            validate_request(verb, url, body)
        response = self.send(verb, url, None if body is None else json.dumps(body).encode())
        # v1's file names no refusal of a value.
        if documented and response.status < (404 if self.base == V2 else 300):
            validate_reply(verb, url, response.status, response.raw)
        return response

    def effects(self, kind: str) -> list[Row]:
        return self.sandbox.effects(kind)


@pytest.fixture
def v2(sandbox: Sandbox) -> Rest:
    return Rest(sandbox, V2)


@pytest.fixture
def v1(sandbox: Sandbox) -> Rest:
    return Rest(sandbox, V1)


@pytest.fixture
def contact(sandbox: Sandbox) -> int:
    return sandbox.seed(
        Contact=[{"FirstName": "Ann", "LastName": "Lee", "Email": "ann@example.com", "Phone1": "5551234567"}]
    )["Contact"][0]


@pytest.fixture
def mug(sandbox: Sandbox) -> int:
    return sandbox.seed(Product=[{"ProductName": "Mug", "Sku": "MUG", "ProductPrice": 12.5, "Status": 1}])[
        "Product"
    ][0]


@pytest.fixture
def order(v2: Rest, contact: int, mug: int) -> str:
    """An order of two mugs, 25.00."""
    item = {"product_id": str(mug), "quantity": 2, "item_type": "PRODUCT"}
    return str(v2("POST", "/orders", order_body(contact, order_items=[item]))["id"])


def order_body(contact: int, **more: Any) -> Row:
    return {
        "contact_id": str(contact),
        "order_time": "2026-03-02T15:00:00Z",
        "order_title": "shop order 17",
        "order_type": "ONLINE",
        **more,
    }
