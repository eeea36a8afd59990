"""Lists of v1: limit and offset, with the count and the addresses of the neighbouring pages."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from sandbox.rest.problems import bad_request
from sandbox.rest.routes import Request
from sandbox.rest.wire import Json
from sandbox.values import Row

HOST = "https://api.infusionsoft.com"
LARGEST = 1000


def page(request: Request, name: str, rows: list[Row], show: Callable[[Row], Json]) -> Json:
    """`count` is of all rows; what the neighbours' addresses are on the last page was not published."""
    limit, offset = _number(request, "limit", LARGEST), _number(request, "offset", 0)
    if not 0 < limit <= LARGEST:
        raise bad_request(f"limit is 1 to {LARGEST}")
    return {
        name: [show(row) for row in rows[offset : offset + limit]],
        "count": len(rows),
        "next": _address(request, limit, offset + limit),
        "previous": _address(request, limit, max(offset - limit, 0)),
    }


def _number(request: Request, name: str, usual: int) -> int:
    text = request.query.get(name, str(usual))
    if not text.isdigit():
        raise bad_request(f"{name} is a number")
    return int(text)


def _address(request: Request, limit: int, offset: int) -> str:
    return f"{HOST}{request.url}?{urlencode({**request.query, 'limit': limit, 'offset': offset})}"
