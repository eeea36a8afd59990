"""Every version of the tables can be brought up to date: a dump of each is loaded, migrated and used."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tests.cascade.conftest import seed_catalogue
from tests.sandbox_client import ROOT, Sandbox
from tests.upgrades.dumps import OURS, dumps, migrations_of


def test_there_is_a_dump_of_the_version_before_each_migration_and_of_the_newest() -> None:
    """A new migration comes with a new dump: `python -m tests.dump_version`."""
    dumped = {node for dump in dumps() for node in migrations_of(dump).items()}
    assert {node for node in MigrationLoader(None).disk_migrations if node[0] in OURS} <= dumped


@pytest.fixture
def empty_database(db: None, tmp_path: Path, worker_id: str) -> Iterator[str]:
    """The address of one on the server that the tests run on."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'upgraded.sqlite3'}"
        return
    at = connection.settings_dict
    name = f"upgraded_{at['NAME']}_{worker_id}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
        yield f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT'] or 5432}/{name}"
        cursor.execute(f'DROP DATABASE "{name}"')


@pytest.mark.parametrize("dump", dumps(), ids=lambda dump: dump.stem)
def test_a_dump_is_brought_up_to_date_and_used(
    dump: Path, unlimited: Sandbox, environment: dict[str, str], empty_database: str
) -> None:
    seed_catalogue(unlimited)
    done = subprocess.run(
        [sys.executable, "-m", "tests.upgrades.upgrade", str(dump), unlimited.key],
        cwd=ROOT,
        env={
            **environment,
            "DATABASE_URL": empty_database,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ALLOWED_HOSTS": "testserver",
            "HTTPS": "off",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    became = json.loads(done.stdout.splitlines()[-1])
    gone = {name: (count, became["read"].get(name)) for name, count in became["loaded"].items()}
    assert not {name: counts for name, counts in gone.items() if counts[0] != counts[1]}
    assert set(became["pages"].values()) == {200}, became["pages"]
    assert became["resent"][0] == "succeeded", (became["resent"], done.stderr)
    assert len(unlimited.rows("Job")) == 1
