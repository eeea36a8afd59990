"""Cascader's apps in somebody's Django project: its admin, its users and its Celery stay as they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.sandbox_client import ROOT

pytestmark = pytest.mark.embedded  # it has a database of its own

FILES = {
    "manage.py": """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "host.settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
""",
    "host/__init__.py": """
from celery import Celery
app = Celery("host", broker="memory://host")
app.set_default()
""",
    "host/settings.py": """
from pathlib import Path
BASE = Path(__file__).parent.parent
SECRET_KEY = "only for this test"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE / "host.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
ALLOWED_HOSTS = ["*"]
AUTH_USER_MODEL = "people.Person"
ROOT_URLCONF = "host.urls"
STATIC_URL = "/static/"
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "people", "mappings", "intake", "carts", "cascade",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
FIELD_ENCRYPTION_KEYS = ["FERNET"]
CRM_LIMITS = {}
CASCADER_BROKER_URL = "filesystem://localhost"
CASCADER_BROKER_TRANSPORT_OPTIONS = {
    "data_folder_in": str(BASE / "queue"), "data_folder_out": str(BASE / "queue"),
    "control_folder": str(BASE / "queue" / "control"),
}
""",
    "host/urls.py": """
from django.contrib import admin
from django.urls import path
urlpatterns = [path("admin/", admin.site.urls)]
""",
    "people/__init__.py": "",
    "people/models.py": """
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models

class People(BaseUserManager):
    def create_superuser(self, login, password):
        person = self.model(login=login, is_staff=True, is_superuser=True)
        person.set_password(password)
        person.save()
        return person

class Person(AbstractBaseUser, PermissionsMixin):
    login = models.CharField(max_length=50, unique=True)
    email = models.EmailField(blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    USERNAME_FIELD = "login"
    objects = People()
""",
    "people/admin.py": """
from django.contrib import admin
from people.models import Person
admin.site.register(Person)
""",
    "people/migrations/__init__.py": "",
    "act.py": """
import json
from datetime import UTC, datetime
from decimal import Decimal
from django.contrib.auth import get_user_model
from django.test import Client
from carts.order_data import OrderData, OrderLineData, Stage
from carts.ingest.orders import order_ingest
from intake.sources import source_create
from mappings.models import Connection, Merchant

user = get_user_model().objects.create_superuser("root", "secret")
browser = Client()
browser.force_login(user)
pages = {path: browser.get(path).status_code for path in (
    "/admin/", "/admin/people/person/", f"/admin/people/person/{user.pk}/change/",
    "/admin/auth/group/", "/admin/auth/group/add/",
)}
merchant = Merchant.objects.create(slug="tea", name="Tea")
connection = Connection.objects.create(merchant=merchant, enabled=True, app_name="demo", api_key="key")
source = source_create(connection, slug="tea", name="Tea", platform="api")
now = datetime.now(UTC)
line = OrderLineData(key="1", item_id="TEA", title="Tea", quantity=Decimal(1), unit_price=Decimal(5))
order_ingest(source, OrderData(shop_order_id="A-1", stage=Stage.PAID, placed_at=now, version_at=now,
    email="ada@example.com", currency="USD", lines=(line,), total=Decimal(5)))
print(json.dumps(pages))
""",
}


def test_the_hosts_admin_users_and_celery_stay_as_they_are(tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("FERNET", Fernet.generate_key().decode()))
    (tmp_path / "queue" / "control").mkdir(parents=True)
    manage(tmp_path, "makemigrations", "people")
    manage(tmp_path, "migrate", "-v", "0")
    manage(tmp_path, "check", "--fail-level", "WARNING")
    pages = json.loads(manage(tmp_path, "shell", "-v", "0", "-c", "exec(open('act.py').read())"))
    assert set(pages.values()) == {200}, pages
    messages = [json.loads(path.read_text()) for path in (tmp_path / "queue").glob("*.msg")]
    rung = [
        (each["headers"]["task"], each["properties"]["delivery_info"]["routing_key"]) for each in messages
    ]
    assert rung == [("cascade.tasks.run_replication", "cascader")], rung
    assert json.loads(b64decode(messages[0]["body"]))[0] == [1]


def manage(folder: Path, *arguments: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "CELERY"))}
    command = [sys.executable, "manage.py", *arguments]
    environment = {**kept, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()
