from __future__ import annotations

from tests.carts.conftest import broker_in_memory

__all__ = ["broker_in_memory"]
