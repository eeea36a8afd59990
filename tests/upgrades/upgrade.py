"""`python -m tests.upgrades.upgrade <dump> <key>`: load it into the empty database, migrate, look, resend.

Prints as JSON what became of it: the rows of each model, the answers of pages, the order that is resent. The
key is the one that the CRM takes today.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import django


def main(dump: Path, key: str) -> dict[str, Any]:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    from cascade.models import Replication
    from cascade.services import replication_resend, replication_work
    from mappings.models import Connection
    from tests.upgrades.dumps import dump_load, our_models

    loaded = Counter(row["model"] for row in dump_load(dump))
    call_command("migrate", verbosity=0)
    read = {}
    for model in our_models():
        rows = list(model._base_manager.all())
        for row in rows:
            str(row), [getattr(row, field.attname) for field in model._meta.concrete_fields]
        read[model._meta.label_lower] = len(rows)

    for connection in Connection.objects.all():
        connection.api_key = key
        connection.save()
    user = get_user_model().objects.get(username="upgraded")
    browser = Client()
    browser.force_login(user)
    replications = Replication.objects.order_by("pk")
    pages = [
        "/logs/",
        *(f"/logs/{row.pk}/" for row in replications),
        *(f"/admin/mappings/connection/{row.pk}/change/" for row in Connection.objects.all()),
        "/admin/intake/source/",
    ]
    answers = {page: browser.get(page).status_code for page in pages}

    sent = replications.filter(kind="order", state=Replication.State.SUCCEEDED).latest("pk")
    row = replication_resend(sent, user=user)
    deadline = time.monotonic() + 30
    while row.state in Replication.OPEN and time.monotonic() < deadline:
        Replication.objects.filter(pk=row.pk).update(not_before=None)
        replication_work(row.pk)
        row.refresh_from_db()
    return {"loaded": loaded, "read": read, "pages": answers, "resent": [row.state, row.reason]}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
