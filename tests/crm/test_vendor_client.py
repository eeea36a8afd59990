"""The vendor's own client of v2 (PyPI keap-core-v2-sdk), unmodified: it reads what we made, we what it made.

It reads replies strictly, so it holds the sandbox to what the vendor's program expects.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import keap_core_v2_client as vendor
import pytest

from crm.contract import Crm
from crm.credentials import Endpoints, HeaderKey
from crm.object_records import CompanyData, NoteData, OpportunityData, TaskData
from crm.records import AppointmentData, DuplicateCheck, OrderHead
from tests.crm.contract_helpers import ANN, MARKER, MUG, PLACED, add_contact, pay, rest
from tests.sandbox_client import Sandbox

WHEN = datetime(2026, 7, 1, 14, 30, tzinfo=UTC)
# Every list and reading of it that takes no argument, where the sandbox has the operation.
READINGS = [
    (vendor.AffiliateApi, ["list_affiliate", "get_affiliate_custom_fields"]),
    (vendor.AutomationApi, ["list_automations"]),
    (vendor.BusinessProfileApi, ["get_business_profile"]),
    (vendor.CampaignApi, ["list_campaigns"]),
    (vendor.CompanyApi, ["list_companies", "retrieve_company_custom_field_model"]),
    (vendor.ContactApi, ["list_contacts", "retrieve_contact_model"]),
    (vendor.LeadSourceCategoriesApi, ["list_lead_source_categories"]),
    (vendor.LeadSourcesApi, ["list_lead_sources"]),
    (vendor.MerchantsApi, ["list_merchants"]),
    (
        vendor.OpportunityApi,
        [
            "list_opportunities",
            "list_opportunity_stages",
            "list_opportunity_stage_moves",
            "retrieve_opportunity_custom_field_model",
        ],
    ),
    (vendor.OrdersApi, ["list_orders", "retrieve_order_custom_field_model"]),
    (vendor.ProductCategoriesApi, ["list_product_categories"]),
    (vendor.ProductsApi, ["list_products"]),
    (
        vendor.SettingsApi,
        ["get_application_configurations", "get_contact_option_types", "is_application_enabled"],
    ),
    (vendor.TagsApi, ["list_tags", "list_tag_categories"]),
    (vendor.TaskApi, ["list_tasks", "retrieve_task_model"]),
    (vendor.TaskAppointmentsApi, ["list_appointments"]),
    (vendor.UsersApi, ["list_paginated_users", "get_user_info"]),
]


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Any]:
    settings = vendor.Configuration(host=f"{sandbox.url}/crm", access_token=sandbox.key)
    with vendor.ApiClient(settings) as client:
        yield client


@pytest.fixture
def rest_crm(sandbox: Sandbox) -> Iterator[Crm]:
    with rest(HeaderKey(sandbox.key), endpoints=Endpoints(gateway_url=sandbox.url)) as crm:
        yield crm


@pytest.fixture
def account(sandbox: Sandbox) -> dict[str, int]:
    ids = sandbox.seed(
        User=[{"FirstName": "Rita", "Email": "rita@example.com"}],
        Stage=[{"StageName": "New", "StageOrder": 1}],
        DataFormField=[
            {"Name": "Ref", "Label": "Ref", "FormId": form, "DataType": 15} for form in (-1, -4, -5, -6, -9)
        ],
    )
    return {"user": ids["User"][0], "stage": ids["Stage"][0], "contact": add_contact(sandbox)}


def test_it_reads_what_we_made(client: Any, rest_crm: Crm, account: dict[str, int]) -> None:
    contact, user, stage = account["contact"], account["user"], account["stage"]
    fields = {"_Ref": "r-1"}
    company = rest_crm.create_company(CompanyData(name="Acme", email="o@example.com", fields=fields))
    deal = OpportunityData(contact_id=contact, title="Deal", stage_id=stage, closes_at=WHEN, fields=fields)
    opportunity = rest_crm.create_opportunity(deal)
    task = rest_crm.create_task(TaskData(contact_id=contact, title="Call", user_id=user, due_at=WHEN))
    note = rest_crm.create_note(contact, NoteData(title="Heard", text=MARKER, user_id=user))
    meeting = AppointmentData(
        contact_id=contact, title="Meet", starts_at=WHEN, ends_at=WHEN + timedelta(hours=1), user_id=user
    )
    appointment = rest_crm.create_appointment(meeting)
    tag = rest_crm.create_tag("Gold", rest_crm.create_tag_category("Levels"))
    rest_crm.apply_tags(contact, [tag])
    rest_crm.rename_tag(tag, "Silver")

    assert vendor.CompanyApi(client).get_company(str(company)).company_name == "Acme"
    found = vendor.OpportunityApi(client).get_opportunity(str(opportunity))
    assert (found.opportunity_title, found.stage.name, found.contact.id) == ("Deal", "New", str(contact))
    assert vendor.TaskApi(client).get_task(str(task)).title == "Call"
    assert vendor.NoteApi(client).get_note(str(contact), str(note)).text == MARKER
    (listed,) = vendor.TaskAppointmentsApi(client).list_appointments().task_appointments
    assert (listed.id, listed.title, listed.start_time) == (
        str(appointment),
        "Meet",
        "2026-07-01T14:30:00.000Z",
    )
    (tagged,) = vendor.ContactApi(client).list_tags_for_contact(str(contact)).tags
    assert (tagged.tag.name, tagged.tag.id) == ("Silver", str(tag))


def test_we_read_what_it_made(client: Any, rest_crm: Crm, account: dict[str, int]) -> None:
    contact, user = str(account["contact"]), str(account["user"])
    company = vendor.CompanyApi(client).create_company(
        create_company_request=vendor.CreateCompanyRequest(company_name="Acme", notes=MARKER)
    )
    opportunity = vendor.OpportunityApi(client).create_opportunity(
        create_opportunity_request=vendor.CreateOpportunityRequest(
            contact_id=contact, opportunity_title="Deal", stage_id=str(account["stage"])
        )
    )
    task = vendor.TaskApi(client).create_task(
        create_task_request=vendor.CreateTaskRequest(
            assigned_to_user_id=user, contact_id=contact, title="Call", priority="CRITICAL"
        )
    )
    note = vendor.NoteApi(client).create_note(
        contact, create_note_request=vendor.CreateNoteRequest(user_id=user, title="Heard")
    )
    assert rest_crm.read_company(int(company.id)).notes == MARKER
    assert [each.id for each in rest_crm.list_opportunities(account["contact"])] == [int(opportunity.id)]
    assert [each.priority for each in rest_crm.list_tasks(account["contact"])] == ["Critical"]
    assert [each.id for each in rest_crm.list_notes(account["contact"])] == [int(note.id)]
    assert int(task.id) == rest_crm.find_tasks("Call")[0].id


def test_it_reads_every_list(client: Any, rest_crm: Crm, sandbox: Sandbox, account: dict[str, int]) -> None:
    contact = rest_crm.upsert_contact(ANN, DuplicateCheck.EMAIL)
    head = OrderHead(contact_id=contact, title=MARKER, placed_at=PLACED)
    order = rest_crm.create_order(head, [MUG], fields={"_Ref": "r-1"}, notes="thanks").ref
    rest_crm.record_payment(order, pay("22.96"))
    deal = OpportunityData(contact_id=contact, title="Deal", stage_id=account["stage"])
    rest_crm.create_opportunity(deal)
    sandbox.seed(
        Affiliate=[{"AffName": "Zoe", "AffCode": "zoe1", "Status": 1}],
        LeadSource=[{"Name": "SPRING", "Status": "Active"}],
        Product=[{"ProductName": "Mug", "ProductPrice": 12.5}],
        FunnelCampaign=[{"Name": "Spring", "Published": 1}],
    )
    for api, names in READINGS:
        for name in names:
            assert getattr(api(client), name)() is not None, name
    assert vendor.OrdersApi(client).get_order(str(order.order_id)).order_items[0].name == "Blue mug"
