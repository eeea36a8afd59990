"""A session that holds each REST request against the vendor's files before it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import BaseAdapter

from crm.http.session import new_session
from tests.openapi import validate_request


class _Validating(BaseAdapter):
    """Sends through another adapter what the file allows; NotAsDocumented for the rest."""

    def __init__(self, inner: BaseAdapter) -> None:
        super().__init__()
        self._inner = inner
        self.max_retries = getattr(inner, "max_retries", None)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        if "/rest/" in str(request.url):
            validate_request(str(request.method), str(request.url), request.body)
        return self._inner.send(request, *args, **options)

    def close(self) -> None:
        self._inner.close()


@contextmanager
def validated_session() -> Iterator[requests.Session]:
    with new_session() as session:
        for prefix in ("https://", "http://"):
            session.mount(prefix, _Validating(session.get_adapter(prefix)))
        yield session
