"""What tests share that run processes of their own."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.conftest import NO_LIMITS
from tests.sandbox_client import ROOT, Sandbox


@pytest.fixture
def environment(unlimited: Sandbox, tmp_path: Path) -> dict[str, str]:
    """A data folder and a database of its own, and the sandbox as the CRM."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO")}
    return {
        **inherited,
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'shop.sqlite3'}",
        "SECRET_KEY": "a-secret-of-this-test-alone-and-long-enough",
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "CASCADER_DATA_DIR": str(tmp_path),
        "CELERY_BROKER_URL": "filesystem://localhost",
        "CRM_GATEWAY_URL": unlimited.url,
        "CRM_LIMITS": json.dumps(NO_LIMITS),
    }
