"""What each shop tells of an order paid in part."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from carts.order_data import MoneyState, OrderData, Stage
from carts.platforms.magento.platform import Magento
from carts.platforms.woocommerce.platform import WooCommerce
from intake.models import Source
from tests.carts.platforms.test_shopify_order import parse as shopify
from tests.carts.shops import woocommerce
from tests.carts.shops.magento.payloads import money, order, told
from tests.factories import PLACED_AT

RECEIVED, ON_ACCOUNT = MoneyState.RECEIVED, MoneyState.ON_ACCOUNT


def facts(data: OrderData) -> tuple[Stage, MoneyState, Decimal | None, Decimal | None]:
    return data.stage, data.money, data.received, data.outstanding


# -- Shopify: an order of 61.00 --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"total_outstanding": "41.00"}, (Stage.PAID, RECEIVED, 20, 41)),
        ({"total_outstanding": "41.00", "fulfillment_status": "fulfilled"}, (Stage.PAID, ON_ACCOUNT, 20, 41)),
        ({"total_outstanding": None, "fulfillment_status": "fulfilled"}, (Stage.PAID, ON_ACCOUNT, 0, 61)),
        ({"total_outstanding": None}, (Stage.UNPAID, RECEIVED, 0, 61)),
        ({"total_outstanding": "70.00"}, (Stage.PAID, RECEIVED, 0, 61)),
        ({"total_outstanding": "0.00", "financial_status": "paid"}, (Stage.PAID, RECEIVED, 61, 0)),
        ({"total_outstanding": "61.00", "financial_status": "pending"}, (Stage.UNPAID, RECEIVED, 0, 61)),
        (
            {"total_outstanding": "41.00", "financial_status": "partially_refunded"},
            (Stage.PAID, RECEIVED, 20, 41),
        ),
        (
            {"total_outstanding": "0.00", "financial_status": "partially_refunded"},
            (Stage.PAID, RECEIVED, 61, 0),
        ),
    ],
)
def test_shopify_tells_what_is_outstanding(changes: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert facts(shopify(**{"financial_status": "partially_paid", **changes})) == expected


def test_a_cancelled_shopify_order_keeps_what_was_paid() -> None:
    data = shopify(
        financial_status="partially_paid", total_outstanding="41.00", cancelled_at=PLACED_AT.isoformat()
    )
    assert (data.stage, data.paid_amount) == (Stage.REJECTED, Decimal(20))


# -- WooCommerce: an order of 29.14 ----------------------------------------------------------------------


def deposit(family: str = "_wc_deposits_", **values: str) -> list[dict[str, Any]]:
    told = {"order_has_deposit": "yes", "deposit_amount": "9.14", "second_payment": "20.00", **values}
    return [{"id": 1, "key": f"{family}{key}", "value": value} for key, value in told.items() if value]


def woo(status: str, meta: list[dict[str, Any]], *, paid: bool = True) -> OrderData:
    dates = {} if paid else {"date_paid": None, "date_paid_gmt": None}
    payload = woocommerce.order(status=status, meta_data=meta, **dates)
    return WooCommerce().parse(Source(platform="woocommerce", currency="USD"), payload, PLACED_AT)


PART = Decimal("9.14"), Decimal("20.00")
WHOLE = Decimal("29.14"), Decimal(0)
NONE = Decimal(0), Decimal("29.14")


@pytest.mark.parametrize("family", ["_wc_deposits_", "_awcdp_deposits_"])
@pytest.mark.parametrize(
    ("status", "values", "paid", "expected"),
    [
        ("partially-paid", {}, True, (Stage.PAID, RECEIVED, *PART)),
        ("wc-partially-paid", {}, False, (Stage.PAID, RECEIVED, *PART)),
        ("partially-paid", {"deposit_paid": "yes", "second_payment_paid": "no"}, False,
         (Stage.PAID, RECEIVED, *PART)),
        ("partially-paid", {"deposit_amount": ""}, True, (Stage.PAID, RECEIVED, *PART)),
        ("partially-paid", {"deposit_paid": "no"}, True, (Stage.UNPAID, RECEIVED, *NONE)),
        ("partially-paid", {"deposit_amount": "", "second_payment": ""}, True,
         (Stage.UNPAID, RECEIVED, *NONE)),
        ("partially-paid", {"order_has_deposit": "no"}, True, (Stage.UNPAID, RECEIVED, *NONE)),
        ("pending", {}, False, (Stage.UNPAID, RECEIVED, *NONE)),
        ("completed", {}, True, (Stage.PAID, RECEIVED, *WHOLE)),
        ("completed", {"second_payment_paid": "no"}, True, (Stage.PAID, ON_ACCOUNT, *PART)),
        ("processing", {"second_payment_paid": "yes"}, True, (Stage.PAID, RECEIVED, *WHOLE)),
        ("processing", {"second_payment_paid": "no", "deposit_paid": "no"}, False,
         (Stage.PAID, ON_ACCOUNT, *NONE)),
    ],
)  # fmt: skip
def test_woocommerce_deposits(
    family: str, status: str, values: dict[str, str], paid: bool, expected: tuple[Any, ...]
) -> None:
    assert facts(woo(status, deposit(family, **values), paid=paid)) == expected


def test_a_cancelled_woocommerce_order_keeps_its_deposit() -> None:
    data = woo("cancelled", deposit())
    assert (data.stage, data.paid_amount) == (Stage.REJECTED, Decimal("9.14"))
    assert woo("cancelled", deposit(), paid=False).paid_amount == 0


def test_the_deposit_order_of_woocommerces_own_extension_is_paid_in_full() -> None:
    assert facts(woo("partial-payment", [])) == (Stage.PAID, RECEIVED, *WHOLE)


# -- Magento: an order of 43.85 --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"total_paid": "20.0000"}, (ON_ACCOUNT, Decimal(20), Decimal("23.85"))),
        ({"total_paid": "20.0000", "total_refunded": "5.0000"}, (ON_ACCOUNT, Decimal(20), Decimal("23.85"))),
        ({"total_paid": "0.0000", "total_refunded": "5.0000"}, (ON_ACCOUNT, Decimal(0), Decimal("43.85"))),
        ({"total_paid": "", "total_refunded": "5.0000"}, (RECEIVED, Decimal("43.85"), Decimal(0))),
        ({"total_paid": "", "total_due": "23.8500"}, (ON_ACCOUNT, Decimal(20), Decimal("23.85"))),
        ({"total_paid": ""}, (ON_ACCOUNT, Decimal(0), Decimal("43.85"))),
        ({"total_paid": "43.8500"}, (RECEIVED, Decimal("43.85"), Decimal(0))),
        ({"total_paid": "25.9000", "total_canceled": "17.9500"}, (RECEIVED, Decimal("25.90"), Decimal(0))),
    ],
)
def test_magento_tells_what_was_invoiced_and_paid(values: dict[str, str], expected: tuple[Any, ...]) -> None:
    data = Magento().parse(
        Source(platform="magento", currency="USD"),
        told(order(state="processing", status="own_word", **money(**values))),
        PLACED_AT,
    )
    assert facts(data) == (Stage.PAID, *expected)
