from typing import Any

from django.db import migrations

from nganam.lgsp.watching import tallying


def tally_calls(apps: Any, _editor: Any) -> None:
    """Count the calls there are: pages read tallies only."""
    tables = tallying.Tables(apps.get_model("lgsp", "Tally"), apps.get_model("sharing", "Maintenance"))
    tallying.fill(apps.get_model("lgsp", "Exchange").objects.filter(replaced_by__isnull=True), tables=tables)


class Migration(migrations.Migration):

    # A log may hold many million calls: each batch is a transaction of its own, and one that is stopped goes on later.
    atomic = False

    dependencies = [
        ('lgsp', '0011_failures_and_reminders'),
    ]

    operations = [
        migrations.RunPython(tally_calls, migrations.RunPython.noop),
    ]
