"""The kinds of replication are whatever is registered; nothing changes in the table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cascade", "0008_lease")]

    operations = [
        migrations.AlterField(
            model_name="replication",
            name="kind",
            field=models.CharField(help_text="The name of a registered kind.", max_length=20),
        ),
    ]
