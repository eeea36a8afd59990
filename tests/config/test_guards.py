"""What holds for every request and every line of a log, whoever sent it."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from config.embedded import folder_private
from config.process_log import OneLine
from tests.factories import ApiKeyFactory, MembershipFactory, SourceFactory
from tests.mappings.conftest import client_of
from tests.stack import free_ports, wait_until

ROOT = Path(__file__).parents[2]
LARGE = b"x" * 3_000_000


# -- logs -------------------------------------------------------------------------------------------------


def line_of(message: str, *args: Any, exc_info: Any = None) -> str:
    record = logging.LogRecord("carts", logging.WARNING, "", 0, message, args, exc_info)
    return OneLine("%(levelname)s %(message)s").format(record)


def test_a_shop_s_words_forge_no_line() -> None:
    said = "fault\n2026-11-28 12:00:00 ERROR django.request forged\r\x1b[2J\u2028"
    assert len(line_of("Shop %s: %s", 7, said).splitlines()) == 1
    try:
        raise ValueError(said)
    except ValueError:
        lines = line_of("failed", exc_info=sys.exc_info()).splitlines()
    assert all(line.startswith("  ") for line in lines[1:])


@pytest.mark.django_db
def test_a_hook_s_token_is_in_no_log_line(caplog: pytest.LogCaptureFixture) -> None:
    source = SourceFactory(token="token-canary-1", basic_user="shop", basic_password="password")
    with caplog.at_level(logging.DEBUG):
        assert Client().post(f"/hooks/{source.token}/", b"{}", content_type="text/plain").status_code == 401
    lines = [OneLine("%(message)s").format(record) for record in caplog.records]
    assert any("Unauthorized" in line and "/hooks/[hidden]/" in line for line in lines)
    assert "canary" not in "".join(lines)


@contextmanager
def web(folder: Path) -> Iterator[tuple[str, Path]]:
    """gunicorn as a deployment starts it, and its log."""
    (port,) = free_ports(1)
    log = folder / "web.log"
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    environment = {**os.environ, "CASCADER_DATA_DIR": str(folder)}
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*command, "--no-control-socket"], cwd=ROOT, env=environment, stdout=said, stderr=said
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(url), 60, "gunicorn")
        yield url, log
    finally:
        process.terminate()
        process.wait(timeout=60)


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


@pytest.mark.embedded
def test_slow_bodies_hold_nobody_up_and_the_access_log_holds_no_token(tmp_path: Path) -> None:
    with web(tmp_path) as (url, log):
        requests.get(f"{url}/hooks/token-canary-2/?code=canary-3", timeout=10)
        host, port = url.removeprefix("http://").split(":")
        head = b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nCookie: csrftoken=" + b"a" * 32
        head += b"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 50000\r\n\r\na="
        slow = [socket.create_connection((host, int(port))) for _ in range(40)]
        try:
            for one in slow:
                one.sendall(head)
            time.sleep(0.5)
            begun = time.monotonic()
            assert answers(url)
            assert time.monotonic() - begun < 4, "slow bodies had every thread"
        finally:
            for one in slow:
                one.close()
        wait_until(lambda: "/hooks/[hidden]/" in log.read_text(), 10)
        assert "canary" not in log.read_text()


# -- bodies -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_large_body_is_refused_by_its_length_before_it_is_read(person: Any) -> None:
    stranger, member = Client(), client_of(person)
    stranger.cookies["csrftoken"] = "a" * 32

    def sent(client: Client, page: str) -> int:
        return client.post(page, {"file": SimpleUploadedFile("m.csv", LARGE)}).status_code

    assert stranger.post("/admin/login/", {"username": "x" * 70_000}).status_code == 413
    assert sent(stranger, "/admin/login/") == 413
    assert stranger.post("/admin/login/", {"username": "x"}).status_code == 200
    assert sent(member, "/logs/ranges/begin/") == 413
    connection = person.memberships.get().merchant.connections.get()
    page = f"/admin/mappings/connection/{connection.pk}"
    assert sent(member, f"{page}/change/") == 413
    assert sent(member, f"{page}/batch/") in (200, 302)
    assert sent(stranger, f"{page}/batch/") == 413


@pytest.fixture
def person(db: None) -> Any:
    return MembershipFactory(merchant=SourceFactory().connection.merchant).user


# -- addresses --------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        *("/logs/?q=%00", "/logs/?kind=%00", "/logs/?connection=%00", "/logs/reconcile/?since=%00"),
        *("/admin/intake/source/?q=a%00b", "/admin/intake/source/?platform__exact=%00"),
    ],
)
def test_a_nul_in_an_address_is_a_wrong_address(person: Any, address: str) -> None:
    assert client_of(person).get(address).status_code == 400


@pytest.mark.django_db
def test_answers_for_machines_are_kept_by_nobody() -> None:
    ApiKeyFactory(plain="shop-key")
    answer = Client().get("/api/v1/orders/", headers={"Authorization": "Api-Key shop-key"})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert Client().post("/hooks/nobody/")["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_without_tls_machines_are_refused_and_people_are_sent_on() -> None:
    with override_settings(HTTPS=True, SECURE_SSL_REDIRECT=True):
        for path in ("/api/v1/orders/", "/hooks/a-token/"):
            answer = Client().post(path, b"{}", content_type="application/json")
            assert answer.status_code == 403 and "https" in answer.json()["detail"]
        assert Client().get("/logs/").status_code == 301
        assert Client().post("/hooks/a-token/", secure=True).status_code == 404


@pytest.mark.django_db
def test_logging_out_clears_what_the_browser_keeps(person: Any) -> None:
    assert "cache" in client_of(person).post("/admin/logout/")["Clear-Site-Data"]


@pytest.mark.django_db
def test_metrics_may_ask_for_a_token(settings: Any) -> None:
    assert Client().get("/metrics").status_code == 200
    settings.METRICS_TOKEN = "watcher"
    assert Client().get("/metrics").status_code == 401
    assert Client().get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert Client().get("/metrics", headers={"Authorization": "Bearer watcher"}).status_code == 200


def test_with_a_database_given_https_is_on_and_cookies_belong_to_this_host() -> None:
    code = (
        "import json; from django.conf import settings as s;"
        "print(json.dumps([s.HTTPS, s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME]))"
    )
    environment = {
        **{name: value for name, value in os.environ.items() if name != "HTTPS"},
        "DATABASE_URL": "postgres://nobody@127.0.0.1/none",
        "SECRET_KEY": "only for tests",
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout) == [True, True, "__Host-sessionid", "__Host-csrftoken"]


# -- files ------------------------------------------------------------------------------------------------


def test_the_data_folder_is_its_owner_s_alone(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    (folder / "logs").mkdir(parents=True, mode=0o755)
    for name in ("cascader.sqlite3-wal", "logs/web.log", "sandbox.kept"):
        (folder / name).touch(0o644)
    before = os.umask(0o022)
    try:
        folder_private(folder)
        (folder / "new").touch()
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o077 for path in [folder, *folder.rglob("*")]}
    assert set(modes.values()) == {0}, modes


# -- who may enter ----------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"is_staff": False}, {"is_active": False}])
@pytest.mark.parametrize("is_superuser", [False, True])
def test_who_may_enter_no_more_sees_nothing_in_an_open_session(
    person: Any, change: dict[str, bool], is_superuser: bool
) -> None:
    connection = person.memberships.get().merchant.connections.get()
    get_user_model().objects.filter(pk=person.pk).update(is_superuser=is_superuser)
    client = client_of(get_user_model().objects.get(pk=person.pk))
    pages = [
        *(f"/logs/coverage/{connection.pk}/", "/logs/ranges/"),
        f"/admin/mappings/connection/{connection.pk}/change/",
    ]
    name = connection.merchant.name
    assert name in client.get("/logs/").content.decode() or client.get(pages[0]).status_code == 200
    get_user_model().objects.filter(pk=person.pk).update(**change)
    for page in pages:
        answer = client.get(page)
        assert answer.status_code in (302, 404) or name not in answer.content.decode(), page
