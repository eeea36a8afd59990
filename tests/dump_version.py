"""`python -m tests.dump_version`: a dump of the database as today's migrations make it, in `tests/upgrades/`.

Every kind of record of a shop comes in by the REST API and is replicated into a sandbox; one order is on its
way. Tables that stay empty so get a row made up.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def fill(sandbox: Any) -> None:
    from django.test import Client
    from django.utils import timezone

    from carts.api.examples import ORDER
    from cascade.models import Replication
    from cascade.services import replication_work
    from intake.api.batch import EXAMPLE
    from intake.models import InboundEvent
    from intake.processing import event_process
    from tests.cascade.conftest import TAGS, seed_catalogue
    from tests.factories import (
        ApiKeyFactory,
        ConnectionFactory,
        MembershipFactory,
        MerchantFactory,
        SourceFactory,
        UserFactory,
    )

    seed_catalogue(sandbox)
    merchant = MerchantFactory(slug="tea-house", name="Tea House")
    user = UserFactory(username="upgraded", password="!")
    MembershipFactory(user=user, merchant=merchant)
    connection = ConnectionFactory(
        merchant=merchant, api_key=sandbox.key, contact_tags=", ".join(TAGS), affiliates_enabled=True
    )
    source = SourceFactory(connection=connection, slug="tea", name="Tea shop", platform="api")
    ApiKeyFactory(source=source, plain="the-key-of-the-dump")

    def put(page: str, content: dict[str, Any]) -> None:
        header = {"Authorization": "Api-Key the-key-of-the-dump"}
        answer = Client().post(f"/api/v1/{page}/", content, content_type="application/json", headers=header)
        assert answer.status_code in (200, 201), answer.content

    put("batch", EXAMPLE)
    for event in InboundEvent.objects.filter(state=InboundEvent.State.STORED):
        event_process(event.pk, timezone.now())
    for _ in range(2):  # a parcel waits for its order
        for row in Replication.objects.filter(state__in=Replication.OPEN).order_by("kind"):
            Replication.objects.filter(pk=row.pk).update(not_before=None)
            replication_work(row.pk)
    put("orders", {**ORDER, "shop_order_id": "1002", "email": "on-its-way@example.com"})


def make_up_rows() -> None:
    """One row in each table that has none."""
    from django.db import models
    from django.utils import timezone

    from tests.upgrades.dumps import our_models

    made_up: list[tuple[type[models.Field[Any, Any]], Callable[[Any], Any]]] = [
        (models.ForeignKey, lambda field: field.related_model._base_manager.order_by("pk").first()),
        (models.DateTimeField, lambda field: timezone.now()),
        (models.DateField, lambda field: timezone.now().date()),
        (models.IntegerField, lambda field: 1),
        (models.DecimalField, lambda field: 1),
        (models.BooleanField, lambda field: True),
        (models.JSONField, lambda field: {}),
        (models.BinaryField, lambda field: b"made up = made up"),
        (models.FloatField, lambda field: 1.0),
        (models.CharField, lambda field: field.choices[0][0] if field.choices else "_made_up"),
        (models.TextField, lambda field: "made up = made up"),
    ]
    for model in our_models():
        if model._base_manager.exists():
            continue
        values = {}
        for field in model._meta.concrete_fields:
            if (field.primary_key and not field.remote_field) or field.has_default() or field.null:
                continue
            assert isinstance(field, tuple(cls for cls, _ in made_up)), field
            values[field.name] = next(make(field) for cls, make in made_up if isinstance(field, cls))
        model._base_manager.create(**values)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"CASCADER_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "config.settings"}
        os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        from tests.sandbox_client import Sandbox
        from tests.upgrades.dumps import FOLDER, dump_write, dumps, migrations_of, newest_migrations

        settings.ALLOWED_HOSTS = ["testserver"]
        call_command("migrate", verbosity=0)
        with Sandbox.start() as sandbox:
            settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = sandbox.url
            fill(sandbox)
            make_up_rows()
        same = [path for path in dumps() if migrations_of(path) == newest_migrations()]
        path = same[0] if same else FOLDER / f"{len(dumps()) + 1:04}.json"
        dump_write(path)
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
