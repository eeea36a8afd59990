"""When our copy of the CRM's lists is read: in time, when asked for, and when something was missing."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mappings.directory.schedule import KINDS, list_stale, lists_want
from mappings.models import Connection, DirectoryList
from tests.factories import ConnectionFactory
from tests.mappings.listed_crm import TAG, ListedCrm, due_kinds, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection() -> Connection:
    return ConnectionFactory(bound_app="ab123")


def test_only_a_tested_connection_that_is_not_paused_is_asked(connection: Connection) -> None:
    ConnectionFactory(bound_app="")
    ConnectionFactory(bound_app="cd456", paused_at=timezone.now())
    assert due_kinds() == Counter(dict.fromkeys(KINDS, 1))
    assert {row.connection_id for row in DirectoryList.objects.all()} == {connection.pk}


def test_a_list_is_due_again_the_next_day(connection: Connection) -> None:
    listing = read(connection, ListedCrm("a"))
    assert timedelta(hours=21) < listing.due_at - timezone.now() <= timedelta(hours=24)
    assert due_kinds(timezone.now() + timedelta(hours=25))[TAG] == 1


def test_a_connection_that_is_off_is_read_once_and_then_only_when_asked_for(connection: Connection) -> None:
    Connection.objects.update(enabled=False)
    read(connection, ListedCrm("a"))
    tomorrow = timezone.now() + timedelta(hours=25)
    assert due_kinds(tomorrow)[TAG] == 0
    lists_want(connection)
    assert due_kinds(tomorrow)[TAG] == 1


def test_without_hours_nothing_is_read_unasked(connection: Connection, settings: Any) -> None:
    settings.DIRECTORY_HOURS = 0
    read(connection, ListedCrm("a"))
    assert due_kinds(timezone.now() + timedelta(days=9))[TAG] == 0
    lists_want(connection, [TAG])
    assert due_kinds()[TAG] == 1


def test_what_was_not_found_makes_its_list_due_ten_minutes_after_the_last_pass(
    connection: Connection,
) -> None:
    read(connection, ListedCrm("a"))
    for _ in range(3):
        list_stale(connection, TAG)
    assert due_kinds()[TAG] == 0
    assert due_kinds(timezone.now() + timedelta(minutes=11))[TAG] == 1


def test_what_is_wanted_while_the_list_is_read_is_read_once_more(connection: Connection) -> None:
    crm = ListedCrm("a", "b", "c", "d")
    read(connection, crm, stop=lambda: True)
    DirectoryList.objects.filter(kind=TAG).update(refreshed_at=timezone.now() - timedelta(hours=2))
    list_stale(connection, TAG)
    read(connection, crm)
    assert due_kinds()[TAG] == 0
    assert due_kinds(timezone.now() + timedelta(minutes=11))[TAG] == 1


def test_lists_of_a_connection_are_one_row_each_however_often(connection: Connection) -> None:
    for _ in range(2):
        lists_want(connection)
        due_kinds()
    assert DirectoryList.objects.count() == len(KINDS)
