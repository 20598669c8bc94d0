"""Table of the changes of invoices."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = ()
    operations = (
        migrations.CreateModel(
            name="Change",
            fields=[
                ("webhook_id", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("invoice", models.TextField(db_index=True)),
                ("status", models.TextField()),
                ("at", models.DateTimeField()),
            ],
        ),
    )
