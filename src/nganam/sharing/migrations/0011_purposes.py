"""Requests and agreements say purposes by their codes; those there are get what their accounts were granted for."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def fill(apps: Apps, _schema: BaseDatabaseSchemaEditor) -> None:
    """Take what an account is bound to as approved where it came from: that is what was decided."""
    found: dict[tuple[str, int], set[str]] = {}
    accounts = apps.get_model("sharing", "Account").objects.exclude(purpose_code="")
    for request, agreement, code in accounts.values_list("request", "agreement", "purpose_code"):
        origin = ("Request", request) if request else ("Agreement", agreement)
        found.setdefault(origin, set()).add(code)
    for (model, key), codes in found.items():
        apps.get_model("sharing", model).objects.filter(pk=key).update(purpose_codes=sorted(codes))


class Migration(migrations.Migration):
    """Two columns, filled from accounts."""

    dependencies = [
        ("sharing", "0010_application_details"),
    ]

    operations = [
        migrations.AddField(
            model_name="agreement",
            name="purpose_codes",
            field=models.JSONField(blank=True, default=list, verbose_name="Mã mục đích"),
        ),
        migrations.AddField(
            model_name="request",
            name="purpose_codes",
            field=models.JSONField(blank=True, default=list, verbose_name="Mã mục đích"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
