"""Triggers of what is only ever added."""

from django.db import migrations

from jiqun.modules.land.guards import install_guards, remove_guards


def install(apps, schema_editor):
    """Make the triggers."""
    install_guards(schema_editor.connection)


def remove(apps, schema_editor):
    """Drop the triggers."""
    remove_guards(schema_editor.connection)


class Migration(migrations.Migration):
    """Only triggers."""

    dependencies = [("land", "0001_batch")]
    operations = [migrations.RunPython(install, remove)]
