"""A deployment whose database may forget what it has committed is told so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection

from carts.durability import durability_problem

pytestmark = pytest.mark.django_db(transaction=True)  # SQLite changes its safety level outside a transaction

DURABLE, FORGETFUL, WRONG, CURE = {
    "sqlite": (
        *("PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL"),
        *("synchronous=1", "synchronous=FULL"),
    ),
    "postgresql": (
        *("SET synchronous_commit = on", "SET synchronous_commit = off"),
        *("synchronous_commit=off", "Set it to on"),
    ),
}[connection.vendor]


@pytest.fixture(autouse=True)
def connection_of_its_own() -> Iterator[None]:
    """What was set for this connection ends with it."""
    yield
    connection.close()


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def told() -> list[str]:
    messages = run_checks(tags=[Tags.database], databases=["default"])
    return [f"{message.id} {message.msg} {message.hint}" for message in messages]


def test_a_database_that_does_not_wait_for_the_disk_is_told_with_the_cure():
    run(FORGETFUL)
    (message,) = told()
    assert message.startswith("carts.W001") and "power cut" in message
    assert WRONG in message and CURE in message


def test_a_durable_one_is_told_nothing():
    run(DURABLE)
    assert durability_problem()[0].replace("PostgreSQL runs with fsync=off", "") == ""  # a server for tests


def test_without_a_database_to_ask_nothing_is_asked():
    run(FORGETFUL)
    assert run_checks(tags=[Tags.database]) == []


@pytest.mark.embedded
def test_a_journal_that_is_no_wal_is_told():
    run("PRAGMA journal_mode = DELETE")  # the next connection sets it to WAL again
    assert "journal_mode=delete" in told()[0]
