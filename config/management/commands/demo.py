"""The main job on one machine: web, worker, scheduler and a sandbox CRM, supervised by one command."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from typing import Any

import requests
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from config.demo.bookings import booking_deliveries, platform_replies
from config.demo.data import (
    APP_NAME,
    OAUTH_CLIENT,
    demo_environment,
    environment_write,
    facts_make,
    oauth_secret,
)
from config.demo.orders import ORDER_FIELDS, PRODUCTS, TAGS, USERS, demo_events
from config.demo.processes import Child, Supervisor
from config.embedded import folder_private
from intake.deliveries import delivery_store
from intake.models import InboundEvent, Source
from mappings.checks.check import check_store, connection_test
from mappings.models import Connection

START_SECONDS = 60


class Command(BaseCommand):
    help = (
        "Start everything on the embedded set and keep it running: web on CASCADER_WEB_PORT (8000), the "
        "sandbox CRM on CASCADER_SANDBOX_PORT (8800), data below CASCADER_DATA_DIR (./var). Ends on Ctrl-C."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        web_port = int(os.environ.get("CASCADER_WEB_PORT", "8000"))
        sandbox_port = int(os.environ.get("CASCADER_SANDBOX_PORT", "8800"))
        for variable, port in {"CASCADER_WEB_PORT": web_port, "CASCADER_SANDBOX_PORT": sandbox_port}.items():
            try:  # another server on our port would answer in our place
                socket.create_server(("127.0.0.1", port)).close()
            except OSError as error:
                raise CommandError(
                    f"Port {port} is taken. Stop what listens there (an earlier demo?), or name a free port "
                    f"in {variable}."
                ) from error
        web_url, sandbox_url = f"http://127.0.0.1:{web_port}", f"http://127.0.0.1:{sandbox_port}"
        folder_private(settings.DATA_DIR)
        call_command("migrate", verbosity=0)
        facts = facts_make(web_url, sandbox_url)
        environment_write(sandbox_url)
        connections.close_all()
        supervisor = Supervisor(_children(web_port, sandbox_port, facts["crm_key"]))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: supervisor.stopping.set())
        try:
            supervisor.start()
            self._prepare(supervisor, facts)
            if not supervisor.stopping.is_set():
                self.stdout.write(
                    f"ready  log {web_url}/logs/  settings {web_url}/admin/  sandbox CRM {sandbox_url}  "
                    f"log in as {facts['username']} with {facts['password']}"
                )
                self.stdout.flush()
            supervisor.watch()
        finally:
            supervisor.stop()

    def _prepare(self, supervisor: Supervisor, facts: dict[str, Any]) -> None:
        _wait_for(supervisor, f"{facts['sandbox_url']}/_sandbox/health")
        _wait_for(supervisor, f"{facts['web_url']}/readyz")
        if supervisor.stopping.is_set():
            return
        sandbox = f"{facts['sandbox_url']}/_sandbox"
        if not requests.get(f"{sandbox}/tables/Product", timeout=5).json()["rows"]:
            tables = {"Product": PRODUCTS, "ContactGroup": TAGS, "DataFormField": ORDER_FIELDS, "User": USERS}
            requests.post(f"{sandbox}/seed", json={"tables": tables}, timeout=5).raise_for_status()
        settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = facts["sandbox_url"]  # also for this process
        connection = Connection.objects.get(merchant__name=facts["merchant"])
        check_store(connection, connection_test(connection))
        hook = facts["hooks"]["ultracart"]
        body = json.dumps(demo_events())
        answer = requests.post(
            facts["web_url"] + hook["path"],
            data=body,
            auth=tuple(hook["basic"]),
            headers={"Content-Type": "application/json"},
            timeout=10,
        )
        answer.raise_for_status()
        requests.post(f"{sandbox}/platforms", json=platform_replies(), timeout=5).raise_for_status()
        for platform, told in booking_deliveries():
            page = Source.objects.get(platform=platform, connection=connection)
            delivery_store(page, told, "", InboundEvent.Channel.WEBHOOK, wake=False)


def _children(web_port: int, sandbox_port: int, crm_key: str) -> list[Child]:
    python, logs = sys.executable, settings.DATA_DIR / "logs"
    environment = {**demo_environment(f"http://127.0.0.1:{sandbox_port}"), "PYTHONUNBUFFERED": "1"}
    commands = {
        "sandbox": [
            *(python, "-m", "sandbox", "--port", str(sandbox_port), "--app", APP_NAME, "--no-quota"),
            *("--keep", str(settings.DATA_DIR / "sandbox.kept")),
        ],
        "web": [
            *(python, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{web_port}", "--workers", "1"),
            *("--no-control-socket", "--config", str(settings.BASE_DIR / "gunicorn.conf.py")),
        ],
        "worker": [
            *(python, "-m", "celery", "-A", "config", "worker", "--pool", "threads", "--concurrency", "4"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"),
        ],
        "scheduler": [python, "manage.py", "scheduler"],
    }
    own = {"sandbox": {"SANDBOX_KEY": crm_key, "SANDBOX_OAUTH_CLIENT": f"{OAUTH_CLIENT}:{oauth_secret()}"}}
    return [
        Child(name, command, logs / f"{name}.log", {**environment, **own.get(name, {})})
        for name, command in commands.items()
    ]


def _wait_for(supervisor: Supervisor, url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not supervisor.stopping.is_set():
        try:
            if requests.get(url, timeout=2).status_code == 200:
                return
        except requests.RequestException:
            pass
        if time.monotonic() > deadline:
            raise CommandError(f"{url} does not answer. The processes' logs are in {settings.DATA_DIR}/logs.")
        for child in supervisor.children:
            if not child.is_alive():
                raise CommandError(
                    f"The {child.name} did not start. Is its port taken? It said:\n"
                    + "\n".join(child.log.read_text(errors="replace").splitlines()[-5:])
                )
        time.sleep(0.1)
