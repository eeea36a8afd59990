"""The pages of data sets and the API that programs pull them from."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from mappings.models import Connection, DirectoryRow
from reports.models import DataSet, Run
from reports.services import versions_prune
from tests.factories import ApiKeyFactory, ConnectionFactory, MembershipFactory, SourceFactory
from tests.mappings.conftest import client_of
from tests.reports.conftest import change, connection, contacts, crm, make, remove, run_on, run_whole
from tests.sandbox_client import Sandbox

__all__ = ["connection", "crm", "make"]
pytestmark = pytest.mark.django_db
COLUMNS = ["Id", "FirstName", "Email", "City"]
OF_CONTACTS = {"arguments": {"table": "Contact"}, "columns": COLUMNS}
LIST, NEW = "/logs/datasets/", "/logs/datasets/new/"


@pytest.fixture
def editor(connection: Connection) -> Client:
    return client_of(MembershipFactory(merchant=connection.merchant, can_edit_settings=True).user)


@pytest.fixture
def viewer(connection: Connection) -> Client:
    return client_of(MembershipFactory(merchant=connection.merchant, can_edit_settings=False).user)


@pytest.fixture
def stranger() -> Client:
    return client_of(MembershipFactory(merchant=ConnectionFactory().merchant).user)


def body(answer: Any) -> str:
    if answer.streaming:
        return str(b"".join(answer.streaming_content).decode())
    return str(answer.content.decode())


def new_of(connection: Connection, table: str = "Contact") -> str:
    return f"{NEW}?connection={connection.pk}&report=data-query&table={table}"


def test_a_report_is_chosen_previewed_saved_and_read(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    crm.seed(Contact=[*contacts(3), {"FirstName": "<b>Eve</b>", "City": "Provo"}])
    assert "Data - Query a Data Table" in body(editor.get(NEW))
    page = new_of(connection)
    given = {"name": "People of Ogden", "query": "'City':'ogden'", "fields": COLUMNS, "mode": "replace"}
    shown = body(editor.post(page, {**given, "preview": ""}))
    assert "3 rows: about" in shown and "ann3@example.com" in shown and "Provo" not in shown
    assert not DataSet.objects.exists()
    answer = editor.post(page, {**given, "cron": "0 5 * * *", "save": ""}, follow=True)
    assert "Saved. The first run begins now." in body(answer)
    data_set = DataSet.objects.get()
    assert (data_set.slug, data_set.cron, data_set.next_run_at is not None) == (
        "people-of-ogden",
        "0 5 * * *",
        True,
    )
    run_on(Run.objects.get())
    text = body(editor.get(f"{LIST}{data_set.pk}/"))
    assert "Counted: complete" in text and "ann1@example.com" in text and "app demo" in text
    assert "People of Ogden" in body(editor.get(LIST))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"query": "'City:'Ogden'"}, "A colon is missing after"),
        ({"query": "'Cty':'Ogden'"}, "There is no column Cty here. Did you mean City? (character 2)"),
        ({"cron": "", "own_cron": "*/5 * * * *"}, "once a day at most"),
        ({"own_cron": "61 5 * * *"}, "cannot be read"),
        ({"query": "'LastUpdated':'~>=~LastSuccessfulRun'"}, "Choose Merge"),
        ({"slug": "Bad Slug"}, "Small letters, digits and hyphens."),
        ({"fields": ["Password"]}, "Password is not one of the available choices"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    editor: Client, connection: Connection, wrong: dict[str, Any], said: str
) -> None:
    given = {"name": "People", "mode": "replace", "cron": "0 5 * * *", "save": "", **wrong}
    text = body(editor.post(new_of(connection), given)).replace("&#x27;", "'")
    assert said in text
    assert not DataSet.objects.exists()


def test_days_affiliates_and_saved_searches_are_chosen(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    ids = crm.seed(
        Affiliate=[{"AffName": "Zoe", "AffCode": "zoe1"}],
        SavedFilter=[{"FilterName": "Big spenders", "UserId": 1}, {"FilterName": "Others", "UserId": 4}],
    )
    DirectoryRow.objects.create(
        connection=connection,
        kind="affiliate",
        crm_id=ids["Affiliate"][0],
        name="Zoe",
        seen_at=timezone.now(),
    )
    page = f"{NEW}?connection={connection.pk}&report=affiliate-commissions"
    assert "Zoe" in body(editor.get(page))
    given = {"name": "Commissions", "mode": "append", "cron": "", "affiliates": ids["Affiliate"], "save": ""}
    days = {"duration": "range", "start_kind": "relative", "end_kind": "relative", "report_date": "specific"}
    assert "Enter a number of days back" in body(editor.post(page, {**given, **days}))
    editor.post(page, {**given, **days, "start_days": 10, "end_days": 5})
    made = DataSet.objects.get()
    assert made.arguments["affiliates"] == ids["Affiliate"] and made.arguments["period"]["start_days"] == 10
    pinned = Run.objects.get().arguments["period"]
    assert date.fromisoformat(pinned["last"]) - date.fromisoformat(pinned["first"]) == timedelta(days=5)

    page = f"{NEW}?connection={connection.pk}&report=search-partial&searches=big"
    text = body(editor.get(page))
    assert "Big spenders" in text and "Others" not in text
    search = f"{ids['SavedFilter'][0]}/1"
    given = {"name": "Big", "mode": "replace", "cron": "", "search": search, "save": ""}
    assert "Password holds a secret" in body(editor.post(page, {**given, "search_fields": "Email, Password"}))
    editor.post(page, {**given, "search_fields": "Email, City"})
    made = DataSet.objects.get(slug="big")
    assert made.arguments == {
        "search": {"id": ids["SavedFilter"][0], "user": 1},
        "search_fields": ["Email", "City"],
    }


def test_a_table_that_rest_has_not_is_said_before_saving(editor: Client, connection: Connection) -> None:
    Connection.objects.update(protocol="rest")
    page = new_of(connection, "Invoice")
    assert "It is not read over REST." in body(editor.get(page))
    text = body(editor.post(page, {"name": "Invoices", "mode": "replace", "preview": ""}))
    assert "has no such report. Choose another protocol" in text
    assert "REST does not tell" in body(editor.get(new_of(connection, "Job")))


def test_the_rows_are_sorted_searched_and_paged(
    viewer: Client, make: Any, crm: Sandbox, django_assert_num_queries: Any
) -> None:
    crm.seed(Contact=[*contacts(60), {"FirstName": "Zoe", "City": "Provo"}])
    data_set = make(**OF_CONTACTS)
    run_whole(data_set)
    page = f"{LIST}{data_set.pk}/"
    with CaptureQueriesContext(database) as first:
        text = body(viewer.get(page))
    queries = len(first)
    assert "Ann 50" in text and "Ann 51<" not in text and "page=2" in text and "Run now" not in text
    assert "Ann 51<" in body(viewer.get(page + "?page=2"))
    assert body(viewer.get(page + "?sort=-FirstName")).index("Zoe") < body(
        viewer.get(page + "?sort=-FirstName")
    ).index("Ann 9<")
    found = body(viewer.get(page + "?column=City&q=pro"))
    assert "Zoe" in found and "Ann 1<" not in found
    with django_assert_num_queries(queries):
        viewer.get(page + "?page=2")
    for odd in ("?page=0", "?page=99999999", "?sort=-nothing", "?column=x&q=y", "?tab=z", "?before=x"):
        assert viewer.get(page + odd).status_code == 200


def test_changes_and_the_history_of_a_row(viewer: Client, make: Any, crm: Sandbox) -> None:
    ids = crm.seed(Contact=contacts(3))["Contact"]
    data_set = make(**OF_CONTACTS)
    run_whole(data_set)
    change(crm, "Contact", ids[0], City="Provo")
    remove(crm, "Contact", ids[1])
    run_whole(data_set)
    page = f"{LIST}{data_set.pk}/?tab="
    assert "No longer in the CRM" in body(viewer.get(page + "changes"))
    history = body(viewer.get(f"{page}changes&key={ids[0]}"))
    assert history.index("Provo") < history.index("Ogden")
    assert "1 new, 0 changed, 0 gone" not in (runs := body(viewer.get(page + "runs")))
    assert "0 new, 1 changed, 1 gone" in runs


def test_files_are_told_apart_noted_and_safe(viewer: Client, make: Any, crm: Sandbox) -> None:
    crm.seed(Contact=[{"FirstName": "=1+1", "City": "Süd"}, {"FirstName": "-5"}])
    data_set = make(**OF_CONTACTS)
    run_whole(data_set)
    page = f"{LIST}{data_set.pk}/rows."
    answer = viewer.get(page + "csv")
    assert answer["Content-Disposition"].startswith('attachment; filename="demo-one-')
    rows = list(csv.reader(io.StringIO(body(answer).removeprefix("\ufeff"))))
    assert rows[0] == COLUMNS and [row[1] for row in rows[1:]] == ["'=1+1", "-5"] and rows[1][3] == "Süd"
    assert "\n" + rows[1][0] + ",=1+1," in body(viewer.get(page + "csv?plain")).replace("\r", "")
    lines = [json.loads(line) for line in body(viewer.get(page + "jsonl")).splitlines()]
    assert lines[1]["City"] is None and lines[0]["FirstName"] == "=1+1"
    book = load_workbook(io.BytesIO(b"".join(viewer.get(page + "xlsx").streaming_content)))  # type: ignore[attr-defined]
    assert [cell.value for cell in book["Rows"][2]][1] == "'=1+1"
    assert LogEntry.objects.filter(change_message__contains="Downloaded the data set One").count() == 4
    assert viewer.get(page + "exe").status_code == 404


def test_another_merchant_s_data_set_is_not_there(
    stranger: Client, viewer: Client, make: Any, crm: Sandbox
) -> None:
    data_set = make(**OF_CONTACTS)
    page = f"{LIST}{data_set.pk}/"
    for path in (page, page + "rows.csv", page + "?tab=runs"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(page + "act/", {"run": ""}).status_code == 404
    assert "One" not in body(stranger.get(LIST))
    assert viewer.post(page + "act/", {"run": ""}).status_code == 403
    assert viewer.get(NEW).status_code == 403
    assert viewer.get(page + "act/").status_code == 405
    assert Client().get(page).status_code == 302
    assert not Run.objects.exists()


def test_a_run_is_begun_cancelled_scheduled_and_the_data_set_deleted(
    editor: Client, make: Any, crm: Sandbox
) -> None:
    crm.seed(Contact=contacts(3))
    data_set = make(**OF_CONTACTS)
    act = f"{LIST}{data_set.pk}/act/"
    assert "Begun." in body(editor.post(act, {"run": ""}, follow=True))
    assert "under way already" in body(editor.post(act, {"run": ""}, follow=True))
    assert "The run ends" in body(editor.post(act, {"cancel": ""}, follow=True))
    assert run_on(Run.objects.get()).state == Run.State.CANCELLED
    assert "Not changed." in body(editor.post(act, {"schedule": "", "own_cron": "1 2 3"}, follow=True))
    assert "Scheduled." in body(editor.post(act, {"schedule": "", "cron": "0 5 * * 1"}, follow=True))
    data_set.refresh_from_db()
    assert (data_set.cron, data_set.next_run_at is not None) == ("0 5 * * 1", True)
    assert "Not deleted" in body(editor.post(act, {"delete": "two"}, follow=True))
    assert "Deleted One" in body(editor.post(act, {"delete": "one"}, follow=True))
    assert not DataSet.objects.exists()


# -- the API --------------------------------------------------------------------------------------


@pytest.fixture
def pull(connection: Connection, client: Client) -> Any:
    ApiKeyFactory(source=SourceFactory(connection=connection), plain="the-key")
    header = {"Authorization": "Api-Key the-key"}
    return lambda rest="": client.get(f"/api/v1/datasets/{rest}", headers=header)


def test_a_program_pulls_rows_changes_and_tombstones(pull: Any, make: Any, crm: Sandbox) -> None:
    ids = crm.seed(Contact=contacts(5))["Contact"]
    data_set = make(**OF_CONTACTS)
    run_whole(data_set)
    (told,) = pull().json()["results"]
    assert (told["slug"], told["app"], told["rows"], told["columns"][0]["name"]) == ("one", "demo", 5, "Id")
    first = pull("one/rows/?limit=3").json()
    rest = pull(f"one/rows/?after={first['next_after']}").json()
    assert (first["more"], rest["more"]) == (True, False)
    rows = {row["key"]: row["values"] for row in first["results"] + rest["results"]}
    assert rows[str(ids[4])]["FirstName"] == "Ann 5" and len(rows) == 5
    assert pull(f"one/rows/?after={rest['next_after']}").json()["results"] == []
    remove(crm, "Contact", ids[1])
    change(crm, "Contact", ids[2], City="Provo")
    run_whole(data_set)
    later = pull(f"one/rows/?after={rest['next_after']}").json()["results"]
    assert {(row["key"], row["deleted"]) for row in later} == {(str(ids[1]), True), (str(ids[2]), False)}


def test_what_a_program_asks_for_wrongly(pull: Any, make: Any, crm: Sandbox, client: Client) -> None:
    make(**OF_CONTACTS)
    SourceFactory(connection=ConnectionFactory(), slug="other")
    ApiKeyFactory(source=SourceFactory(), plain="another-key")
    assert pull("two/rows/").status_code == 404
    for wrong in ("after=-1", "after=x", "limit=0", "limit=1001", "what=1", "after=1&after=2"):
        assert pull(f"one/rows/?{wrong}").status_code == 400
    other = {"Authorization": "Api-Key another-key"}
    assert client.get("/api/v1/datasets/one/rows/", headers=other).status_code == 404
    assert client.get("/api/v1/datasets/").status_code == 401


def test_old_versions_go_and_whoever_needs_them_is_told(
    pull: Any, make: Any, crm: Sandbox, settings: Any
) -> None:
    ids = crm.seed(Contact=contacts(3))["Contact"]
    data_set = make(**OF_CONTACTS)
    run_whole(data_set)
    first = pull("one/rows/").json()
    remove(crm, "Contact", ids[0])
    change(crm, "Contact", ids[1], City="Provo")
    run_whole(data_set)
    run_whole(data_set)
    data_set.refresh_from_db()
    assert versions_prune(data_set, timezone.now()) == 0
    assert versions_prune(data_set, timezone.now() + timedelta(days=91)) == 3
    assert [row["key"] for row in pull("one/rows/").json()["results"]] == [str(ids[2]), str(ids[1])]
    answer = pull(f"one/rows/?after={first['results'][0]['change']}")
    assert answer.status_code == 410 and "Read from the beginning" in answer.json()["detail"]
    assert Run.objects.count() == 1
