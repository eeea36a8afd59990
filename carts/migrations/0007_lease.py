from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("carts", "0006_event_deaths")]
    operations = [
        migrations.RenameField("poller", "lease_key", "lease_token"),
        migrations.RenameField("poller", "leased_until", "lease_until"),
        migrations.AlterField("poller", "lease_token", models.CharField(blank=True, max_length=40)),
        migrations.AlterField("poller", "lease_until", models.DateTimeField(blank=True, null=True)),
    ]
