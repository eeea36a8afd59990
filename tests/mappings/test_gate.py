"""The gate on the sandbox's wire: a quota learned from replies, a real 429, a brownout and its end."""

from __future__ import annotations

from typing import Any

import pytest

from crm.credentials import Endpoints, HeaderKey
from crm.errors import CrmError, HeldBack, Throttled
from crm.rest.adapter import RestCrm
from crm.xmlrpc.adapter import XmlRpcCrm
from mappings.access.breaker import FAILURES_TO_OPEN
from mappings.access.gate import CallGate
from mappings.models import Connection, QuotaScope
from tests.mappings.quota.clocks import StandingClock
from tests.outages import outages_of
from tests.sandbox_client import Sandbox


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


def over_xmlrpc(connection: Connection, crm: Sandbox, gate: CallGate) -> XmlRpcCrm:
    return XmlRpcCrm(HeaderKey(connection.api_key), endpoints=Endpoints(gateway_url=crm.url), observer=gate)


def over_rest(connection: Connection, crm: Sandbox, gate: CallGate) -> RestCrm:
    return RestCrm(HeaderKey(connection.api_key), endpoints=Endpoints(gateway_url=crm.url), observer=gate)


def key_scope() -> QuotaScope:
    return QuotaScope.objects.get(kind="service_key")


def test_it_learns_limits_and_use_from_the_replies_of_both_protocols(
    connection: Connection, crm: Sandbox, clock: StandingClock
) -> None:
    crm.clock(set=clock.now().isoformat(), frozen=True)
    crm.quota(limits={"service_key": {"day": 20_000, "minute": 100, "second": 4}})
    gate = CallGate(connection, clock=clock)
    with over_xmlrpc(connection, crm, gate) as xmlrpc, over_rest(connection, crm, gate) as rest:
        xmlrpc.probe_credentials()
        assert key_scope().reported == {"per_day": 20_000, "per_minute": 100, "per_second": 4}
        clock.advance(1)
        rest.probe_credentials()
    counted = key_scope().used
    assert counted == len([call for call in crm.calls() if call["state"] == "answered"])


def test_a_real_refusal_pauses_the_key(connection: Connection, crm: Sandbox, clock: StandingClock) -> None:
    crm.clock(set=clock.now().isoformat(), frozen=True)
    crm.quota(enforce=True, retry_after=True, limits={"service_key": {"second": None, "minute": 1}})
    gate = CallGate(connection, clock=clock)
    with over_xmlrpc(connection, crm, gate) as xmlrpc:
        xmlrpc.probe_credentials()
        key = key_scope()
        key.reported = {"per_minute": 1000}  # somebody else empties the minute before we hear of it
        key.save()
        with pytest.raises(Throttled):
            xmlrpc.probe_credentials()
        with pytest.raises(HeldBack) as held:
            xmlrpc.probe_credentials()
    assert held.value.retry_after_seconds == pytest.approx(60, abs=1)
    assert key_scope().pace > 0


def test_a_brownout_of_one_protocol_opens_its_breaker_alone_and_its_end_closes_it(
    connection: Connection, crm: Sandbox, clock: StandingClock
) -> None:
    crm.faults({"method": "*", "do": "http", "status": 503, "times": FAILURES_TO_OPEN + 1})
    gate = CallGate(connection, clock=clock)
    prober = CallGate(connection, clock=clock, probing="xmlrpc")
    with over_xmlrpc(connection, crm, gate) as xmlrpc, over_rest(connection, crm, gate) as rest:
        for _ in range(FAILURES_TO_OPEN):
            clock.advance(5)
            with pytest.raises(CrmError):
                xmlrpc.find_tags("VIP")
        with over_xmlrpc(connection, crm, prober) as probe:
            with pytest.raises(CrmError):
                probe.probe_credentials()
            with pytest.raises(HeldBack):
                xmlrpc.find_tags("VIP")
            assert rest.find_tags("VIP") == []
            assert not gate.alive("xmlrpc") and gate.alive("rest_v2")
            clock.advance(30)
            probe.probe_credentials()
        assert gate.alive("xmlrpc")
        assert xmlrpc.find_tags("VIP") == []
    assert len(crm.calls("DataService.query")) == FAILURES_TO_OPEN + 3
    outage = outages_of(connection.pk).get()
    assert outage.failures == FAILURES_TO_OPEN + 1 and outage.until is not None


@pytest.mark.parametrize("how", [{"do": "drop_after"}, {"do": "empty"}, {"do": "garbage"}])
@pytest.mark.parametrize("protocol", ["xmlrpc", "rest_v2"])
def test_replies_lost_or_unusable_open_it(
    connection: Connection, crm: Sandbox, clock: StandingClock, how: dict[str, Any], protocol: str
) -> None:
    crm.faults({"method": "*", "times": 0, **how})
    gate = CallGate(connection, clock=clock, probing=protocol)
    open_crm = over_xmlrpc if protocol == "xmlrpc" else over_rest
    with open_crm(connection, crm, gate) as client:
        for _ in range(FAILURES_TO_OPEN):
            clock.advance(5)
            with pytest.raises(CrmError):
                client.probe_credentials()
    assert outages_of(connection.pk, open_only=True).get().protocol == protocol
