from django.db import migrations, models

FAILED = models.Q(('status__gte', 500), models.Q(('duration_ms__gte', 1000), ('status', 0)), _connector='OR')


class Migration(migrations.Migration):

    dependencies = [
        ('lgsp', '0009_open_tier'),
    ]

    operations = [
        migrations.AddField(
            model_name='platform',
            name='reminded_days',
            field=models.PositiveSmallIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name='exchange',
            index=models.Index(condition=FAILED, fields=['at', 'seq'], name='lgsp_failed'),
        ),
        migrations.AddIndex(
            model_name='exchange',
            index=models.Index(condition=FAILED, fields=['service', 'at'], name='lgsp_failed_service'),
        ),
        migrations.AddIndex(
            model_name='exchange',
            index=models.Index(condition=FAILED, fields=['provider', 'at'], name='lgsp_failed_provider'),
        ),
        migrations.AddIndex(
            model_name='exchange',
            index=models.Index(condition=FAILED, fields=['consumer_agency', 'at'], name='lgsp_failed_consumer'),
        ),
    ]
