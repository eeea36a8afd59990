"""The account itself: its profile, its merchant accounts, its settings, and who is calling."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.clock import CLOCK
from sandbox.rest.listing import by_ids, by_text, chosen, page, table_rows
from sandbox.rest.routes import Request, route
from sandbox.rest.wire import Json, present
from sandbox.values import Row

CONTACT_TYPES = ["Customer", "Lead", "Other"]
APPOINTMENT_TYPES = ["Appointment", "Call", "Email", "Fax", "Letter", "Other"]
MERCHANT_TYPES = ("PAYPAL", "AUTHORIZE", "EWAY", "WEPAY", "STRIPE", "KEAP_PAY")
TESTS = {"id": by_ids(), "name": by_text("Name"), "type": by_text("Type")}


@route("GET", "/v2/businessProfile")
def get_business_profile(work: Work, request: Request) -> Json:
    return {
        "name": f"Sandbox {work.app}",
        "email": "office@example.com",
        "time_zone": str(CLOCK.zone),
        "currency_code": work.options.currency,
        "language_tag": "en-US",
        "address": {"country_code": "USA"},
    }


@route("GET", "/v2/merchants")
def list_merchants(work: Work, request: Request) -> Json:
    every = table_rows(work, "MerchantAccount")
    default = next((str(row["Id"]) for row in every if row["IsDefault"]), None)
    rows, order_by = chosen(request, every, TESTS), {"id": "Id", "name": "Name"}
    shown = page(work, request, "merchant_accounts", rows, _show_merchant, order_by)
    return {**shown, **present(default_merchant_account_id=default)}


def _show_merchant(row: Row) -> Json:
    kind = str(row["Type"] or "").upper()
    return present(
        id=str(row["Id"]),
        name=row["Name"],
        type=kind if kind in MERCHANT_TYPES else "UNSUPPORTED",
        is_test=bool(row["IsTest"]),
    )


@route("GET", "/v2/settings/contactOptionTypes")
def get_contact_option_types(work: Work, request: Request) -> Json:
    return {"option_types": CONTACT_TYPES}


@route("GET", "/v2/settings/applications:isEnabled")
def is_application_enabled(work: Work, request: Request) -> Json:
    return {"isEnabled": True}


@route("GET", "/v2/settings/applications:getConfiguration")
def get_configuration(work: Work, request: Request) -> Json:
    """The words of a list are in one text, with commas between: how it is, was not published."""
    told: Json = {"application": {"time_zone": str(CLOCK.zone)}}
    wanted = request.listed("fields") or []
    if "CONTACT" in wanted:
        told["contact"] = {"contact_types": ",".join(CONTACT_TYPES)}
    for name in ("APPOINTMENT", "TASK", "NOTE"):
        if name in wanted:
            told[name.lower()] = {"appointment_types": ",".join(APPOINTMENT_TYPES)}
    return told


@route("GET", "/v2/oauth/connect/userinfo")
def get_user_info(work: Work, request: Request) -> Json:
    return {
        "email": "user@example.com",
        "sub": "1",
        "id": "1",
        "keap_id": "user@example.com",
        "given_name": "Sandbox",
        "family_name": "User",
        "is_admin": True,
        "tenant_id": work.app,
    }
