from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cascade", "0007_claim")]
    operations = [
        migrations.AddField("rangerun", "lease_token", models.CharField(blank=True, max_length=40)),
        migrations.AlterField("rangerun", "lease_until", models.DateTimeField(blank=True, null=True)),
        migrations.AlterField("replication", "lease_until", models.DateTimeField(blank=True, null=True)),
    ]
