from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.core.cache import cache

from carts.signals import (
    affiliate_registered,
    cart_abandoned,
    order_changed,
    order_completed,
    order_received,
    order_shipped,
)

SIGNALS = {
    "received": order_received,
    "completed": order_completed,
    "changed": order_changed,
    "cart": cart_abandoned,
    "affiliate": affiliate_registered,
    "shipped": order_shipped,
}


@pytest.fixture(autouse=True)
def fresh_cache() -> Iterator[None]:
    """Throttles count in the cache."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def broker_in_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody answers the bell here, so nothing should be left in a real queue."""
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)  # Celery prefers it to its own setting
    monkeypatch.setattr(settings, "CASCADER_BROKER_URL", "memory://")
    yield


@pytest.fixture
def receivers_away() -> Iterator[None]:
    """Only the receivers that the test connects; those of the layers above are put back afterwards."""
    before = {name: signal.receivers for name, signal in SIGNALS.items()}
    for signal in SIGNALS.values():
        signal.receivers = []
        signal.sender_receivers_cache.clear()
    yield
    for name, signal in SIGNALS.items():
        signal.receivers = before[name]
        signal.sender_receivers_cache.clear()


@pytest.fixture
def signals(receivers_away: None) -> list[str]:
    """The names of the signals sent, in order."""
    sent: list[str] = []
    for name, signal in SIGNALS.items():
        signal.connect(_recorder(sent, name), weak=False)
    return sent


def _recorder(sent: list[str], name: str) -> Callable[..., None]:
    def receiver(**kwargs: object) -> None:
        sent.append(name)

    return receiver
