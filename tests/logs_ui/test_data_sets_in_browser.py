"""The pages of data sets in a real browser: nothing is cut off, nothing is refused by the policy."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from intake.models import Source
from mappings.models import Membership
from reports.models import DataSet, RowVersion, Run
from tests.logs_ui.conftest import CHROMIUM

WIDTHS = (1400, 390)
COLUMNS = ["Id", "FirstName", "Email", "LongNotesWithoutAnyBreakInItsName", "City", "DateCreated"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.urls("tests.logs_ui.urls"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium."),
]


@pytest.fixture
def data_set(transactional_db: None, shop: Source, person: Any) -> DataSet:
    """Two runs, one complete and one under way, rows with long words, and one that is gone."""
    Membership.objects.update(can_edit_settings=True)
    made = DataSet.objects.create(
        connection=shop.connection,
        slug="people-with-a-long-short-name-in-it",
        name="People of " + "a-very-long-place-name-" * 3,
        report="data-query",
        arguments={"table": "Contact", "query": "'City':'" + "x" * 120 + "'"},
        cron="0 5 * * *",
        next_run_at=timezone.now(),
        shown_run=1,
        row_count=60,
        schema=[{"name": name, "label": "", "type": "text", "gone": False} for name in COLUMNS],
    )
    common = {"data_set": made, "protocol": "xmlrpc", "mode": "replace"}
    Run.objects.create(
        **common,
        number=1,
        state="complete",
        proof="counted",
        rows=60,
        pages=2,
        calls=5,
        added=60,
        counted_before=60,
        counted_after=60,
        ended_at=timezone.now(),
    )
    Run.objects.create(**common, number=2, state="reading", rows=20, error="e" * 200, notes=["n" * 150])
    for number in range(60):
        values = dict.fromkeys(COLUMNS, "w" * 90) | {"Id": number, "City": None}
        RowVersion.objects.create(
            data_set=made,
            key=str(number),
            key_number=number,
            born=1,
            values={} if number == 7 else values,
            gone=number == 7,
            read_at=timezone.now(),
        )
    return made


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "path",
    [
        "",
        "{pk}/",
        "{pk}/?tab=changes",
        "{pk}/?tab=runs",
        "new/",
        "new/?connection={connection}&report=data-query&table=Contact",
    ],
)
def test_the_pages_fit(path: str, width: int, data_set: DataSet, open_page: Any) -> None:
    address = path.format(pk=data_set.pk, connection=data_set.connection_id)
    page = open_page(f"/logs/datasets/{address}", width)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
