"""Marketplace orders: their channel is told, and those without an e-mail address are skipped by it."""

from __future__ import annotations

from cascade.models import Replication
from tests.ultracart import deliveries

State = Replication.State
AMAZON = {
    "billing": {"email": ""},
    "channel_partner": {"channel_partner_code": "amazon", "channel_partner_order_id": "114-1"},
}


def test_an_order_without_an_email_is_skipped_by_its_channel(merchant):
    merchant.source.quiet_channels = "ebay, Amazon"
    merchant.source.save()
    row = merchant.sends(deliveries.order("M", **AMAZON))
    assert (row.state, row.level) == (State.SKIPPED, Replication.Level.INFO)
    assert "by the channel amazon" in row.reason
    assert merchant.sandbox.rows("Contact") == []
    row = merchant.sends(deliveries.order("N", **{**AMAZON, "channel_partner": None}))
    assert row.state == State.PARKED
    row = merchant.sends(deliveries.order("O", channel_partner=AMAZON["channel_partner"]))
    assert row.state == State.SUCCEEDED


def test_by_default_it_is_parked(merchant):
    row = merchant.sends(deliveries.order("M", **AMAZON))
    assert row.state == State.PARKED
    assert "no e-mail address" in row.reason


def test_what_the_marketplace_told_goes_to_the_fields_that_name_it(merchant):
    field = {"FormId": -9, "Name": "Marketplace", "Label": "Marketplace", "DataType": 15}
    merchant.sandbox.seed(DataFormField=[field])
    merchant.connection.field_mappings.create(
        target="order", crm_field="_Marketplace", shop_field="marketplace_order_number"
    )
    merchant.sends(deliveries.order("M", channel_partner=AMAZON["channel_partner"]))
    (job,) = merchant.sandbox.rows("Job")
    assert job["_Marketplace"] == "114-1"
