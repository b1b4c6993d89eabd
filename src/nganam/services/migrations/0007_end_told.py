from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('services', '0006_end_ground'),
    ]

    operations = [
        migrations.AddField(
            model_name='service',
            name='end_told_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='Báo cho bên phải xử lý lúc'),
        ),
    ]
