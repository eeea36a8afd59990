"""What watches the process: liveness, readiness, metrics."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from cascade.models import Replication
from intake.models import InboundEvent, Poller, Reading, Source
from mappings.access.quota.decide import DAY_GUARD_SECONDS, DAY_SECONDS
from mappings.models import Outage, QuotaScope
from tests.factories import SourceFactory
from tests.logs_ui.test_list import replication

pytestmark = pytest.mark.urls("tests.logs_ui.urls")


@pytest.fixture
def no_database() -> Any:
    def refuse(*args: Any) -> None:
        raise OperationalError("secret host name")

    with connection.execute_wrapper(refuse):
        yield


def values(client: Client) -> dict[tuple[str, str], float]:
    response = client.get("/metrics")
    assert response.status_code == 200
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in families
        for sample in family.samples
    }


def test_the_process_is_alive_without_a_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


def test_it_is_ready(client: Client, db: None, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(2):
        response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.embedded  # the other sets make their tables without migrations
def test_a_missing_migration_is_not_ready(client: Client, db: None) -> None:
    MigrationRecorder.Migration.objects.filter(app="cascade", name="0001_initial").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["problem"].startswith("1 migrations are not applied.")


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_a_silent_database_is_told_without_its_words(
    path: str, client: Client, db: None, no_database: None
) -> None:
    response = client.get(path)
    assert response.status_code == 503
    assert b"The database does not answer." in response.content
    assert b"secret" not in response.content


def test_metrics_of_an_empty_database_are_zero(client: Client, db: None) -> None:
    numbers = values(client)
    assert numbers["cascader_replications_open", "waiting"] == 0
    assert numbers["cascader_replications_recent", "parked"] == 0
    assert numbers["cascader_replication_oldest_open_age_seconds", ""] == 0
    assert numbers["cascader_inbound_events_stored", ""] == 0
    assert numbers["cascader_inbound_event_oldest_stored_age_seconds", ""] == 0
    assert numbers["cascader_outages_open", "xmlrpc"] == 0
    assert numbers["cascader_quota_day_used", "oauth"] == 0
    assert numbers["cascader_quota_day_left", "service_key"] == 30_000
    assert numbers["cascader_quota_day_left", "legacy"] == math.inf


def test_metrics_count_states_and_ages(client: Client, shop: Source, django_assert_num_queries: Any) -> None:
    ago = timezone.now() - timedelta(hours=30)
    old = replication(shop, "H-1", state="retrying")
    Replication.objects.filter(pk=old.pk).update(created_at=ago)
    replication(shop, "H-2", state="waiting")
    replication(shop, "H-3", state="failed", email="secret@example.com")
    event = InboundEvent.objects.create(source=shop, channel="webhook", body=b"{}")
    InboundEvent.objects.create(source=shop, channel="webhook", body=b"{}", state="applied")
    InboundEvent.objects.filter(pk=event.pk).update(received_at=ago)
    with django_assert_num_queries(9):
        numbers = values(client)
    assert numbers["cascader_replications_open", "retrying"] == 1
    assert numbers["cascader_replications_open", "waiting"] == 1
    assert numbers["cascader_replications_recent", "failed"] == 1
    assert numbers["cascader_replications_recent", "retrying"] == 0
    assert numbers["cascader_replication_oldest_open_age_seconds", ""] == pytest.approx(30 * 3600, abs=60)
    assert numbers["cascader_inbound_events_stored", ""] == 1
    assert numbers["cascader_inbound_event_oldest_stored_age_seconds", ""] == pytest.approx(30 * 3600, abs=60)
    text = client.get("/metrics").content.decode()
    assert "secret" not in text and shop.name not in text


def test_metrics_count_outages_per_protocol(client: Client, shop: Source) -> None:
    for source in (shop, SourceFactory()):
        source.connection.enabled, source.connection.protocol = True, "xmlrpc"
        source.connection.save()
        now = timezone.now()
        Outage.objects.create(connection=source.connection, protocol="xmlrpc", since=now, opened_at=now)
        Outage.objects.create(connection=source.connection, protocol="rest_v2", since=now, opened_at=now)
    numbers = values(client)
    assert numbers["cascader_outages_open", "xmlrpc"] == 2
    assert numbers["cascader_outages_open", "rest_v2"] == 0  # not spoken by these connections
    assert numbers["cascader_outages_open", "rest_v1"] == 0


def test_metrics_count_the_shops_that_fail_and_the_orders_to_read(client: Client, shop: Source) -> None:
    Poller.objects.create(source=shop, problem="It is down.", problem_since=timezone.now())
    for number, state in enumerate(("waiting", "running", "done", "failed")):
        Reading.objects.create(source=shop, refresh_id=str(number), state=state)
    numbers = values(client)
    assert numbers["cascader_shops_failing", ""] == 1
    assert numbers["cascader_orders_to_read", ""] == 2
    Source.objects.update(enabled=False)
    assert values(client)["cascader_shops_failing", ""] == 0


def test_metrics_tell_the_fullest_quota_of_each_kind_without_its_key(client: Client, db: None) -> None:
    today = int((timezone.now().timestamp() - DAY_GUARD_SECONDS) // DAY_SECONDS)
    scopes = [
        ("key:secret-1", "service_key", today, 29_000, {}),
        ("key:secret-2", "service_key", today, 400, {"per_day": 500}),
        ("key:secret-3", "service_key", today - 1, 30_000, {}),
        ("app:secret-4", "app", today, 260_000, {}),
    ]
    for key, kind, day, used, reported in scopes:
        QuotaScope.objects.create(key=key, kind=kind, day=day, used=used, reported=reported)
    numbers = values(client)
    assert numbers["cascader_quota_day_used", "service_key"] == 29_000
    assert numbers["cascader_quota_day_left", "service_key"] == 100
    assert numbers["cascader_quota_day_left", "app"] == 0
    assert numbers["cascader_quota_day_left", "oauth"] == 150_000
    assert "secret" not in client.get("/metrics").content.decode()
