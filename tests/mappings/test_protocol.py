"""The merchant's choice of protocol: what is built for it, what is tested on saving, and the way to REST."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.automatic import AutomaticCrm
from crm.errors import ConfigurationError
from crm.records import Line, LineType, Money, OrderHead
from crm.rest.adapter import RestCrm
from crm.xmlrpc.adapter import XmlRpcCrm
from mappings.access.calls import ApiCallLog
from mappings.access.connect import crm_connect
from mappings.checks.check import connection_test
from mappings.checks.findings import mapped_names
from mappings.checks.rest_gaps import rest_gaps
from mappings.models import ApiCall, Connection
from tests.factories import ConnectionFactory
from tests.mappings.pages import errors, page_save, page_url, row, sentences, stored, told
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
KINDS, PROTOCOLS = Connection.CredentialKind, Connection.Protocol
LEGACY = KINDS.LEGACY_KEY


def moved(client: Client, connection: Connection) -> Any:
    return client.post(reverse("admin:mappings_connection_move", args=[connection.pk]), follow=True)


@pytest.mark.parametrize(
    ("protocol", "adapter"),
    [(PROTOCOLS.XMLRPC, XmlRpcCrm), (PROTOCOLS.REST, RestCrm), (PROTOCOLS.AUTOMATIC, AutomaticCrm)],
)
def test_each_protocol_has_its_adapter(connection: Connection, protocol: str, adapter: type) -> None:
    connection.protocol = protocol
    crm = crm_connect(connection, ApiCallLog(connection))
    assert isinstance(crm, adapter)
    assert crm.probe_credentials().name == "demo"


def test_a_new_connection_speaks_rest() -> None:
    assert Connection().protocol == PROTOCOLS.REST


@pytest.mark.parametrize("protocol", [PROTOCOLS.REST, PROTOCOLS.AUTOMATIC])
def test_a_legacy_key_is_refused_beside_rest_with_the_cure(
    editor: Client, connection: Connection, crm: Sandbox, protocol: str
) -> None:
    page = page_save(editor, page_url(connection), credential_kind=LEGACY, protocol=protocol)
    assert "Choose the protocol XML-RPC" in str(errors(page)["protocol"])
    connection.credential_kind, connection.protocol = LEGACY, protocol
    with pytest.raises(ConfigurationError, match="service account key"):
        crm_connect(connection, ApiCallLog(connection))
    assert crm.calls() == []


@pytest.mark.parametrize(
    ("protocol", "names"),
    [
        (PROTOCOLS.REST, {"REST"}),
        (PROTOCOLS.XMLRPC, {"XML-RPC"}),
        (PROTOCOLS.AUTOMATIC, {"REST", "XML-RPC"}),
    ],
)
def test_the_test_says_which_protocols_answered(
    connection: Connection, protocol: str, names: set[str]
) -> None:
    connection.protocol = protocol
    assert connection_test(connection).accepted
    records_of = [sentence for sentence in sentences(connection, "ok") if "accepts the key" in sentence]
    assert {sentence.partition(":")[0] for sentence in records_of} == names


def test_automatic_works_with_the_protocol_that_is_left(connection: Connection, crm: Sandbox) -> None:
    crm.faults({"method": "DataService.query", "do": "drop_before", "times": 0})
    connection.protocol = PROTOCOLS.AUTOMATIC
    outcome = connection_test(connection)
    assert outcome.accepted
    assert any("XML-RPC did not take" in sentence for sentence in sentences(connection, "warning"))


def test_a_refusal_pauses_a_connection_that_was_active(connection: Connection) -> None:
    Connection.objects.update(enabled=True, api_key="mistyped-key")
    active = stored(connection)
    connection_test(active)
    assert "does not accept" in stored(connection).paused_reason
    Connection.objects.update(api_key=connection.api_key)
    connection_test(stored(connection))
    assert stored(connection).paused_at is None


@pytest.mark.parametrize("state", ["revoked", "expired"])
@pytest.mark.parametrize("protocol", PROTOCOLS.values)
def test_a_key_that_died_is_told_and_pauses(
    connection: Connection, crm: Sandbox, protocol: str, state: str
) -> None:
    crm.credential("a-key-of-ours", app="demo", state=state)
    Connection.objects.update(enabled=True, api_key="a-key-of-ours", protocol=protocol)
    assert not connection_test(stored(connection)).accepted
    assert stored(connection).paused_at is not None


@pytest.mark.parametrize("protocol", PROTOCOLS.values)
def test_a_key_of_another_app_is_refused_by_name(connection: Connection, crm: Sandbox, protocol: str) -> None:
    crm.credential("a-key-of-theirs", app="other")
    Connection.objects.update(bound_app="demo", api_key="a-key-of-theirs", protocol=protocol, enabled=True)
    connection_test(stored(connection))
    assert "Make a new connection for other" in stored(connection).paused_reason
    assert stored(connection).bound_app == "demo"


@pytest.mark.parametrize(
    "name",
    [
        "a/b",
        "a#b",
        "a?b",
        "user:pass@evil.example",
        "evil.example",
        "a:80",
        "a\r\nX: y",
        "ünï",
        "ａｂ",
        "-a",
        " ",
    ],
)
@pytest.mark.parametrize("kind", [LEGACY, KINDS.HEADER_KEY])
def test_a_hostile_app_name_is_refused_unsent(
    editor: Client, connection: Connection, crm: Sandbox, settings: Any, name: str, kind: str
) -> None:
    settings.CRM_LEGACY_URL = ""
    page = page_save(editor, page_url(connection), app_name=name, credential_kind=kind)
    assert "app_name" in errors(page)
    assert stored(connection).app_name == "demo"
    assert crm.calls() == []


@pytest.mark.parametrize("name", ["a/b", "user:pass@evil.example", "a\r\nb", "ünï"])
def test_a_hostile_app_name_in_the_database_is_not_called(settings: Any, name: str) -> None:
    settings.CRM_LEGACY_URL = ""
    connection = ConnectionFactory(app_name=name, credential_kind=LEGACY)
    with pytest.raises(ConfigurationError):
        crm_connect(connection, ApiCallLog(connection))


# -- moving to REST -----------------------------------------------------------------------------------------


def test_most_lose_nothing_and_the_page_says_so(editor: Client, connection: Connection) -> None:
    assert list(rest_gaps(connection, mapped_names(connection))) == []
    body = editor.get(page_url(connection)).content.decode()
    assert "All that your settings ask for works over REST too" in body


def test_each_setting_that_rest_lacks_is_named_with_what_to_do(
    editor: Client, connection: Connection
) -> None:
    Connection.objects.update(
        credential_kind=LEGACY,
        contact_action_set_id=41,
        creation_method=Connection.CreationMethod.PLACE_ORDER,
        place_order_specials=True,
    )
    for number in range(5):
        connection.product_action_sets.create(item_id=f"ITEM-{number}", action_set_id=number + 1)
    gaps = list(rest_gaps(stored(connection), mapped_names(connection)))
    assert [gap.what.split(" ")[0] for gap in gaps] == ["A", "The", "Action", "placeOrder"]
    assert "ITEM-0, ITEM-1, ITEM-2 and others" in gaps[2].what
    assert all(gap.instead for gap in gaps)
    body = editor.get(page_url(connection)).content.decode()
    assert "action set 41" in body


def test_moving_tests_rest_first_and_then_switches(editor: Client, connection: Connection) -> None:
    page = moved(editor, connection)
    assert "Moved to REST" in told(page)
    saved = stored(connection)
    assert (saved.protocol, saved.bound_app) == (PROTOCOLS.REST, "demo")
    assert set(ApiCall.objects.values_list("protocol", flat=True)) <= {"rest_v1", "rest_v2"}
    assert "Moving to REST" not in page.content.decode()
    assert "already" in told(moved(editor, connection))


def test_what_rest_does_not_take_stays_where_it_is(editor: Client, connection: Connection) -> None:
    Connection.objects.update(credential_kind=LEGACY, enabled=True)
    page = moved(editor, connection)
    assert "Not moved" in told(page)
    assert "service account key" in told(page)
    saved = stored(connection)
    assert (saved.protocol, saved.paused_at) == (PROTOCOLS.XMLRPC, None)


def test_moving_is_a_button_not_a_link(editor: Client, connection: Connection) -> None:
    assert editor.get(reverse("admin:mappings_connection_move", args=[connection.pk])).status_code == 405
    assert stored(connection).protocol == PROTOCOLS.XMLRPC


def test_what_rest_does_not_have_is_told_on_saving(editor: Client, connection: Connection) -> None:
    action_set = row("product_action_sets", 0, item_id="BONE", action_set_id=4)
    page_save(editor, page_url(connection), action_set, protocol="rest", contact_action_set_id=3)
    found = sentences(connection, "error")
    assert any("The action set 3 runs on the contact" in sentence for sentence in found)
    assert any("whoever buys BONE; REST has no action sets" in sentence for sentence in found)
    page_save(editor, page_url(connection), protocol="automatic")
    assert sentences(connection, "error") == []


@pytest.mark.parametrize(("price_is", "positive"), [("as_given", False), ("subtracted", True)])
def test_the_sign_of_a_discount_over_rest_is_the_deployment_s(
    connection: Connection, crm: Sandbox, settings: Any, price_is: str, positive: bool
) -> None:
    crm.options(rest_discount_price=price_is)
    settings.CRM_REST_DISCOUNTS_POSITIVE = positive
    connection.protocol = PROTOCOLS.REST
    rest = crm_connect(connection, ApiCallLog(connection))
    price = Money(amount=Decimal("-2.50"), currency="USD")
    discount = Line(type=LineType.DISCOUNT, title="Spring", quantity=1, unit_price=price)
    charge = Line(
        type=LineType.SERVICE, title="Wrapping", quantity=1, unit_price=replace(price, amount=Decimal(9))
    )
    (contact_id,) = crm.seed(Contact=[{"Email": "ann@example.com"}])["Contact"]
    head = OrderHead(contact_id=contact_id, title="shop order 1", placed_at=timezone.now())
    created = rest.create_order(head, [charge, discount])
    assert rest.read_invoice(created.ref).total == Decimal("6.50")
