"""Lead Source Field: the coupon the buyer typed, or nothing."""

from __future__ import annotations

import pytest

from cascade.models import Replication
from tests.ultracart import deliveries
from tests.ultracart.deliveries import coupon

State = Replication.State
COUPONS = [coupon("WELCOME", automatic=True), coupon("SPRING", "SPRING-7F3K"), coupon("SUMMER")]


def lead_sources(merchant) -> dict[int, str]:
    return {row["Id"]: row["Name"] for row in merchant.sandbox.rows("LeadSource")}


def lead_source(merchant) -> str | None:
    return lead_sources(merchant).get(merchant.contact()["LeadSourceId"])


def test_the_first_typed_coupon_gives_the_lead_source_by_its_configured_code(merchant):
    merchant.sandbox.seed(LeadSource=[{"Name": name} for name in ("WELCOME", "SUMMER", "SPRING")])
    merchant.set(lead_source_field="coupon")
    row = merchant.sends(deliveries.order(coupons=COUPONS))
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert lead_source(merchant) == "SPRING"


def test_blank_sets_no_lead_source(merchant):
    merchant.sandbox.seed(LeadSource=[{"Name": "SPRING"}])
    merchant.set(lead_source_field="")
    row = merchant.sends(deliveries.order(coupons=COUPONS))
    assert (row.level, lead_source(merchant)) == ("info", None)


@pytest.mark.parametrize("coupons", [[], [coupon("WELCOME", automatic=True)]])
def test_without_a_typed_coupon_there_is_no_lead_source(merchant, coupons):
    merchant.set(lead_source_field="coupon", create_lead_source=True)
    row = merchant.sends(deliveries.order(coupons=coupons))
    assert (row.level, lead_source(merchant), lead_sources(merchant)) == ("info", None, {})


def test_create_lead_source_creates_it_once_if_it_does_not_exist(merchant):
    merchant.set(lead_source_field="coupon", create_lead_source=True)
    row = merchant.sends(deliveries.order("A", coupons=[coupon("SPRING")]))
    merchant.sends(deliveries.order("B", coupons=[coupon("SPRING")], billing={"email": "bob@example.com"}))
    assert (row.level, list(lead_sources(merchant).values())) == ("info", ["SPRING"])
    assert lead_source(merchant) == "SPRING"


def test_without_create_lead_source_the_order_goes_on_and_the_log_says_so(merchant):
    merchant.set(lead_source_field="coupon")
    row = merchant.sends(deliveries.order(coupons=COUPONS))
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert "“SPRING” is not in the CRM" in row.reason and "Create Lead Source" in row.reason
    assert (lead_source(merchant), lead_sources(merchant)) == (None, {})
    assert len(merchant.sandbox.rows("Payment")) == 1


@pytest.mark.parametrize("replaces", [False, True])
def test_a_lead_source_already_on_the_contact_is_kept_unless_it_is_to_be_replaced(merchant, replaces):
    first, _ = merchant.sandbox.seed(LeadSource=[{"Name": "Fair"}, {"Name": "SPRING"}])["LeadSource"]
    merchant.sandbox.seed(Contact=[{"Email": "ada@example.com", "LeadSourceId": first}])
    merchant.set(lead_source_field="coupon", replace_lead_source=replaces)
    merchant.sends(deliveries.order(coupons=COUPONS))
    assert lead_source(merchant) == ("SPRING" if replaces else "Fair")
