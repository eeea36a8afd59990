"""A small XML-RPC caller for these tests: the stdlib's encoding over one plain HTTP request."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.sandbox_client import Sandbox

LEGACY = "/api/xmlrpc"
GATEWAY = "/crm/xmlrpc/v1"


class Wire:
    """Calls go to the legacy door with the right key, unless told otherwise."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def post(
        self, body: bytes, path: str = LEGACY, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(urlsplit(self.sandbox.url).netloc, timeout=10)
        try:
            connection.request(
                "POST", path, body, {"Content-Type": "text/xml; charset=utf-8", **(headers or {})}
            )
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        finally:
            connection.close()

    def raw(self, method: str, *arguments: Any, **where: Any) -> str:
        """The reply's body as text."""
        return self.post(xmlrpc.client.dumps(arguments, method, encoding="utf-8").encode(), **where)[
            2
        ].decode()

    def __call__(self, method: str, *arguments: Any) -> Any:
        """A keyed call: its result, or xmlrpc.client.Fault."""
        text = self.raw(method, self.sandbox.key, *arguments)
        return xmlrpc.client.loads(text, use_builtin_types=True)[0][0]

    def fault(self, method: str, *arguments: Any) -> tuple[int, str]:
        """A keyed call that must be refused: its fault."""
        with pytest.raises(xmlrpc.client.Fault) as caught:
            self(method, *arguments)
        return caught.value.faultCode, caught.value.faultString


@pytest.fixture
def crm(sandbox: Sandbox) -> Wire:
    return Wire(sandbox)
