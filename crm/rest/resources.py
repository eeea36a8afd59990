"""What reports read: a resource of the API by its route, in the CRM's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from crm.contract import RawAnswer
from crm.rest.service import Service
from crm.values import Unexpected, Value

# A search is run with POST and changes nothing all the same.
READ_ROUTES = ("GET /", "POST /v2/reporting/reports/{report_id}:run")


class ResourceCalls(Service):
    def read_resource(
        self,
        route: str,
        *,
        at: Sequence[int | str] = (),
        query: Mapping[str, str | int] | None = None,
    ) -> RawAnswer:
        """Return what the route answers, and the token of its next page.

        Raises: ValueError for a route that may change something.
        """
        if not route.startswith(READ_ROUTES):
            raise ValueError(f"{route} is not one that only reads")

        def parse(value: Value) -> tuple[Value, str]:
            next_page = _next_page(value)
            if next_page and next_page == (query or {}).get("page_token"):
                raise Unexpected("the next page is the same again")
            return value, next_page

        answer = self._wire.exchange("read_resource", route, parse, at=at, query=query, writes=False)
        value, next_page = answer.value
        return RawAnswer(value=value, server_time=answer.server_time, next_page=next_page)


def _next_page(value: Value) -> str:
    """The token, also where a whole address is given, whose host is not asked."""
    told = value.get("next_page_token") if isinstance(value, dict) else None
    token = str(told or "")
    if "://" in token:
        token = parse_qs(urlsplit(token).query).get("page_token", [""])[0]
        if not token:
            raise Unexpected("the next page's address has no page_token")
    return token
