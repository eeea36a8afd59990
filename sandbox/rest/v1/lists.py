"""The small lists of v1, the account, and goals."""

from __future__ import annotations

from typing import Any

from sandbox.account import Work
from sandbox.clock import CLOCK
from sandbox.rest.kinds import integer, shaped
from sandbox.rest.listing import table_rows
from sandbox.rest.problems import not_found
from sandbox.rest.routes import Request, route
from sandbox.rest.v1.listing import page
from sandbox.rest.wire import Json, exact, present
from sandbox.services.funnel import achieve_goal
from sandbox.values import Row

GOAL_BODY = shaped("contact_id", contact_id=integer)


@route("POST", "/v1/campaigns/goals/{integration}/{call_name}", status=201)
def achieve(work: Work, request: Request) -> list[Json]:
    contact = request.read(GOAL_BODY)["contact_id"]
    if work.store.get("Contact", contact) is None:
        raise not_found("Contact", str(contact))
    results = achieve_goal(work, request.path["integration"], request.path["call_name"], contact)
    return [
        {
            "campaign_id": each["funnelId"],
            "goal_id": each["goalId"],
            "message": each["msg"],
            "success": each["success"],
        }
        for each in results
    ]


@route("GET", "/v1/products")
def list_products(work: Work, request: Request) -> Json:
    """All, or those that `active` asks for."""
    active = request.query.get("active")
    rows = table_rows(work, "Product")
    if active is not None:
        rows = [row for row in rows if bool(row["Status"]) == (active == "true")]
    return page(request, "products", rows, show_product)


def show_product(row: Row) -> Json:
    return present(
        id=row["Id"],
        product_name=row["ProductName"],
        product_price=exact(row["ProductPrice"]),
        product_desc=row["Description"],
        product_short_desc=row["ShortDescription"],
        sku=row["Sku"],
        status=row["Status"] or 0,
        subscription_only=False,
        subscription_plans=[],
        product_options=[],
    )


@route("GET", "/v1/users")
def list_users(work: Work, request: Request) -> Json:
    return page(request, "users", table_rows(work, "User"), _show_user)


def _show_user(row: Row) -> Json:
    return present(
        id=row["Id"],
        global_user_id=row["GlobalUserId"],
        given_name=row["FirstName"],
        family_name=row["LastName"],
        email_address=row["Email"],
        status="Active",
    )


@route("GET", "/v1/affiliates")
def list_affiliates(work: Work, request: Request) -> Json:
    return page(request, "affiliates", table_rows(work, "Affiliate"), _show_affiliate)


def _show_affiliate(row: Row) -> Json:
    return present(
        id=row["Id"],
        code=row["AffCode"],
        name=row["AffName"],
        contact_id=row["ContactId"],
        parent_id=row["ParentId"],
        status="ACTIVE" if row["Status"] else "INACTIVE",
    )


@route("GET", "/v1/account/profile")
def get_account_profile(work: Work, request: Request) -> Json:
    return {
        "name": f"Sandbox {work.app}",
        "email": "office@example.com",
        "currency_code": work.options.currency,
        "language_tag": "en-US",
        "time_zone": str(CLOCK.zone),
    }


@route("GET", "/v1/setting/contact/optionTypes")
def get_option_types(work: Work, request: Request) -> Any:
    return {"value": "Customer,Lead,Other"}
