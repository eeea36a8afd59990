"""SearchService: the quick searches for people and companies (the other kinds find nothing), and the saved
searches, of which each finds the contacts whose city is its name, or all of them for `All contacts`.
"""

from __future__ import annotations

from sandbox.account import Work
from sandbox.problems import invalid_parameter
from sandbox.records import existing
from sandbox.services.registry import method
from sandbox.table_index import folded
from sandbox.values import Row, Wire

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
SAVED_ROWS = 100  # of a page; how many the CRM gives was not published
EVERYBODY = "All contacts"
SAVED_COLUMNS = {"Id": "Id", "ContactName": "Name", "Email": "Email", "City": "City", "Password": "Password"}


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


@method("SearchService.getAllReportColumns", "int int")
def get_all_report_columns(work: Work, search_id: int, user_id: int) -> dict[str, str]:
    _saved(work, search_id, user_id)
    return dict(SAVED_COLUMNS)


@method("SearchService.getSavedSearchResultsAllFields", "int int int")
def get_saved_search_results_all_fields(work: Work, search_id: int, user_id: int, page: int) -> list[Row]:
    return _found(work, search_id, user_id, page, list(SAVED_COLUMNS))


@method("SearchService.getSavedSearchResults", "int int int array")
def get_saved_search_results(
    work: Work, search_id: int, user_id: int, page: int, fields: list[Wire]
) -> list[Row]:
    unknown = [str(name) for name in fields if name not in SAVED_COLUMNS]
    if unknown:
        raise invalid_parameter(f"The saved search has no column {unknown[0]}")
    return _found(work, search_id, user_id, page, ["Id", *(str(name) for name in fields)])


def _saved(work: Work, search_id: int, user_id: int) -> Row:
    row = existing(work.store, "SavedFilter", search_id)
    if row["UserId"] != user_id:
        raise invalid_parameter(f"The saved search {search_id} is not of user {user_id}")
    return row


def _found(work: Work, search_id: int, user_id: int, page: int, names: list[str]) -> list[Row]:
    """Empty values are there, as blanks."""
    wanted = _saved(work, search_id, user_id)["FilterName"]
    rows = [row for row in work.store.rows("Contact") if wanted in (EVERYBODY, row["City"])]
    shown: list[Row] = []
    for row in rows[page * SAVED_ROWS : (page + 1) * SAVED_ROWS]:
        name = f"{row['FirstName'] or ''} {row['LastName'] or ''}".strip()
        told: Row = {**{each: row.get(each) or "" for each in names}, "ContactName": name}
        shown.append({each: told[each] for each in dict.fromkeys(names)})
    return shown
