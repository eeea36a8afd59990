"""The sandbox under clients that others published for the real CRM, unmodified and over TLS.

Each runs the same small order in its own process; the answers it read and the effects it left are compared.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests.crm.certificates import server_context
from tests.sandbox_client import Sandbox

CLIENTS = Path(__file__).with_name("clients")
APP = "demo"
SECONDS = 300
ANSWERS = {
    "same": True,
    "tagged": True,
    "added": True,
    "paid": True,
    "owed": 0,
    "found": True,
    "placed": ["false", ""],
    "missing": [5, "[RecordNotFound]Record was not found"],
    "rejected": [2, "[InvalidKey]Invalid Key"],
}
EFFECTS = [
    "contact.created",
    "contact.updated",
    "contact.tagged",
    "order.created",
    "line.added",
    "payment.recorded",
    "goal.achieved",
    "order.created",
    "line.added",
]
Facts = dict[str, int]


@pytest.fixture(scope="module")
def secure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox behind a certificate for the host that the clients call by themselves."""
    folder = tmp_path_factory.mktemp("tls")
    _, certificate = server_context(folder, f"{APP}.infusionsoft.com")
    with Sandbox.start(app=APP, tls=(certificate, folder / "server.key")) as sandbox:
        yield sandbox


@pytest.fixture
def secure(secure_server: Sandbox) -> Sandbox:
    secure_server.reset()
    return secure_server


@pytest.fixture
def facts(secure: Sandbox) -> Facts:
    ids = secure.seed(
        Product=[{"ProductName": "Mug", "ProductPrice": 12.5}],
        ContactGroup=[{"GroupName": "VIP"}],
        FunnelCampaign=[{"Id": 40, "Name": "After sales", "Published": 1}],
        FunnelGoal=[{"CampaignId": 40, "Integration": "shop", "CallName": "bought"}],
    )
    return {"product": ids["Product"][0], "tag": ids["ContactGroup"][0], "goal": ids["FunnelGoal"][0]}


def installed_package() -> Path:
    """Install the locked npm package once for its lock file, below the data folder; give the folder."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are needed for the client from npm; install them to run this test")
    lock = (CLIENTS / "package-lock.json").read_bytes()
    folder = settings.DATA_DIR / "published-clients" / sha256(lock).hexdigest()[:16]
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(CLIENTS / name, draft)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder=draft)
        try:
            draft.rename(folder)
        except OSError:  # another test process was faster
            shutil.rmtree(draft)
    return folder


def run(command: list[str], folder: Path | None = None, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(secure: Sandbox, facts: Facts, answers: dict[str, Any]) -> None:
    """The answers are the expected ones, and each wish had its effect once."""
    [goal] = answers.pop("goals")
    person = answers.pop("person")
    assert answers == ANSWERS
    assert (goal["success"], goal["funnelId"], goal["goalId"]) == (True, 40, facts["goal"])
    assert person == {"FirstName": "Ann", "LastName": "Zoë & <Co>", "Groups": str(facts["tag"])}
    assert [effect["kind"] for effect in secure.effects()] == EFFECTS
    [first, second] = secure.effects("line.added")
    assert (first["values"]["amount"], second["values"]["amount"]) == ("25.00", "25.00")
    assert secure.effects("order.created")[0]["values"]["order_date"].startswith("2026-01-02T")


def test_the_python_package_infusionsoft_client(secure: Sandbox, facts: Facts) -> None:
    """It is given a URL, so host name and port are those of the sandbox and not of its certificate."""
    trust = str(secure.certificate)
    command = [sys.executable, str(CLIENTS / "order.py"), f"{secure.url}/api/xmlrpc", secure.key]
    check(secure, facts, json.loads(run([*command, json.dumps(facts), trust])))


def test_the_npm_package_infusionsoft_api(secure: Sandbox, facts: Facts) -> None:
    """It calls https://<app>.infusionsoft.com by itself; a preloaded script redirects that from outside."""
    packages = installed_package()
    command = ["node", "--require", str(CLIENTS / "redirect.js"), str(CLIENTS / "order.js")]
    output = run(
        [*command, APP, secure.key, json.dumps(facts)],
        NODE_PATH=str(packages / "node_modules"),
        NODE_EXTRA_CA_CERTS=str(secure.certificate),
        SANDBOX_PORT=str(urlsplit(secure.url).port),
    )
    check(secure, facts, json.loads(output))


def test_a_connection_that_never_greets_holds_up_nobody(secure: Sandbox) -> None:
    parts = urlsplit(secure.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10):
        assert secure.rows("Contact") == []
