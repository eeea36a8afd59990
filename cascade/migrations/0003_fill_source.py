"""Every replication names its shop; so far its order did."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import OuterRef, Subquery


def fill_source(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    orders = apps.get_model("carts", "Order").objects.filter(pk=OuterRef("order_id"))
    rows = apps.get_model("cascade", "Replication").objects.filter(source=None, order__isnull=False)
    rows.update(source_id=Subquery(orders.values("source_id")[:1]))


class Migration(migrations.Migration):
    dependencies = [("cascade", "0002_everything_told")]

    operations = [migrations.RunPython(fill_source, migrations.RunPython.noop)]
