"""How long the CRM asks to wait, in the headers of its replies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from crm.http.transport import LONGEST_WAIT_SECONDS, http_time, seconds_to_wait


def http_date(seconds_from_now: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds_from_now), usegmt=True)


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        ("999999999", LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
    ],
)
def test_the_wait_the_crm_asks_for_is_read(header: str, low: float, high: float) -> None:
    wait = seconds_to_wait({"Retry-After": header})
    assert wait is not None and low <= wait <= high


def test_a_date_to_wait_for_is_read() -> None:
    in_a_minute = seconds_to_wait({"Retry-After": http_date(60)})
    assert in_a_minute is not None and 1 <= in_a_minute <= 61
    assert seconds_to_wait({"Retry-After": http_date(7 * 86_400)}) == LONGEST_WAIT_SECONDS


@pytest.mark.parametrize("header", ["", "soon", "-5", "1e9", "٣"])
def test_a_wait_that_is_none_is_ignored(header: str) -> None:
    assert seconds_to_wait({"Retry-After": header}) is None


def test_a_spent_quota_says_when_it_is_new() -> None:
    expiry = str(int((datetime.now(UTC).timestamp() + 90) * 1000))
    headers = {"x-keap-product-quota-available": "0", "x-keap-product-quota-expiry-time": expiry}
    wait = seconds_to_wait(headers)
    assert wait is not None and 60 < wait <= 90
    assert seconds_to_wait({**headers, "x-keap-product-quota-available": "1"}) is None
    assert seconds_to_wait({**headers, "Retry-After": "3"}) == 3


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("Wed, 21 Oct 2015 07:28:00 GMT", "2015-10-21T07:28:00+00:00"),
        ("Wed, 21 Oct 2015 07:28:00 +0200", "2015-10-21T05:28:00+00:00"),
        ("Wed, 21 Oct 2015 07:28:00 -0000", "2015-10-21T07:28:00+00:00"),
        ("Fri, 31 Dec 9999 23:00:00 -2300", None),
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_server_s_clock_is_read_or_nothing(header: str, told: str | None) -> None:
    assert http_time(header) == (told and datetime.fromisoformat(told))
