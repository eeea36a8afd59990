"""SearchService: the quick searches for people and companies; the other kinds find nothing here."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.problems import invalid_parameter
from sandbox.services.registry import method
from sandbox.table_index import folded
from sandbox.values import Row

SEARCHES = {
    "FindPerson": "Find a Person",
    "FindCompany": "Find a Company",
    "FindTask": "Find a Task",
    "FindOrder": "Find an Order",
    "FindSubscription": "Find a Subscription",
    "FindOpportunity": "Find an Opportunity",
    "FindAffiliate": "Find an Affiliate",
}
SEARCHED = {
    "FindPerson": ("Contact", ("FirstName", "LastName", "Email")),
    "FindCompany": ("Company", ("Company", "Email")),
}
RETURN_LIMIT = 1000


@method("SearchService.getAvailableQuickSearches", "int")
def get_available_quick_searches(work: Work, user_id: int) -> dict[str, str]:
    return dict(SEARCHES)


@method("SearchService.getDefaultQuickSearch", "int")
def get_default_quick_search(work: Work, user_id: int) -> str:
    return "FindPerson"


@method("SearchService.quickSearch", "string int string int int")
def quick_search(work: Work, kind: str, user_id: int, text: str, page: int, limit: int) -> list[Row]:
    """Rows of which a searched column contains the text. The members of the structs are assumed."""
    if kind not in SEARCHES:
        raise invalid_parameter(f"Unknown quick search: {kind}")
    if page < 0 or not 0 <= limit <= RETURN_LIMIT:
        raise invalid_parameter(f"The limit is 0 to {RETURN_LIMIT} and pages count from 0")
    if kind not in SEARCHED:
        return []
    table, columns = SEARCHED[kind]
    wanted = folded(text)
    rows = [row for row in work.store.rows(table) if any(wanted in folded(row[name]) for name in columns)]
    shown = [{name: row[name] for name in ("Id", *columns) if row[name] is not None} for row in rows]
    return shown[page * limit : (page + 1) * limit]
