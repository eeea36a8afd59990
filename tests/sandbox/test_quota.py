"""The arithmetic with a clock of its own, then the gateway over HTTP on the sandbox's frozen clock."""

from __future__ import annotations

import json
import time
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from sandbox.limits.quota import VENDOR_LIMITS, Caller, Limits, Quota, QuotaRules, Violation
from tests.sandbox.conftest import GATEWAY, LEGACY, Wire
from tests.sandbox_client import Sandbox

MIDNIGHT = 1_780_272_000.0  # 2026-06-01T00:00:00Z
KEY = Caller("service_key", "key 1", "demo")
NO_LIMITS = dict.fromkeys(VENDOR_LIMITS, Limits(None, None, None))
COUNT = xmlrpc.client.dumps(("ignored", "Contact", {}), "DataService.count").encode()


def quota(kind: str = "service_key", **rules: Any) -> Quota:
    limits = {name: rules.pop(name, None) for name in ("second", "minute", "day")}
    windows = {
        name: rules.pop(f"{name}_window") for name in ("second", "minute") if f"{name}_window" in rules
    }
    return Quota(QuotaRules(enforce=True, limits={**NO_LIMITS, kind: Limits(**limits)}, **windows, **rules))


def taken(quota: Quota, calls: int, now: float, caller: Caller = KEY) -> int:
    """How many of so many calls at once get through."""
    return sum(quota.take(caller, now) is None for _ in range(calls))


def test_the_vendors_limits() -> None:
    published = {
        "service_key": Limits(10, 240, 30_000),
        "oauth_client": Limits(25, 1_500, 150_000),
        "oauth_client_old": Limits(25, None, 125_000),
        "app": Limits(None, 10_000, 250_000),
    }
    assert published == VENDOR_LIMITS


def test_a_day_ends_at_midnight_utc() -> None:
    limited = quota(day=3)
    assert taken(limited, 5, MIDNIGHT - 0.5) == 3
    refusal = limited.take(KEY, MIDNIGHT - 0.25)
    assert refusal == Violation("service_key", "day", limit=3, wait_seconds=0.25)
    assert taken(limited, 5, MIDNIGHT) == 3


def test_a_fixed_minute_is_aligned_and_a_sliding_one_is_not() -> None:
    fixed, sliding = (quota(minute=4, minute_window=kind) for kind in ("fixed", "sliding"))
    assert [taken(one, 9, MIDNIGHT + 59) for one in (fixed, sliding)] == [4, 4]
    assert [taken(one, 9, MIDNIGHT + 60) for one in (fixed, sliding)] == [4, 0]
    assert [taken(one, 9, MIDNIGHT + 119) for one in (fixed, sliding)] == [0, 4]


@pytest.mark.parametrize(("kind", "through"), [("spike", 1), ("fixed", 10), ("sliding", 10)])
def test_a_second_counts_or_spreads(kind: str, through: int) -> None:
    assert taken(quota(second=10, second_window=kind), 12, MIDNIGHT) == through


def test_a_spike_arrest_lets_one_through_per_hundred_milliseconds() -> None:
    limited = quota(second=10, second_window="spike")
    moments = [MIDNIGHT + step * 0.05 for step in range(40)]  # twice the rate, for two seconds
    assert sum(limited.take(KEY, now) is None for now in moments) == 20


@pytest.mark.parametrize("kind", ["spike", "fixed", "sliding"])
def test_after_the_wait_it_named_a_call_gets_through(kind: str) -> None:
    limited = quota(second=3, second_window=kind, minute=7, minute_window="sliding", day=12)
    now = MIDNIGHT + 0.125
    for _ in range(50):
        refusal = limited.take(KEY, now)
        now += refusal.wait_seconds if refusal else 0
        assert refusal is None or limited.take(KEY, now) is None


def test_a_refused_call_consumes_only_by_option() -> None:
    saving, wasting = quota(day=2), quota(day=2, refused_count=True)
    for one, used in ((saving, 2), (wasting, 5)):
        assert taken(one, 4, MIDNIGHT) == 2
        one.take(KEY, MIDNIGHT)
        assert one.usage(KEY, MIDNIGHT)["service_key", "day"].used == used


def test_a_call_refused_by_the_app_costs_the_key_nothing() -> None:
    limited = quota("app", minute=1)
    limited.rules.limits["service_key"] = Limits(None, None, 100)
    assert taken(limited, 3, MIDNIGHT) == 1
    assert limited.usage(KEY, MIDNIGHT)["service_key", "day"].used == 1


def test_a_client_shares_one_count_over_its_apps_and_an_app_over_its_callers() -> None:
    shared = quota("oauth_client", day=3)
    apps = [Caller("oauth_client", "client 1", app) for app in ("one", "two")]
    assert [taken(shared, 2, MIDNIGHT, caller) for caller in apps] == [2, 1]
    assert taken(shared, 2, MIDNIGHT, Caller("oauth_client", "client 2", "one")) == 2
    ceiling = quota("app", day=3)
    callers = [Caller("service_key", f"key {number}", "one") for number in (1, 2)]
    assert [taken(ceiling, 2, MIDNIGHT, caller) for caller in callers] == [2, 1]
    assert taken(ceiling, 2, MIDNIGHT, Caller("service_key", "key 1", "two")) == 2


def test_without_enforcing_nothing_is_refused_and_all_is_counted() -> None:
    lenient = quota(day=2)
    lenient.rules.enforce = False
    assert taken(lenient, 5, MIDNIGHT) == 5
    assert lenient.over == {"service_key.day": 3}


def test_a_clock_that_goes_back_is_survived() -> None:
    limited = quota(second=10, second_window="spike", minute=5, minute_window="sliding")
    assert limited.take(KEY, MIDNIGHT + 1000) is None
    assert limited.take(KEY, MIDNIGHT) is None


def test_the_legacy_store_refills_with_time() -> None:
    limited = Quota(QuotaRules(enforce=True))
    limited.rules.legacy = replace(limited.rules.legacy, per_second=2, stored=4)

    def through(now: float) -> int:
        return sum(limited.take_legacy("demo", now) for _ in range(9))

    assert [through(MIDNIGHT + seconds) for seconds in (0, 0.25, 0.5, 2, 1000)] == [4, 0, 1, 3, 4]


@pytest.fixture
def frozen(sandbox: Sandbox) -> Sandbox:
    sandbox.clock(set="2026-06-01T10:00:30Z", frozen=True)
    return sandbox


def gateway(crm: Wire, path: str = GATEWAY, body: bytes = COUNT) -> tuple[int, dict[str, str], bytes]:
    return crm.post(body, path, {"X-Keap-API-Key": crm.sandbox.key})


def test_over_quota_is_429_with_apigees_body_and_the_headers(frozen: Sandbox, crm: Wire) -> None:
    frozen.quota(enforce=True, second="fixed", limits={"service_key": {"minute": 2}})
    assert [gateway(crm)[0] for _ in range(2)] == [200, 200]
    status, headers, body = gateway(crm)
    assert (status, headers["content-type"]) == (429, "application/json")
    fault = json.loads(body)["fault"]
    assert fault["faultstring"].startswith("Rate limit quota violation")
    assert fault["detail"]["errorcode"] == "policies.ratelimit.QuotaViolation"
    assert headers["x-keap-product-throttle-available"] == "0"
    assert headers["x-keap-product-throttle-used"] == "2"
    assert "retry-after" not in headers
    frozen.clock(advance=30)
    assert gateway(crm)[0] == 200


def test_a_spike_names_its_rate(frozen: Sandbox, crm: Wire) -> None:
    frozen.quota(enforce=True, second="spike")
    assert gateway(crm)[0] == 200
    fault = json.loads(gateway(crm)[2])["fault"]
    assert fault["faultstring"].startswith("Spike arrest violation. Allowed rate : MessageRate{")
    assert fault["detail"]["errorcode"] == "policies.ratelimit.SpikeArrestViolation"
    frozen.clock(advance=0.1)
    assert gateway(crm)[0] == 200


def test_exactly_the_limit_gets_through_of_many_at_once(frozen: Sandbox, crm: Wire) -> None:
    frozen.quota(enforce=True, second="fixed", limits={"service_key": {"second": 15}})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: gateway(crm)[0], range(40)))
    assert (answers.count(200), answers.count(429)) == (15, 25)


def test_a_refusal_may_say_when_to_come_back(frozen: Sandbox, crm: Wire) -> None:
    frozen.quota(enforce=True, retry_after=True, limits={"service_key": {"minute": 0}})
    assert gateway(crm)[1]["retry-after"] == "30"


def test_the_headers_of_a_key(frozen: Sandbox, crm: Wire) -> None:
    headers = {name: value for name, value in gateway(crm)[1].items() if name.startswith("x-keap-")}
    assert headers == {
        "x-keap-tenant-id": "demo.infusionsoft.com",
        "x-keap-product-quota-limit": "30000",
        "x-keap-product-quota-time-unit": "day",
        "x-keap-product-quota-interval": "1",
        "x-keap-product-quota-available": "29999",
        "x-keap-product-quota-used": "1",
        "x-keap-product-quota-expiry-time": "1780358400000",
        "x-keap-product-throttle-limit": "240",
        "x-keap-product-throttle-time-unit": "minute",
        "x-keap-product-throttle-interval": "1",
        "x-keap-product-throttle-available": "239",
        "x-keap-product-throttle-used": "1",
        "x-keap-product-spike-limit": "10ps",
        "x-keap-tenant-throttle-limit": "10000",
        "x-keap-tenant-throttle-time-unit": "minute",
        "x-keap-tenant-throttle-interval": "1",
        "x-keap-tenant-throttle-available": "9999",
        "x-keap-tenant-throttle-used": "1",
    }


@pytest.mark.parametrize(
    ("rule", "day", "minute"), [("oauth_client", "150000", "1500"), ("oauth_client_old", "125000", None)]
)
def test_the_headers_of_an_oauth_client(
    frozen: Sandbox, crm: Wire, rule: str, day: str, minute: str | None
) -> None:
    frozen.quota(oauth_kind=rule)
    token = frozen.authorize()["access_token"]
    headers = crm.post(COUNT, GATEWAY, {"Authorization": f"Bearer {token}"})[1]
    assert headers["x-keap-product-quota-limit"] == day
    assert headers.get("x-keap-product-throttle-limit") == minute
    assert "x-keap-product-spike-limit" not in headers


def test_both_protocols_share_one_count_and_a_wrong_credential_costs_nothing(
    frozen: Sandbox, crm: Wire
) -> None:
    gateway(crm)
    crm.post(COUNT, GATEWAY, {"X-Keap-API-Key": "wrong"})
    gateway(crm, "/crm/rest/v2/nothing-there")
    assert gateway(crm)[1]["x-keap-product-quota-used"] == "3"


def test_what_another_program_spent_is_counted(frozen: Sandbox, crm: Wire) -> None:
    frozen.control("POST", "quota/spend", {"credential": frozen.key, "calls": 29_998})
    headers = gateway(crm)[1]
    assert headers["x-keap-product-quota-available"] == "1"
    assert headers["x-keap-product-throttle-available"] == "0"


def test_what_broke_a_limit_is_counted_also_without_enforcing(frozen: Sandbox, crm: Wire) -> None:
    frozen.quota(second="fixed", limits={"service_key": {"second": 1}, "app": {"minute": 2}})
    assert [gateway(crm)[0] for _ in range(3)] == [200, 200, 200]
    assert frozen.quota()["over"] == {"service_key.second": 2, "app.minute": 1}
    frozen.reset()
    assert frozen.quota()["over"] == {}
    assert frozen.quota()["enforce"] is False


def legacy(crm: Wire) -> bytes:
    body = xmlrpc.client.dumps((crm.sandbox.key, "Contact", {}), "DataService.count").encode()
    return crm.post(body, LEGACY)[2]


def test_the_legacy_door_makes_a_few_wait_and_refuses_the_rest(frozen: Sandbox, crm: Wire) -> None:
    frozen.quota(enforce=True, legacy={"stored": 1, "per_second": 2, "waiting": 1})
    assert b"<i4>0</i4>" in legacy(crm)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(legacy, crm)
        wait_until_in_line(frozen, 1)
        assert b"Maximum number of threads throttled" in legacy(crm)
        assert not waiting.done()
        frozen.clock(advance=0.5)
        assert b"<i4>0</i4>" in waiting.result(10)


def wait_until_in_line(sandbox: Sandbox, callers: int) -> None:
    for _ in range(1000):
        if sandbox.quota()["in_line"] == callers:
            return
        time.sleep(0.01)
    raise TimeoutError("nobody waits at the legacy door")


@pytest.mark.parametrize(
    "wrong",
    [
        {"enforce": "yes"},
        {"second": "leaky"},
        {"minute": "spike"},
        {"limits": {"nobody": {"day": 1}}},
        {"limits": {"app": {"hour": 1}}},
        {"limits": {"app": {"day": -1}}},
        {"legacy": {"stored": 1.5}},
        {"unknown": 1},
    ],
)
def test_wrong_rules_are_refused_whole(sandbox: Sandbox, wrong: dict[str, Any]) -> None:
    before = sandbox.quota()
    with pytest.raises(RuntimeError):
        sandbox.control("POST", "quota", {"retry_after": True, **wrong})
    assert sandbox.quota() == before


def test_spending_needs_a_known_credential(sandbox: Sandbox) -> None:
    with pytest.raises(RuntimeError, match="known credential"):
        sandbox.control("POST", "quota/spend", {"credential": "nobody", "calls": 1})
