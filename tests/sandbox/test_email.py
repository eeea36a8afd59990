from __future__ import annotations

import pytest

from tests.sandbox.conftest import Wire

ANN = "ann@example.com"


def status(crm: Wire, email: str = ANN) -> int:
    answer: int = crm("APIEmailService.getOptStatus", email)
    return answer


def test_only_the_first_opt_in_of_an_address_works(crm: Wire) -> None:
    assert status(crm) == 0
    assert crm("APIEmailService.optIn", ANN, "") is True
    assert crm("APIEmailService.optIn", ANN.upper(), "again") is False
    assert status(crm) == 1
    [effect] = crm.sandbox.effects("email.opted_in")
    assert effect["values"] == {"email": ANN, "reason": "API Opt In"}


def test_who_opted_out_cannot_be_brought_back(crm: Wire) -> None:
    assert crm("APIEmailService.optOut", ANN, "asked") is True
    assert crm("APIEmailService.optOut", ANN, "asked") is True
    assert crm("APIEmailService.optIn", ANN, "shop") is False
    assert status(crm) == 0
    assert [effect["kind"] for effect in crm.sandbox.effects()] == ["email.opted_out"]


@pytest.mark.parametrize(
    ("kind", "number", "can_opt_in"),
    [
        ("DoubleOptin", 2, False),
        ("Confirmed", 2, False),
        ("UnengagedMarketable", 1, False),
        ("NonMarketable", 0, True),
        ("HardBounce", 0, False),
    ],
)
def test_the_status_is_the_row_of_the_address(crm: Wire, kind: str, number: int, can_opt_in: bool) -> None:
    crm.sandbox.seed(EmailAddStatus=[{"Email": ANN, "Type": kind}])
    assert status(crm) == number
    assert crm("APIEmailService.optIn", ANN, "shop") is can_opt_in
    [row] = crm("DataService.query", "EmailAddStatus", 10, 0, {"Email": ANN}, ["Type"])
    assert row == {"Type": "SingleOptIn" if can_opt_in else kind}


def test_mail_goes_to_all_or_to_none(crm: Wire) -> None:
    people = [{"Email": ANN}, {"Email": "bob@example.com"}]
    contacts = crm.sandbox.seed(Contact=people)["Contact"]
    crm("APIEmailService.optIn", ANN, "shop")
    content = ("shop@example.com", "~Contact.Email~", "", "", "Text", "Hello", "", "Hello Ann")
    assert crm("APIEmailService.sendEmail", contacts, *content) is False
    assert crm("APIEmailService.sendEmail", contacts[:1], *content) is True
    assert crm("APIEmailService.sendEmail", contacts[:1], "17") is True
    assert [effect["values"]["subject"] for effect in crm.sandbox.effects("email.sent")] == [
        "Hello",
        "template 17",
    ]
