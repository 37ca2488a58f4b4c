"""Triggers of the parcels: nothing is changed, the bond is paid out once."""

from django.db import migrations

from jiqun.modules.land.parcels.guards import drop, make


class Migration(migrations.Migration):
    """Only triggers."""

    dependencies = [("land", "0004_parcels")]
    operations = [migrations.RunPython(make, drop)]
