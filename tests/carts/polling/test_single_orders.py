"""One order, asked for by its id by a person who misses it."""

from __future__ import annotations

import pytest

from carts.models import Order
from intake.fetch_record import FetchRefused, record_fetch
from tests.carts.polling.conftest import shop_order
from tests.carts.shops.ultracart import error

pytestmark = pytest.mark.usefixtures("receivers_away")


def test_an_order_of_any_age_comes_at_once(account, source):
    account.put(shop_order("DEMO-1", hours=24 * 500))
    assert "applied" in record_fetch(source, " DEMO-1 ")
    assert Order.objects.get().shop_order_id == "DEMO-1"
    assert "already known" in record_fetch(source, "DEMO-1")
    assert Order.objects.get().version == 1


def test_one_that_is_not_there_or_cannot_be_asked_for_is_told(account, source):
    with pytest.raises(FetchRefused, match="nothing under this id"):
        record_fetch(source, "DEMO-2")
    account.canned = [error("Invalid simple key specified.", 401)] * 3
    with pytest.raises(FetchRefused, match="key"):
        record_fetch(source, "DEMO-2")
    source.api_secret = ""
    with pytest.raises(FetchRefused, match="credentials"):
        record_fetch(source, "DEMO-2")


def test_a_shop_that_is_down_is_waited_for(account, source):
    account.canned = [error("Down", 503)] * 3
    account.put(shop_order("DEMO-1"))
    assert "as soon as the shop answers" in record_fetch(source, "DEMO-1")
    assert not Order.objects.exists()
