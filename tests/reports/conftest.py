"""A connection to the sandbox as the account that reports read, and data sets of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xmlrpc.client import ServerProxy

import pytest
from django.utils import timezone

from mappings.models import Connection
from reports.models import DataSet, RowVersion, Run
from reports.reading.reader import run_work
from reports.selectors import shown_rows
from reports.services import run_start
from tests.factories import ConnectionFactory
from tests.sandbox_client import Sandbox

Row = dict[str, Any]
MakeDataSet = Callable[..., DataSet]


@pytest.fixture
def crm(unlimited: Sandbox, settings: Any) -> Sandbox:
    """The sandbox, as the CRM of every connection; reports make as many calls as they like."""
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    settings.REPORTS_PACE_SECONDS = 0.0
    unlimited_scope = {"per_second": 1_000_000, "per_minute": None, "per_day": None}
    settings.CRM_LIMITS = {"service_key": unlimited_scope, "app": unlimited_scope}
    return unlimited


@pytest.fixture
def connection(db: None, crm: Sandbox) -> Connection:
    return ConnectionFactory(app_name="demo", bound_app="demo", api_key=crm.key)


@pytest.fixture
def make(connection: Connection) -> MakeDataSet:
    def data_set(report: str = "data-query", **values: Any) -> DataSet:
        values = {"slug": "one", "name": "One", "connection": connection, **values}
        return DataSet.objects.create(report=report, **values)

    return data_set


def contacts(number: int, first: int = 1) -> list[Row]:
    return [
        {"FirstName": f"Ann {n}", "Email": f"ann{n}@example.com", "City": "Ogden"}
        for n in range(first, first + number)
    ]


def run_whole(data_set: DataSet, **changes: Any) -> Run:
    """Begin a run and go on with it to its end, without its waits."""
    data_set = DataSet.objects.select_related("connection__merchant").get(pk=data_set.pk)
    run = run_start(data_set, Run.Trigger.PERSON)
    assert run is not None
    if changes:
        Run.objects.filter(pk=run.pk).update(**changes)
    return run_on(run)


def run_on(run: Run) -> Run:
    for _ in range(100):
        Run.objects.filter(pk=run.pk).update(not_before=None)
        found = run_work(run.pk)
        if found is not None and found.state not in Run.OPEN:
            return found
    raise AssertionError(Run.objects.values().get(pk=run.pk))


def shown(data_set: DataSet, *columns: str) -> list[tuple[Any, ...]]:
    data_set.refresh_from_db()
    rows = shown_rows(data_set).order_by("key_number", "key")
    return [tuple(row.values.get(name) for name in columns) for row in rows]


def change(crm: Sandbox, table: str, id: int, **values: Any) -> None:
    """As somebody in the CRM would."""
    with ServerProxy(f"{crm.url}/api/xmlrpc") as server:
        server.DataService.update(crm.key, table, id, values)


def remove(crm: Sandbox, table: str, *ids: int) -> None:
    with ServerProxy(f"{crm.url}/api/xmlrpc") as server:
        for id in ids:
            server.DataService.delete(crm.key, table, id)


def lease_over() -> None:
    Run.objects.update(lease_until=timezone.now())


def written() -> list[int]:
    return list(RowVersion.objects.order_by("id").values_list("id", flat=True))
