"""What every measurement stands on: a database of its own, a sandbox without quotas, our settings."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from cryptography.fernet import Fernet

from tests.all_backends import DATABASE_URL, REDIS_URL
from tests.sandbox_client import Sandbox

UNLIMITED = {"per_second": 1_000_000, "per_minute": None, "per_day": None}


@dataclass(frozen=True)
class Ground:
    sandbox: Sandbox
    server_url: str
    database: str
    folder: Path


@contextmanager
def ground() -> Iterator[Ground]:
    """Set the environment, make the database, start the sandbox. All of it ends with the block."""
    name = f"bench_{secrets.token_hex(4)}"
    url = urlunsplit(urlsplit(DATABASE_URL)._replace(path=f"/{name}"))
    with (
        tempfile.TemporaryDirectory(prefix="cascader-bench-") as folder,
        psycopg.connect(DATABASE_URL, autocommit=True) as server,
        Sandbox.start(quota=False) as sandbox,
    ):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends what was started, too
        kinds = ("service_key", "oauth", "app", "legacy")
        os.environ.update(
            DATABASE_URL=url,
            CELERY_BROKER_URL=REDIS_URL,
            CELERY_QUEUE=name,
            SECRET_KEY="only for the bench",
            FIELD_ENCRYPTION_KEYS=Fernet.generate_key().decode(),
            CASCADER_DATA_DIR=folder,
            CRM_GATEWAY_URL=sandbox.url,
            CRM_LEGACY_URL=sandbox.url,
            CRM_LIMITS=json.dumps(dict.fromkeys(kinds, UNLIMITED)),
            CRM_KEY=sandbox.key,
            API_KEY_RATE="1000000/min",
            HTTPS="off",
            LOG_LEVEL="WARNING",
            DJANGO_SETTINGS_MODULE="config.settings",
            BENCH_REDIS_URL=REDIS_URL,
        )
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        (Path(folder) / "static").mkdir()
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            import django

            django.setup()
            from django.core.management import call_command
            from django.db import connections

            call_command("migrate", verbosity=0)
            yield Ground(sandbox, DATABASE_URL, name, Path(folder))
            connections.close_all()
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
