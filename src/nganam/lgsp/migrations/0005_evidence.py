import django.db.models.manager
from django.apps.registry import Apps as StateApps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def forget(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Empty the old table: its rows are made again from the log files, which the collector reads from the start."""
    for name in ('Exchange', 'ExchangeBatch', 'LogPosition'):
        apps.get_model('lgsp', name).objects.all().delete()
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute('SET CONSTRAINTS ALL IMMEDIATE')  # else the table may not be altered in this transaction


class Migration(migrations.Migration):

    dependencies = [
        ('lgsp', '0004_snapshots'),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
        migrations.CreateModel(
            name='Intake',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('log', models.CharField(max_length=200, unique=True)),
                ('following', models.PositiveBigIntegerField(default=0)),
                ('unreadable', models.PositiveBigIntegerField(default=0)),
                ('updated_at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveField(
            model_name='exchange',
            name='batch',
        ),
        migrations.DeleteModel(
            name='LogPosition',
        ),
        migrations.AlterModelOptions(
            name='exchange',
            options={'base_manager_name': 'everything', 'ordering': ['-seq'], 'verbose_name': 'Giao dịch chia sẻ'},
        ),
        migrations.AlterModelManagers(
            name='exchange',
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('everything', django.db.models.manager.Manager()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='exchange',
            name='lgsp_exchange_line_once',
        ),
        migrations.RemoveField(
            model_name='exchange',
            name='file',
        ),
        migrations.RemoveField(
            model_name='exchange',
            name='line_digest',
        ),
        migrations.RemoveField(
            model_name='exchange',
            name='offset',
        ),
        migrations.AddField(
            model_name='exchange',
            name='is_recovered',
            field=models.BooleanField(default=False, verbose_name='Khôi phục từ nhật ký máy chủ dữ liệu'),
        ),
        migrations.AddField(
            model_name='exchange',
            name='leaf',
            field=models.CharField(default='', max_length=64, verbose_name='Mã băm của mục'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='exchange',
            name='node',
            field=models.CharField(blank=True, max_length=64, verbose_name='Nút cổng'),
        ),
        migrations.AddField(
            model_name='exchange',
            name='purpose',
            field=models.CharField(blank=True, max_length=80, verbose_name='Mục đích'),
        ),
        migrations.AddField(
            model_name='exchange',
            name='replaced_by',
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='exchange',
            name='request_digest',
            field=models.CharField(blank=True, max_length=60, verbose_name='Mã băm yêu cầu'),
        ),
        migrations.AddField(
            model_name='exchange',
            name='response_digest',
            field=models.CharField(blank=True, max_length=60, verbose_name='Mã băm câu trả lời'),
        ),
        migrations.AddField(
            model_name='exchange',
            name='snapshot',
            field=models.PositiveBigIntegerField(null=True, verbose_name='Phiên bản cấu hình'),
        ),
        migrations.DeleteModel(
            name='ExchangeBatch',
        ),
    ]
