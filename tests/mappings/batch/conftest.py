from __future__ import annotations

import pytest

from mappings.models import Connection, Merchant
from tests.factories import ConnectionFactory


@pytest.fixture
def connection(merchant: Merchant) -> Connection:
    """A connection that calls nobody."""
    return ConnectionFactory(merchant=merchant)
