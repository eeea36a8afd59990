"""Every word has a row here, and unknown words come through readable."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cascade.models import JournalEntry, Replication
from cascade.steps import STEPS
from logs_ui.log import display
from mappings.admin.sections import SECTIONS


@pytest.mark.parametrize(
    ("kind", "args", "title"),
    [
        ("upsert_contact", {"email": "ada@example.com"}, "Find or create the contact ada@example.com"),
        ("upsert_contact", {}, "Find or create the contact"),
        ("create_order", {"title": "hounds order 7"}, "Create the order “hounds order 7”"),
        ("create_order", {}, "Create the order"),
        (
            "add_line",
            {"title": "Leash", "quantity": 2, "unit_price": "9.95", "currency": "USD"},
            "Add the line “Leash”, 2 × 9.95 USD",
        ),
        ("add_line", {"title": "Leash", "amount": "19.90"}, "Add the line “Leash” over 19.90"),
        ("add_line", {"title": "Leash"}, "Add the line “Leash”"),
        ("add_line", {"title": ""}, "Add a line"),
        ("check_total", {"expected": "42.36", "currency": "USD"}, "Compare the CRM's total with 42.36 USD"),
        ("check_total", {"expected": "42.36"}, "Compare the CRM's total with 42.36"),
        ("check_total", {}, "Compare the CRM's total with the shop's"),
        (
            "record_payment",
            {"amount": "42.36", "currency": "USD", "type": "Check"},
            "Record the payment of 42.36 USD as Check",
        ),
        ("record_payment", {"amount": "42.36"}, "Record the payment of 42.36"),
        ("record_payment", {"amount": None}, "Record the payment"),
        ("set_order_fields", {}, "Fill in the fields and notes of the order"),
        ("apply_tag", {"tag_id": 12, "name": "VIP {x}"}, "Apply the tag “VIP {x}”"),
        ("apply_tag", {"tag_id": 12}, "Apply tag 12"),
        ("apply_tag", {}, "Apply a tag"),
        ("remove_tag", {"tag_id": 12, "name": "Cart"}, "Withdraw the tag “Cart”"),
        ("remove_tag", {"tag_id": 12}, "Withdraw tag 12"),
        ("create_lead_source", {"name": "SPRING"}, "Create the lead source “SPRING”"),
        ("create_partner", {"code": "JOE", "name": "Joe"}, "Make Joe a referral partner with the code “JOE”"),
        ("create_partner", {"code": "JOE"}, "Make the contact a referral partner with the code “JOE”"),
        ("opt_in", {"email": "a@example.com"}, "Make the address a@example.com marketable"),
        ("set_owner", {"owner_id": 3}, "Make user 3 the contact's owner"),
        ("set_shipping_fields", {}, "Write the shipment to the fields of the order"),
        (
            "add_note",
            {"title": "tea order 1 cancelled"},
            "Write the note “tea order 1 cancelled” on the contact",
        ),
        ("send_card", {}, "Send card"),
    ],
)
def test_step_title(kind: str, args: dict[str, Any], title: str) -> None:
    assert display.step_title(kind, args) == title


@pytest.mark.parametrize(
    ("state", "result", "outcome"),
    [
        ("planned", "", "Not sent yet"),
        ("sending", "", "Sending"),
        ("done", "", "Done"),
        ("done", "created", "Created"),
        ("done", "updated", "Updated"),
        ("done", "unchanged", "Already so, nothing sent"),
        ("done", "skipped", "Left out"),
        ("done", "merged", "Merged"),
        ("rejected", "created", "Refused"),
        ("unknown", "", "Outcome unknown"),
        ("uncertain", "", "Uncertain"),
        ("strange", "", "Strange"),
    ],
)
def test_step_outcome(state: str, result: str, outcome: str) -> None:
    assert display.step_outcome(state, result) == outcome


def test_a_compared_total_is_equal() -> None:
    assert display.step_outcome("done", "unchanged", "check_total") == "Equal"


@pytest.mark.parametrize(
    ("state", "error_class", "part"),
    [
        ("waiting", "", "starts by itself"),
        ("running", "", "on its way"),
        ("retrying", "transient", "tries again by itself"),
        ("retrying", "quota", "when the CRM takes calls again"),
        ("retrying", "unknown", "asked what arrived"),
        ("parked", "", "then resend"),
        ("parked", "unknown", "Look in the CRM"),
        ("parked", "transient", "retries are used up"),
        ("parked", "quota", "quota"),
        ("parked", "permanent", "Once corrected in the shop"),
        ("parked", "internal", "trace id"),
        ("failed", "", "Remove the cause"),
        ("failed", "permanent", "Once corrected in the shop"),
        ("failed", "configuration", "Correct the setting"),
        ("failed", "internal", "trace id"),
        ("succeeded", "configuration", "only what is missing"),
        ("succeeded", "permanent", "only what is missing"),
    ],
)
def test_todo_sentence(state: str, error_class: str, part: str) -> None:
    assert part in display.todo_sentence(state, error_class)


@pytest.mark.parametrize("state", ["succeeded", "skipped", "strange"])
def test_nothing_to_do_where_nothing_is_wrong(state: str) -> None:
    assert display.todo_sentence(state, "") == ""


@pytest.mark.parametrize(
    ("state", "reason", "level", "sentence"),
    [
        ("failed", "The tag is gone.", "error", "The tag is gone."),
        ("failed", "", "error", "The CRM or a setting stopped it."),
        ("succeeded", "", "info", "In the CRM."),
        ("succeeded", "", "warning", "In the CRM, with a warning: see the decisions."),
        ("succeeded", "", "error", "In the CRM, but something is missing: see the decisions."),
        ("waiting", "", "info", "Waiting for its turn."),
        ("strange", "", "info", ""),
    ],
)
def test_problem_sentence(state: str, reason: str, level: str, sentence: str) -> None:
    assert display.problem_sentence(state, reason, level) == sentence


@pytest.mark.parametrize(
    ("setting", "title", "anchor"),
    [
        ("credentials", "Credentials", "credentials"),
        ("contacts", "Order → Contact", "order-contact"),
        ("tags", "Order → Contact", "order-contact"),
        ("product_tags", "Product → Contact tags", "product-tags"),
        ("orders", "Order → Invoice/Order", "order-invoice"),
        ("products", "Order → Product mapping", "order-product"),
        ("payments", "Payment types", "payment-types"),
        ("carts", "Abandoned Cart → Contact", "abandoned-cart"),
        ("affiliates", "Affiliate → Contact", "affiliates"),
        ("shipping", "Shipping and tracking", "shipping"),
        ("order-product", "Order → Product mapping", "order-product"),
        ("lead_sources", "Lead sources", "lead_sources"),
    ],
)
def test_setting_place(setting: str, title: str, anchor: str) -> None:
    assert display.setting_place(setting) == (title, anchor)


def test_settings_are_sections_of_the_settings_page() -> None:
    assert set(display.SETTINGS.values()) <= {(section.title, section.anchor) for section in SECTIONS}


def test_every_state_and_level_has_words() -> None:
    assert set(display.STATES) == set(Replication.State.values)
    assert set(display.STEP_STATES) == set(JournalEntry.State.values)
    assert set(display.LEVELS) == set(Replication.Level.values)
    assert set(display.TRIGGERS) == set(Replication.Trigger.values)


@pytest.mark.parametrize(
    ("external", "shown"),
    [
        ({"order_id": 1234, "invoice_id": 1236}, [("invoice", "1236"), ("order", "1234")]),
        ({"job_id": 1234, "order_id": 1234}, [("order", "1234")]),
        ({"contact_id": None, "payment_id": 0, "goal_ref": "x1"}, [("goal ref", "x1")]),
        ({}, []),
    ],
)
def test_external_ids(external: dict[str, Any], shown: list[tuple[str, str]]) -> None:
    assert display.external_ids(external) == shown


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(seconds=-3), "0 ms"),
        (timedelta(milliseconds=850), "850 ms"),
        (timedelta(seconds=4.24), "4.2 s"),
        (timedelta(seconds=200), "3 min 20 s"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(days=3, hours=4), "3 d 4 h"),
    ],
)
def test_duration_words(duration: timedelta, words: str) -> None:
    assert display.duration_words(duration) == words


@pytest.mark.parametrize(
    ("kind", "args", "part"),
    [
        ("achieve_goal", {"integration": "shop", "call_name": "bought"}, "from the goal shop/bought"),
        ("run_action_set", {"action_set_id": 7}, "action set 7 did what it does"),
        ("run_action_set", {}, "whether it happened"),
        ("send_card", {}, "whether it happened"),
    ],
)
def test_look_for(kind: str, args: dict[str, Any], part: str) -> None:
    assert part in display.look_for(kind, args)


def test_every_step_has_a_title_of_its_own() -> None:
    assert STEPS
    assert all(step.title for step in STEPS.values())


def test_every_step_that_a_person_settles_says_what_to_look_for() -> None:
    assert all(step.look_for for step in STEPS.values() if step.once)
