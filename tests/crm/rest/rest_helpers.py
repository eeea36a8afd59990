"""REST on the sandbox, each request held against the vendor's file, and at any other address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from crm.credentials import Endpoints, HeaderKey
from crm.rest.adapter import RestCrm
from tests.crm.contract_helpers import rest
from tests.crm.doubles import KEY
from tests.sandbox_client import Sandbox


@contextmanager
def rest_on(sandbox: Sandbox, **options: Any) -> Iterator[RestCrm]:
    with rest(HeaderKey(sandbox.key), endpoints=Endpoints(gateway_url=sandbox.url), **options) as crm:
        yield crm


def rest_at(url: str, **options: Any) -> RestCrm:
    settings = {"connect_timeout_seconds": 1.0, "read_timeout_seconds": 2.0, **options}
    return RestCrm(HeaderKey(KEY), endpoints=Endpoints(gateway_url=url), **settings)


def answer(content: Any, status: str = "200 OK", headers: str = "", kind: str = "application/json") -> bytes:
    """A whole HTTP reply; bytes are sent as they are, anything else as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def methods(sandbox: Sandbox) -> list[str]:
    return [str(call["method"]) for call in sandbox.calls()]
