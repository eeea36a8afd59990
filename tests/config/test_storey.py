"""A storey of somebody's own: a kind, a step, a platform and a duty, added by the rows of CONTRIBUTING alone.

Where each file goes, what stands in the app's config and what is called when it is ready is read from the
table; an app of these files is made in an empty folder and used: readers of a newsletter sign up at a form
and come into the CRM.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox_client import ROOT, Sandbox

pytestmark = pytest.mark.embedded  # it has a database of its own

APP = "newsletter"
ROWS = {
    cells[1].strip(): (cells[2], cells[4])
    for line in (ROOT / "CONTRIBUTING.md").read_text().splitlines()
    if line.startswith("|") and len(cells := line.split("|")) == 6
}

MODELS = """
from django.db import models
from intake.models import Source

class Reader(models.Model):
    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    email = models.EmailField()
    name = models.CharField(max_length=80)
    version = models.IntegerField(default=1)
    is_opened = models.BooleanField(default=False)
"""

KIND = """
from cascade.engine.kinds import ReplicationKind
from cascade.plan import Draft, PlannedStep
from cascade.planning.contact import party_args
from cascade.planning.rules import rules_of
from intake.party import Party
from newsletter.models import Reader

class ReaderKind(ReplicationKind[Reader]):
    name, subject, title, word = "reader", Reader, "Reader", "reader"

    def keys(self, subject):
        return {
            "connection_id": subject.source.connection_id, "kind": self.name,
            "subject_key": f"{subject.source.slug}/{subject.pk}", "contact_key": subject.email,
        }

    def links(self, subject):
        return {"source": subject.source}

    def subject_of(self, replication):
        return Reader.objects.filter(pk=replication.subject_key.partition("/")[2]).first()

    def version(self, subject):
        return subject.version

    def fingerprint(self, subject):
        return f"{subject.email} {subject.name}"

    def plan(self, replication, subject, crm, *, anew):
        draft, rules = Draft(), rules_of(replication.connection, ())
        args, _ = party_args(subject.email, Party(first_name=subject.name), rules)
        draft.steps.append(PlannedStep(name="contact", kind="upsert_contact", args=args))
        greeting = {"title": f"Welcome, {subject.name}"}
        draft.steps.append(
            PlannedStep(name="greeting", kind="greet_reader", args=greeting, needs=("contact",))
        )
        return draft.plan()
"""

STEP = """
from cascade.steps.base import Step, StepResult

def run(context, args):
    note_id = context.crm.add_note(context.contact_id, args["title"], "By the newsletter.")
    return StepResult(result="created", external={"note_id": note_id})

def probe(context, args):
    return None

STEP = Step(name="greet_reader", run=run, probe=probe, title=("Greet the reader: {title}",))
"""

PLATFORM = """
import json
from intake.platform import NativeEvent, Platform
from newsletter.sign_ups import SignUp

class SignUpForm(Platform):
    name, title = "sign_up_form", "Sign-up form"

    def split(self, source, delivery):
        return [NativeEvent(name="sign-up", body=delivery.body)]

    def read(self, source, event, received_at):
        return SignUp(**json.loads(event.body))
"""

RECORD = """
from dataclasses import dataclass
from intake.records import IngestOutcome, RecordType
from newsletter.models import Reader

@dataclass
class SignUp:
    email: str
    name: str

def ingest(event, platform, sign_up):
    Reader.objects.create(source=event.source, email=sign_up.email, name=sign_up.name)
    return IngestOutcome.CREATED

RECORD_TYPE = RecordType(data=SignUp, ingest=ingest)
"""

DUTY = """
from background.periodic import Duty
from cascade.services import replication_open
from newsletter.models import Reader

def send(reader):
    replication_open(reader)
    Reader.objects.filter(pk=reader.pk).update(is_opened=True)

READERS = Duty(name="readers", due=lambda now, most: Reader.objects.filter(is_opened=False)[:most], work=send)
"""

ACT = """
import json
import time
from django.test import Client
from django.utils import timezone
from background.periodic import duties
from cascade.models import Replication
from cascade.services import replication_work
from intake.processing import event_process
from intake.sources import source_create
from tests.factories import ConnectionFactory, MembershipFactory

connection = ConnectionFactory(api_key="KEY")
source = source_create(connection, slug="tea", name="Tea", platform="sign_up_form")
browser = Client()
sign_up = {"email": "rita@example.com", "name": "Rita"}
answer = browser.post(f"/hooks/{source.token}/", sign_up, content_type="application/json")
event_process(answer.json()["stored"])
(duty,) = [duty for duty in duties() if duty.name == "readers"]
rounds = duty.rounds(duty)
rounds.once(timezone.now())
while not Replication.objects.filter(kind="reader"):
    time.sleep(0.05)
rounds.close()
row = replication_work(Replication.objects.get(kind="reader").pk)
browser.force_login(MembershipFactory(merchant=connection.merchant).user)
page = browser.get(f"/logs/{row.pk}/").content.decode()
print(json.dumps({
    "state": row.state, "reason": row.reason, "listed": "Reader" in browser.get("/logs/").content.decode(),
    "told": "Greet the reader: Welcome, Rita" in page,
}))
"""


def path_of(row: str, **names: str) -> str:
    """The file that the row says, with what stands in angle brackets filled in."""
    pattern = re.findall(r"`(<app>/[^`]+\.py)`", ROWS[row][0])[0]
    return re.sub(r"<(\w+)>", lambda part: names[part[1]], pattern.replace("<app>", APP))


def files() -> dict[str, str]:
    files = {f"{APP}/__init__.py": "", f"{APP}/models.py": MODELS, f"{APP}/sign_ups.py": RECORD}
    attributes, ready = [], []
    for row, named, name, text in (
        ("a kind of replication", {"name": "readers"}, "ReaderKind", KIND),
        ("a step", {"verb": "greet", "object": "reader"}, "STEP", STEP),
        ("another kind of platform", {"name": "sign_up_form"}, "", PLATFORM),
        ("what is done regularly", {}, "READERS", DUTY),
    ):
        path = path_of(row, **named)
        files[path] = text
        if path.count("/") > 1:
            files[f"{Path(path).parent}/__init__.py"] = ""
        made_in = path.removesuffix(".py").replace("/", ".")
        if not name:
            made_in, name = f"{APP}.sign_ups", "RECORD_TYPE"
        attributes += re.findall(r"`(\w+ = True)`", ROWS[row][1])
        for module, register in re.findall(r"`([\w.]+)\.(\w+)\(…\)`", ROWS[row][1]):
            ready += [f"from {module} import {register}", f"from {made_in} import {name}"]
            ready += [f"{register}({name}{'()' if name == 'ReaderKind' else ''})"]
    files[f"{APP}/apps.py"] = "\n".join(
        [
            "from django.apps import AppConfig",
            "class NewsletterConfig(AppConfig):",
            *(f"    {line}" for line in (f'name = "{APP}"', *attributes, "def ready(self):")),
            *(f"        {line}" for line in (*ready, "pass")),
        ]
    )
    files["storey_settings.py"] = (
        f"from config.settings import *\nINSTALLED_APPS += ['{APP}']\nALLOWED_HOSTS = ['testserver']\n"
    )
    return files


def test_an_app_made_by_the_rows_of_the_table_goes_all_the_way(
    unlimited: Sandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    for name, text in files().items():
        path = tmp_path / "storey" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    script = tmp_path / "storey" / "act.py"
    set_up = "import django; django.setup(); from django.core.management import call_command\n"
    migrate = f'call_command("makemigrations", "{APP}", verbosity=0); call_command("migrate", verbosity=0)\n'
    script.write_text(set_up + migrate + ACT.replace("KEY", unlimited.key))
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=script.parent,
        env={**environment, "DJANGO_SETTINGS_MODULE": "storey_settings", "HTTPS": "off"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    became = json.loads(done.stdout.splitlines()[-1])
    assert became == {"state": "succeeded", "reason": became["reason"], "listed": True, "told": True}
    assert [contact["FirstName"] for contact in unlimited.rows("Contact")] == ["Rita"]
    assert [note["ActionDescription"] for note in unlimited.rows("ContactAction")] == ["Welcome, Rita"]
