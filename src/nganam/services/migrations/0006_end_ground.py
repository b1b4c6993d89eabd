from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('services', '0003_upstreams'),
    ]

    operations = [
        migrations.AddField(
            model_name='service',
            name='end_ground',
            field=models.CharField(blank=True, max_length=20, verbose_name='Căn cứ chấm dứt'),
        ),
        migrations.AddField(
            model_name='service',
            name='end_signer',
            field=models.CharField(blank=True, max_length=120, verbose_name='Người ký văn bản chấm dứt'),
        ),
    ]
