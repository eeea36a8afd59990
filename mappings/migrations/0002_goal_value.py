"""A goal hangs on more than items, and skipping order creation is a tick box of its own."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def skip_to_tick_box(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connections = apps.get_model("mappings", "Connection").objects
    connections.filter(creation_method="skip").update(skip_order_creation=True, creation_method="blank_order")


class Migration(migrations.Migration):
    dependencies = [("mappings", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="productgoal", name="goal_once_per_item"),
        migrations.RenameField(model_name="productgoal", old_name="item_id", new_name="value"),
        migrations.AddField(
            model_name="connection",
            name="skip_order_creation",
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(skip_to_tick_box, migrations.RunPython.noop),
    ]
