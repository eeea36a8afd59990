"""Replications and what hangs on them: `ReplicationFactory()` is one that waits, with its order and shop."""

from __future__ import annotations

from datetime import timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from cascade.models import Attempt, JournalEntry, Replication
from mappings.models import ApiCall
from tests.factories import OrderFactory


class ReplicationFactory(DjangoModelFactory[Replication]):
    """`connection` and the keys follow from `order`; finished states get their end."""

    class Meta:
        model = Replication

    order = factory.SubFactory(OrderFactory)
    kind = "order"
    source = factory.LazyAttribute(lambda row: row.order and row.order.source)
    connection = factory.LazyAttribute(lambda row: row.order.source.connection)
    subject_key = factory.LazyAttribute(lambda row: f"{row.order.source.slug}/{row.order.shop_order_id}")
    contact_key = factory.LazyAttribute(lambda row: row.order.email_key or row.subject_key)
    finished_at = factory.LazyAttribute(
        lambda row: None if row.state in Replication.OPEN else timezone.now() + timedelta(seconds=2)
    )
    state = Replication.State.WAITING


class AttemptFactory(DjangoModelFactory[Attempt]):
    class Meta:
        model = Attempt

    replication = factory.SubFactory(ReplicationFactory)
    number = factory.Sequence(lambda n: n + 1)
    worker = "worker-1:77:MainThread"
    started_at = factory.LazyFunction(timezone.now)
    finished_at = factory.LazyAttribute(lambda row: row.started_at + timedelta(milliseconds=840))
    outcome = Replication.State.SUCCEEDED


class JournalEntryFactory(DjangoModelFactory[JournalEntry]):
    class Meta:
        model = JournalEntry

    replication = factory.SubFactory(ReplicationFactory)
    connection = factory.LazyAttribute(lambda entry: entry.replication.connection)
    subject_key = factory.LazyAttribute(lambda entry: entry.replication.subject_key)
    effect_key = factory.LazyAttribute(lambda entry: f"order/{entry.subject_key}/{entry.step}")
    step = factory.Sequence(lambda n: f"step:{n}")
    kind = "upsert_contact"
    position = factory.Sequence(lambda n: n)


class ApiCallFactory(DjangoModelFactory[ApiCall]):
    """Made for a replication: `ApiCallFactory(replication=row)`."""

    class Meta:
        model = ApiCall

    class Params:
        replication = factory.SubFactory(ReplicationFactory)

    connection = factory.LazyAttribute(lambda call: call.replication.connection)
    trace_id = factory.LazyAttribute(lambda call: call.replication.trace_id)
    attempt = 1
    step = "contact"
    protocol = "xmlrpc"
    operation = "upsert_contact"
    method = "ContactService.addWithDupCheck"
    writes = True
    request = "<methodCall><methodName>ContactService.addWithDupCheck</methodName></methodCall>"
    response = "<methodResponse><params><param><value><i4>4711</i4></value></param></params></methodResponse>"
    http_status = 200
    started_at = factory.LazyFunction(timezone.now)
    duration_ms = 184
