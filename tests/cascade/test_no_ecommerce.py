"""An account without the e-commerce component: the order stops with a cure, the contact gets all the rest."""

from __future__ import annotations

import pytest

from cascade.models import Replication
from cascade.services import replication_resend
from mappings.models import Connection
from tests.cascade.conftest import Shop

CLOSED = [
    {
        "method": "InvoiceService.createBlankOrder",
        "code": 7,
        "text": "[NoTableAccess]Access denied",
    },
    {"method": "InvoiceService.createBlankOrder", "code": 0, "text": "No such handler: InvoiceService"},
]


@pytest.mark.parametrize("closed", CLOSED, ids=["no access", "no such call"])
def test_the_contact_and_its_tags_arrive_and_the_reason_names_a_cure(
    shop: Shop, closed: dict[str, object]
) -> None:
    shop.sandbox.faults({**closed, "do": "fault", "times": 0})
    ended = shop.drive(shop.replication())
    assert (ended.state, ended.error_class) == (Replication.State.FAILED, "configuration")
    assert "This CRM account" in ended.reason
    assert shop.sandbox.rows("Job") == []
    assert len(shop.sandbox.rows("ContactGroupAssign")) == 2


def test_with_skip_order_creation_such_an_account_works(shop: Shop) -> None:
    shop.sandbox.faults({**CLOSED[0], "do": "fault", "times": 0})
    failed = shop.drive(shop.replication())
    Connection.objects.update(skip_order_creation=True)
    assert shop.drive(replication_resend(failed, user=None)).state == Replication.State.SUCCEEDED
