"""Triggers of the ledger and of what is only ever added."""

from django.db import migrations

from jiqun.modules.policy.guards import install_chain, install_guards, remove_chain, remove_guards


def install(apps, schema_editor):
    """Make the triggers."""
    install_chain(schema_editor.connection)
    install_guards(schema_editor.connection)


def remove(apps, schema_editor):
    """Drop the triggers."""
    remove_guards(schema_editor.connection)
    remove_chain(schema_editor.connection)


class Migration(migrations.Migration):
    """Only triggers."""

    dependencies = [("policy", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
