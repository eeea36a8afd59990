from django.db import migrations, models

TOKEN = models.CharField(blank=True, max_length=40)
UNTIL = models.DateTimeField(blank=True, null=True)


class Migration(migrations.Migration):
    dependencies = [("mappings", "0010_create_products")]
    operations = [
        migrations.RenameField("noticemail", "claimed_until", "lease_until"),
        migrations.AlterField("noticemail", "lease_until", UNTIL.clone()),
        migrations.AddField("noticemail", "lease_token", TOKEN.clone()),
        migrations.AddField("batchimport", "lease_token", TOKEN.clone()),
        migrations.AlterField("batchimport", "lease_until", UNTIL.clone()),
        migrations.AlterField("directorylist", "lease_token", TOKEN.clone()),
        migrations.AlterField("directorylist", "lease_until", UNTIL.clone()),
        migrations.AlterField("oauthgrant", "lease_token", TOKEN.clone()),
    ]
