"""Triggers that refuse to change or delete rows of the log."""

from django.db import migrations

from jiqun.core.audit.guards import install_guards, remove_guards


def install(apps, schema_editor):
    """Make the triggers."""
    install_guards(schema_editor.connection)


def remove(apps, schema_editor):
    """Drop the triggers."""
    remove_guards(schema_editor.connection)


class Migration(migrations.Migration):
    """Only triggers."""

    dependencies = [("core", "0003_counter")]
    operations = [migrations.RunPython(install, remove)]
