"""A dump: which migration was each app's newest, and the rows of its tables in Django's JSON, one a line.

It is read by the models of its own time, so SQLite and PostgreSQL load the same file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core import serializers
from django.core.management.color import no_style
from django.core.serializers.python import Deserializer
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

FOLDER = Path(__file__).parent
OURS = ("mappings", "intake", "carts", "cascade", "bookings", "objects", "reports")


def dumps() -> list[Path]:
    return sorted(FOLDER.glob("*.json"))


def migrations_of(dump: Path) -> dict[str, str]:
    newest: dict[str, str] = json.loads(dump.read_text())["migrations"]
    return newest


def newest_migrations() -> dict[str, str]:
    """The newest migration of each of our apps, as the files say."""
    loader = MigrationLoader(None)
    return dict(node for node in loader.graph.leaf_nodes() if node[0] in OURS)


def our_models() -> list[type[models.Model]]:
    """Ours, and the people's."""
    ours = [model for app in OURS for model in apps.get_app_config(app).get_models()]
    return [apps.get_model("auth", "User"), *ours]


def dump_write(path: Path) -> None:
    rows = [row for model in our_models() for row in model._base_manager.order_by("pk")]
    lines = [json.dumps(row, ensure_ascii=False) for row in json.loads(serializers.serialize("json", rows))]
    newest = json.dumps(newest_migrations(), sort_keys=True)
    listed = ",\n".join(lines)
    path.write_text(f'{{"migrations": {newest},\n"rows": [\n{listed}\n]}}\n')


def dump_load(path: Path) -> list[dict[str, Any]]:
    """Make the empty database what it was at the time of the dump; its rows."""
    content = json.loads(path.read_text())
    executor = MigrationExecutor(connection)
    others = [node for node in executor.loader.graph.leaf_nodes() if node[0] not in OURS]
    targets = [*others, *content["migrations"].items()]
    executor.migrate(targets)
    then = executor.loader.project_state(targets).apps

    class OfThen(Deserializer):
        @staticmethod
        def _get_model_from_node(name: str) -> type[models.Model]:
            return then.get_model(name)

    with transaction.atomic():
        for row in OfThen(content["rows"]):
            row.save()
    filled = [then.get_model(name) for name in sorted({row["model"] for row in content["rows"]})]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), filled):
            cursor.execute(statement)
    rows: list[dict[str, Any]] = content["rows"]
    return rows
