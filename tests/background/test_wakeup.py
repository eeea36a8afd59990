"""A broker that may be away: it is said once, and never stands in the way."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from background import wakeup
from intake.tasks import process_event


@pytest.fixture(autouse=True)
def not_silent() -> Iterator[None]:
    wakeup.broker_pause.end()
    yield
    wakeup.broker_pause.end()


@pytest.fixture
def broker(broker_in_memory: None, settings: Any) -> Any:
    """Sets the broker's address for one test."""
    settings.CASCADER_BROKER_TRANSPORT_OPTIONS = {}
    wakeup._broker.cache_clear()
    return settings


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A server that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def closed_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def test_it_wakes(broker):
    assert wakeup.wake(process_event.name, 1)


def test_it_wakes_over_files(broker, tmp_path):
    broker.CASCADER_BROKER_URL = "filesystem://localhost"
    broker.CASCADER_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(tmp_path),
        "data_folder_out": str(tmp_path),
        "control_folder": str(tmp_path / "control"),
    }
    (tmp_path / "control").mkdir()
    wakeup._broker.cache_clear()
    assert wakeup.wake(process_event.name, 1)
    assert [path for path in tmp_path.iterdir() if path.suffix == ".msg"]


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_an_absent_broker_is_logged_once_and_left_alone(broker, caplog, scheme):
    broker.CASCADER_BROKER_URL = f"{scheme}://127.0.0.1:{closed_port()}//"
    caplog.set_level(logging.WARNING)
    assert [wakeup.wake(process_event.name, number) for number in range(3)] == [False] * 3
    assert [record.name for record in caplog.records] == ["background.wakeup"]


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_deaf_broker_delays_one_request_and_not_the_next(broker, deaf_port, scheme):
    broker.CASCADER_BROKER_URL = f"{scheme}://127.0.0.1:{deaf_port}//"
    began = time.monotonic()
    assert not wakeup.wake(process_event.name, 1)
    assert time.monotonic() - began < 5 * wakeup.CONNECT_SECONDS
    began = time.monotonic()
    assert not wakeup.wake(process_event.name, 2)
    assert time.monotonic() - began < 0.5


def test_it_tries_again_after_a_while(broker, monkeypatch):
    monkeypatch.setattr(wakeup, "LEFT_ALONE_SECONDS", 0.05)
    broker.CASCADER_BROKER_URL = f"redis://127.0.0.1:{closed_port()}//"
    assert not wakeup.wake(process_event.name, 1)
    broker.CASCADER_BROKER_URL = "memory://"
    assert not wakeup.wake(process_event.name, 1)
    time.sleep(0.06)
    assert wakeup.wake(process_event.name, 1)


@pytest.mark.django_db
def test_on_commit_it_wakes_after_the_row_is_there(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        wakeup.wake_on_commit(process_event.name, 1)
    assert len(callbacks) == 1
