from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0009_sandbox")]

    operations = [
        migrations.AddField("application", "contact", models.CharField("Liên hệ", blank=True, max_length=200)),
        migrations.AddField("application", "description", models.TextField("Ứng dụng dùng vào việc gì", blank=True)),
        migrations.AddField("application", "version", models.PositiveIntegerField(default=0, editable=False)),
    ]
