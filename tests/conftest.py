"""Fixtures shared by all packages' tests."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import override_settings

from tests.sandbox_client import Sandbox

NO_LIMITS = {
    kind: {"per_second": 1_000_000, "per_minute": None, "per_day": None}
    for kind in ("service_key", "oauth", "app", "legacy")
}
MADE_BY_MIGRATIONS = ("django_content_type", "auth_permission")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything must be there, nothing may be skipped for want of it."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {skip_reason(report)}"
    return report


def skip_reason(report: pytest.TestReport) -> str:
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Log-ins are made by the hundred here, and a good password hash is slow on purpose."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """After a test with transactions, empty the tables that it filled: emptying all takes its time, and so
    does looking whether each permission is there again.
    """
    type(connection.ops).sql_flush = _delete_filled
    flush.emit_post_migrate_signal = lambda *args: None


def _delete_filled(ops: Any, style: Any, tables: Sequence[str], **options: Any) -> list[str]:
    """Foreign keys are checked at the end of the transaction, so any order will do."""
    names = [ops.quote_name(table) for table in tables if table not in MADE_BY_MIGRATIONS]
    asked = " UNION ALL ".join(
        f"SELECT {number} WHERE EXISTS (SELECT 1 FROM {name})" for number, name in enumerate(names)
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [f"DELETE FROM {names[number]};" for (number,) in cursor.fetchall()]


@pytest.fixture(scope="session", autouse=True)
def lazy_static_files() -> Iterator[None]:
    """Each test client would else read the whole folder of static files."""
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(scope="session", autouse=True)
def no_power_cuts() -> Iterator[None]:
    """What survives a killed process survives without waiting for the disk; power is not cut here."""
    connection_created.connect(_trust_the_cache, dispatch_uid="tests.no_power_cuts")
    yield
    connection_created.disconnect(dispatch_uid="tests.no_power_cuts")


def _trust_the_cache(connection: Any, **kwargs: Any) -> None:
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA synchronous = OFF")


@pytest.fixture(scope="session", autouse=True)
def static_folder() -> None:
    """The collected files' folder, without which the static file middleware warns."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Sandbox]:
    """One sandbox process for the whole session (with xdist: for each worker)."""
    with Sandbox.start() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def unlimited_server() -> Iterator[Sandbox]:
    """One sandbox without quotas for the whole session, for tests that send far more than the CRM would
    take.
    """
    with Sandbox.start(quota=False) as sandbox:
        yield sandbox


@pytest.fixture
def unlimited(unlimited_server: Sandbox, settings: Any) -> Sandbox:
    """The session's sandbox without quotas, empty and well-behaved; our own ledger has no limits either."""
    settings.CRM_LIMITS = NO_LIMITS
    unlimited_server.reset()
    return unlimited_server


@pytest.fixture
def sandbox(sandbox_server: Sandbox) -> Sandbox:
    """The session's sandbox, empty and well-behaved."""
    sandbox_server.reset()
    return sandbox_server
