"""DataService: any table by name, within its access rights."""

from __future__ import annotations

from typing import Any

from sandbox.access import all_columns, column_for, project, read_column, readable, table_for
from sandbox.account import Work
from sandbox.problems import invalid_parameter, record_not_found
from sandbox.query import conditions, equals, matching_keys
from sandbox.records import add_record, delete_record, update_record
from sandbox.services.registry import method
from sandbox.values import Stored, Wire, rank

PAGE_LIMIT = 1000
APP_SETTINGS = {
    ("Contact", "optiontitles"): "Mr.,Mrs.,Ms.,Dr.",
    ("Contact", "optiontypes"): "Customer,Lead,Other",
    ("Contact", "optionphonetypes"): "Work,Home,Mobile,Other",
}


@method("DataService.query", "string int int struct array", "string int int struct array string boolean")
def query(
    work: Work,
    table_name: str,
    limit: int,
    page: int,
    wanted: dict[str, Wire],
    fields: list[Wire],
    order_by: str = "",
    ascending: bool = True,
) -> list[dict[str, Stored]]:
    table = table_for(table_name, "r")
    names = readable(work, table, fields)
    keys = matching_keys(work.store, table, conditions(work, table, wanted))
    if order_by:
        column_for(all_columns(work.store, table), table_name, order_by, "r")
        ranks = {
            key: rank(read_column(work.store, table_name, work.store.row(table_name, key), order_by))
            for key in keys
        }
        keys = sorted(keys, key=ranks.__getitem__, reverse=not ascending)
    return [project(work.store, table, key, names) for key in _page(work, keys, limit, page)]


def _page(work: Work, keys: list[int], limit: int, page: int) -> list[int]:
    if limit < 0 or page < 0 or (limit > PAGE_LIMIT and work.options.limit_above_1000 == "fault"):
        raise invalid_parameter(f"The limit is 0 to {PAGE_LIMIT} and pages count from 0")
    size = min(limit, PAGE_LIMIT)
    return keys[page * size : (page + 1) * size]


@method("DataService.count", "string struct")
def count(work: Work, table_name: str, wanted: dict[str, Wire]) -> int:
    table = table_for(table_name, "r")
    return len(matching_keys(work.store, table, conditions(work, table, wanted)))


@method("DataService.findByField", "string int int string string array")
def find_by_field(
    work: Work, table_name: str, limit: int, page: int, column: str, value: str, fields: list[Wire]
) -> list[dict[str, Stored]]:
    table = table_for(table_name, "r")
    names = readable(work, table, fields)
    if "%" in value and work.options.find_by_field_wildcard:
        tests = conditions(work, table, {column: value})
    else:
        kind = column_for(all_columns(work.store, table), table_name, column, "r").type
        tests = [equals(column, kind, value)]
    keys = matching_keys(work.store, table, tests)
    return [project(work.store, table, key, names) for key in _page(work, keys, limit, page)]


@method("DataService.load", "string int array")
def load(work: Work, table_name: str, record_id: int, fields: list[Wire]) -> dict[str, Stored]:
    table = table_for(table_name, "r")
    names = readable(work, table, fields)
    if not table.has_id or work.store.get(table_name, record_id) is None:
        raise record_not_found()
    return project(work.store, table, record_id, names)


method("DataService.add", "string struct")(add_record)
method("DataService.update", "string int struct")(update_record)
method("DataService.delete", "string int")(delete_record)


@method("DataService.getAppSetting", "string string")
def get_app_setting(work: Work, module: str, setting: str) -> str:
    return APP_SETTINGS.get((module, setting), "")


@method("DataService.getUserInfo", keyed=False)
def get_user_info(work: Work) -> dict[str, Any]:
    """The member names are assumed: none were published. Refused on the legacy path."""
    return {
        "globalUserId": 1,
        "localUserId": 1,
        "displayName": "Sandbox User",
        "casUsername": "user@example.com",
        "appAlias": work.app,
        "appUrl": f"https://{work.app}.infusionsoft.com",
    }
