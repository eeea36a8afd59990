"""Adding, changing and deleting rows with everything the CRM does along the way, and noting the effect."""

from __future__ import annotations

from sandbox.access import table_for, writable
from sandbox.account import Work
from sandbox.clock import crm_now
from sandbox.problems import no_record_to_update, record_not_found
from sandbox.store import Store
from sandbox.table_index import folded
from sandbox.tables.tables import TABLES
from sandbox.values import Row, Stored, Wire

NOUNS = {
    "Contact": "contact",
    "Company": "company",
    "ContactGroup": "tag",
    "ContactGroupCategory": "tag_category",
    "Product": "product",
    "ProductCategory": "product_category",
    "ProductCategoryAssign": "product_category_assign",
    "Job": "order",
    "OrderItem": "order_item",
    "InvoiceItem": "invoice_item",
    "LeadSource": "lead_source",
    "DataFormField": "custom_field",
    "Affiliate": "affiliate",
    "AffResource": "affiliate_resource",
    "Referral": "referral",
    "ContactAction": "task",
    "Lead": "opportunity",
    "Ticket": "ticket",
    "CProgram": "program",
    "CreditCard": "card",
    "RecurringOrder": "subscription",
    "SubscriptionPlan": "subscription_plan",
    "JobRecurringInstance": "subscription_billing",
    "LeadSourceCategory": "lead_source_category",
    "LeadSourceExpense": "lead_source_expense",
    "LeadSourceRecurringExpense": "lead_source_recurring_expense",
    "ProductInterest": "product_interest",
    "ProductInterestBundle": "product_interest_bundle",
    "ProductOptValue": "product_option_value",
    "ProductOption": "product_option",
}
ACTION_NOUNS = {"note": "note", "appointment": "appointment"}
"""By ContactAction.ObjectType, case ignored; every other one is a task."""

ACTING_USER = 1
CARD_OK = 3


def existing(store: Store, table: str, key: Stored) -> Row:
    """The row with that id. Raises the fault that names it where there is none."""
    row = store.get(table, key) if isinstance(key, int) else None
    if row is None:
        raise record_not_found(f"{table} was not found for Id:{key}")
    return row


def kept(table: str, values: Row) -> Row:
    """What of the values is stored: of a card's number the last four digits, of its check code nothing."""
    if table != "CreditCard":
        return values
    row = {name: value for name, value in values.items() if name not in ("CardNumber", "CVV2")}
    number = values.get("CardNumber")
    return row | ({"Last4": str(number)[-4:], "Status": CARD_OK} if number else {})


def insert_stamped(store: Store, table: str, values: Row) -> int:
    """Insert with the columns the CRM fills in itself: when, by whom, and a company's own CompanyID."""
    now = crm_now()
    stamps: Row = {
        "DateCreated": now,
        "CreationDate": now,
        "LastUpdated": now,
        "CreatedBy": ACTING_USER,
        "LastUpdatedBy": ACTING_USER,
    }
    known = {name: value for name, value in stamps.items() if name in TABLES[table].columns}
    key = store.insert(table, known | kept(table, values))
    if table == "Company" and values.get("CompanyID") is None:
        store.change(table, key, {"CompanyID": key})
    return key


def change_stamped(store: Store, table: str, key: int, values: Row) -> None:
    stamps: Row = {"LastUpdated": crm_now(), "LastUpdatedBy": ACTING_USER}
    known = {name: value for name, value in stamps.items() if name in TABLES[table].columns}
    store.change(table, key, known | values)


def noun_of(table: str, row: Row) -> str:
    """What an effect calls a row."""
    if row.get("IsAppointment"):
        return "appointment"
    return ACTION_NOUNS.get(folded(row.get("ObjectType")), NOUNS[table])


def add_record(work: Work, table_name: str, values: dict[str, Wire]) -> int:
    row = kept(table_name, writable(work, table_for(table_name, "a"), values, "a"))
    key = insert_stamped(work.store, table_name, row)
    _move_stage(work.store, table_name, key, 0)
    noun = noun_of(table_name, row)
    work.note(f"{noun}.created", {noun: key}, dict(row))
    return key


def update_record(work: Work, table_name: str, key: int, values: dict[str, Wire]) -> int:
    table = table_for(table_name, "e")
    if work.store.get(table_name, key) is None:
        raise no_record_to_update(key)
    row = kept(table_name, writable(work, table, values, "e"))
    stage = work.store.row(table_name, key).get("StageID")
    change_stamped(work.store, table_name, key, row)
    _move_stage(work.store, table_name, key, stage)
    if table_name == "Job" and "ContactId" in row and work.options.job_moves_invoice:
        for invoice in work.store.find("Invoice", "JobId", key):
            work.store.change("Invoice", invoice, {"ContactId": row["ContactId"]})
    noun = noun_of(table_name, work.store.row(table_name, key))
    work.note(f"{noun}.updated", {noun: key}, dict(row))
    return key


def _move_stage(store: Store, table: str, key: int, stage: Stored) -> None:
    """Keep that an opportunity went to another stage."""
    row = store.row(table, key)
    if table != "Lead" or row["StageID"] == (stage or None):
        return
    earlier = [
        store.row("StageMove", move)["MoveDate"]
        for move in store.keys("StageMove")
        if store.row("StageMove", move)["OpportunityId"] == key
    ]
    now = crm_now()
    store.change(table, key, {"DateInStage": now})
    insert_stamped(
        store,
        "StageMove",
        {
            "OpportunityId": key,
            "MoveFromStage": stage or 0,
            "MoveToStage": row["StageID"],
            "MoveDate": now,
            "PrevStageMoveDate": earlier[-1] if earlier else None,
            "UserId": row["UserID"],
        },
    )


def delete_record(work: Work, table_name: str, key: int) -> bool:
    table_for(table_name, "d")
    if work.store.get(table_name, key) is None:
        raise record_not_found(f"Unable to perform delete. Record not found for Id:{key}")
    noun = noun_of(table_name, work.store.row(table_name, key))
    work.store.remove(table_name, key)
    if table_name == "Contact":
        for assigned in work.store.find("ContactGroupAssign", "ContactId", key):
            work.store.remove("ContactGroupAssign", assigned)
    work.note(f"{noun}.deleted", {noun: key})
    return True
