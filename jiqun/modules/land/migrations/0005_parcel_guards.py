"""Triggers of the parcels: nothing is changed, the bond is paid out once."""

from django.db import migrations

from jiqun.modules.land.parcels.guards import (
    install_bond,
    install_guards,
    remove_bond,
    remove_guards,
)


def install(apps, schema_editor):
    """Make the triggers."""
    install_bond(schema_editor.connection)
    install_guards(schema_editor.connection)


def remove(apps, schema_editor):
    """Drop the triggers."""
    remove_guards(schema_editor.connection)
    remove_bond(schema_editor.connection)


class Migration(migrations.Migration):
    """Only triggers."""

    dependencies = [("land", "0004_parcels")]
    operations = [migrations.RunPython(install, remove)]
