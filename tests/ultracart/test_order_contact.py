"""Order → Contact: what an order makes of its buyer."""

from __future__ import annotations

import pytest

from cascade.models import Replication
from tests.ultracart import deliveries

State = Replication.State
BILLING = ("StreetAddress1", "City", "PostalCode")
SHIPPING = ("Address2Street1", "City2", "PostalCode2")


def digits(phone: str | None) -> str:
    return "".join(character for character in phone or "" if character.isdigit())


def test_a_paid_order_makes_the_contact_with_names_title_company_and_phones(merchant):
    billing = {"title": "Dr.", "company": "Example Ltd."}
    row = merchant.sends(deliveries.order(billing=billing))
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    contact = merchant.contact()
    assert (contact["Title"], contact["FirstName"], contact["LastName"]) == ("Dr.", "Ada", "Example")
    assert contact["Company"] == "Example Ltd."
    assert [digits(contact[f"Phone{n}"]) for n in (1, 2, 3)] == ["4045550100", "4045550199", ""]


@pytest.mark.parametrize("primary", ["billing", "shipping"])
def test_the_primary_address_becomes_address_1_and_the_other_address_2(merchant, primary):
    merchant.set(primary_address=primary)
    merchant.sends(deliveries.order())
    contact = merchant.contact()
    there = [tuple(contact[name] for name in names) for names in (BILLING, SHIPPING)]
    billed, shipped = ("1 Main Street", "Atlanta", "30303"), ("2 Side Street", "Macon", "31201")
    assert there == ([billed, shipped] if primary == "billing" else [shipped, billed])
    assert (contact["Country"], contact["FirstName"]) == ("United States", "Ada")


def test_a_blank_value_never_overwrites_what_the_contact_has(merchant):
    known = {
        "Email": "ada@example.com", "FirstName": "Ada", "Company": "Kept Ltd.", "Phone1": "555-7777",
        "StreetAddress1": "9 Old Road", "StreetAddress2": "Flat 3", "Title": "Prof.",
    }  # fmt: skip
    merchant.sandbox.seed(Contact=[known])
    nothing = dict.fromkeys(("day_phone", "cell_phone", "evening_phone", "address1", "city"))
    row = merchant.sends(deliveries.order(billing=nothing, shipping={"address1": ""}))
    assert row.state == State.SUCCEEDED, row.reason
    contact = merchant.contact()
    assert (contact["Company"], contact["Title"]) == ("Kept Ltd.", "Prof.")
    assert digits(contact["Phone1"]) == "5557777"
    assert (contact["StreetAddress1"], contact["StreetAddress2"]) == ("9 Old Road", "Flat 3")
    assert (contact["LastName"], contact["PostalCode"]) == ("Example", "30303")


def test_a_contact_of_the_address_is_updated_and_never_doubled(merchant):
    merchant.sandbox.seed(Contact=[{"Email": "ada@example.com", "FirstName": "Adelaide"}])
    merchant.sends(deliveries.order())
    assert merchant.contact()["FirstName"] == "Ada"  # `contact` finds exactly one


def test_a_later_order_that_tells_less_blanks_nothing(merchant):
    merchant.sends(deliveries.order("A", billing={"company": "Example Ltd."}))
    first = merchant.contact()
    less = dict.fromkeys(("company", "day_phone", "cell_phone", "evening_phone", "address1", "postal_code"))
    row = merchant.sends(deliveries.order("B", billing={**less, "city": "Athens"}))
    assert row.state == State.SUCCEEDED, row.reason
    written = {**first, "City": "Athens"}
    assert {k: v for k, v in merchant.contact().items() if k != "LastUpdated"} == {
        k: v for k, v in written.items() if k != "LastUpdated"
    }


def test_an_address_that_is_both_is_written_once(merchant):
    same = deliveries.order()["billing"]
    merchant.sandbox.seed(Contact=[{"Email": "ada@example.com", "City2": "Kept"}])
    merchant.sends(
        deliveries.order(shipping={name: same.get(name) for name in ("address1", "city", "postal_code")})
    )
    contact = merchant.contact()
    assert (contact["StreetAddress1"], contact["City2"]) == ("1 Main Street", "Kept")


@pytest.mark.parametrize("check", ["Email", "EmailAndName", "EmailAndNameAndCompany"])
def test_who_is_the_same_person_goes_by_the_duplicate_check(merchant, check):
    merchant.set(duplicate_check=check)
    merchant.sends(deliveries.order("A"))
    row = merchant.sends(deliveries.order("B", billing={"first_name": "Bert"}))
    assert row.state == State.SUCCEEDED, row.reason
    names = sorted(row["FirstName"] for row in merchant.sandbox.rows("Contact"))
    assert names == (["Bert"] if check == "Email" else ["Ada", "Bert"])


# -- tags -----------------------------------------------------------------------------------------------


def test_each_contact_tag_of_the_comma_separated_list_is_applied_by_its_name(merchant):
    merchant.make_tags("Customer", "Dog owner", "Cats, dogs", "Nobody's")
    merchant.set(contact_tags=' Customer ,Dog owner,"Cats, dogs"')
    row = merchant.sends(deliveries.order())
    assert (row.level, merchant.tags()) == ("info", {"Customer", "Dog owner", "Cats, dogs"})


def test_an_unknown_tag_is_named_in_the_log_and_the_others_are_applied(merchant):
    merchant.make_tags("Customer", "dog owner")
    merchant.set(contact_tags="Customer, Dog owner")
    row = merchant.sends(deliveries.order())
    assert (row.state, row.level) == (State.SUCCEEDED, "error")
    assert "“Dog owner” is not in the CRM" in row.reason
    assert merchant.tags() == {"Customer"}


# -- mailing list ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("ticked", [True, False, None])
def test_the_mailing_list_tag_and_the_opt_in_only_if_the_box_was_ticked(merchant, ticked):
    merchant.make_tags("Newsletter")
    merchant.set(mailing_list_tag="Newsletter", mailing_list_opt_in=True)
    marketing = {} if ticked is None else {"mailing_list": ticked}
    row = merchant.sends(deliveries.order(marketing=marketing))
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert merchant.tags() == ({"Newsletter"} if ticked else set())
    assert len(merchant.sandbox.effects("email.opted_in")) == (1 if ticked else 0)


def test_the_mailing_list_tag_alone_makes_nobody_marketable(merchant):
    merchant.make_tags("Newsletter")
    merchant.set(mailing_list_tag="Newsletter")
    merchant.sends(deliveries.order(marketing={"mailing_list": True}))
    assert merchant.tags() == {"Newsletter"}
    assert merchant.sandbox.effects("email.opted_in") == []


def test_whoever_opted_out_stays_out_and_the_log_says_so(merchant):
    merchant.set(mailing_list_opt_in=True)
    merchant.sandbox.seed(EmailAddStatus=[{"Email": "ada@example.com", "Type": "UnsubscribeOptOut"}])
    row = merchant.sends(deliveries.order(marketing={"mailing_list": True}))
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert "opted out" in row.reason
    assert merchant.sandbox.effects("email.opted_in") == []


@pytest.mark.parametrize("ticked", [True, False])
def test_the_mailing_list_filter_sends_only_orders_whose_buyer_ticked_the_box(merchant, ticked):
    merchant.set(mailing_list_filter=True)
    row = merchant.sends(deliveries.order(marketing={"mailing_list": ticked}))
    if ticked:
        assert row.state == State.SUCCEEDED
        return
    assert row.state == State.SKIPPED and "Mailing List Filter" in row.reason
    assert merchant.sandbox.rows("Contact") == merchant.sandbox.rows("Job") == []


# -- action set, and no order ---------------------------------------------------------------------------


def test_the_action_set_runs_on_the_contact_of_every_order(merchant):
    (action_set,) = merchant.sandbox.seed(ActionSequence=[{"TemplateName": "Welcome"}])["ActionSequence"]
    merchant.set(contact_action_set_id=action_set)
    row = merchant.sends(deliveries.order())
    ran = [effect["ids"]["action_set"] for effect in merchant.sandbox.effects("action_set.run")]
    if merchant.rest:
        assert (row.state, row.level, ran) == (State.SUCCEEDED, "error", [])
        assert "XML-RPC" in row.reason and "action set" in row.reason.lower()
        assert len(merchant.sandbox.rows("Payment")) == 1  # the order itself came through
    else:
        assert (row.state, ran) == (State.SUCCEEDED, [action_set])


def test_skip_order_creation_leaves_contact_tags_and_goals(merchant):
    merchant.make_tags("Customer", "Dog owner")
    merchant.set(skip_order_creation=True, contact_tags="Customer")
    merchant.connection.product_tags.create(item_id="BONE", tag_name="Dog owner")
    merchant.connection.product_goals.create(
        trigger="item", value="BONE", integration="shop", call_name="boughtBone"
    )
    merchant.sandbox.seed(
        FunnelCampaign=[{"Id": 7, "Name": "Buyers", "Published": 1}],
        FunnelGoal=[{"CampaignId": 7, "Integration": "shop", "CallName": "boughtBone"}],
    )
    row = merchant.sends(deliveries.order())
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert merchant.tags() == {"Customer", "Dog owner"}
    assert len(merchant.sandbox.effects("goal.achieved")) == 1
    assert merchant.sandbox.rows("Job") == merchant.sandbox.rows("Invoice") == []


def test_skip_order_creation_runs_the_action_sets_after_the_contact(merchant_on):
    merchant = merchant_on("xmlrpc")
    names = [{"TemplateName": name} for name in ("Welcome", "Bone bought")]
    ids = merchant.sandbox.seed(ActionSequence=names)["ActionSequence"]
    merchant.set(skip_order_creation=True, contact_action_set_id=ids[0])
    merchant.connection.product_action_sets.create(item_id="BONE", action_set_id=ids[1])
    row = merchant.sends(deliveries.order())
    assert row.state == State.SUCCEEDED
    ran = [effect["ids"]["action_set"] for effect in merchant.sandbox.effects("action_set.run")]
    assert ran == ids
