"""`manage.py preview`: the plan as a person reads it."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.factories import OrderFactory, SourceFactory, order_data


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("preview", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_decisions_and_steps_and_writes_nothing(shop):
    shop.order(shop_order_id="A-1")
    text = printed("A-1")
    assert "Sent: the order is past payment" in text
    assert "upsert_contact(email='ada@example.com'" in text
    assert "record_payment(amount='56.85'" in text
    calls = text.partition("Calls:")[2].strip().splitlines()
    assert calls[0].startswith("upsert_contact(data={'email': 'ada@example.com'")
    assert calls[1].strip().startswith("create_order(head={'contact_id': '(contact)'")
    assert shop.sandbox.effects() == []


def test_what_is_not_sent_makes_no_calls(shop):
    shop.connection.enabled = False
    shop.connection.save()
    shop.order(shop_order_id="A-1")
    assert "Calls: none" in printed("A-1")


def test_it_asks_which_shop_is_meant(shop):
    for source in (shop.source, SourceFactory(connection=shop.connection, slug="other")):
        OrderFactory(source=source, order=order_data(shop_order_id="A-1"))
    with pytest.raises(CommandError, match="--source"):
        printed("A-1")
    assert "Order A-1" in printed("A-1", "--source", "tea")


def test_it_says_what_it_could_not_find_or_ask(shop):
    with pytest.raises(CommandError, match="No order B-2"):
        printed("B-2")
    shop.order(shop_order_id="A-1")
    shop.sandbox.faults({"method": "*", "call": 1, "do": "http", "status": 503, "body": ""})
    with pytest.raises(CommandError, match="could not be asked"):
        printed("A-1")
