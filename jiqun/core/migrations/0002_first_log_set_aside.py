"""Sets the log of the first version aside: it had no chain, so the new one begins beside it.

Its rows stay in the database as ``core_auditentry_0001`` and ``core_firmread_0001``, where
somebody who needs them can still read them.
"""

from django.db import migrations

TABLES = ("core_auditentry", "core_firmread")


def set_aside(apps, schema_editor):
    """Copy the rows, if there are any."""
    with schema_editor.connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            if cursor.fetchone()[0]:
                cursor.execute(f"CREATE TABLE {table}_0001 AS SELECT * FROM {table}")


class Migration(migrations.Migration):
    """Makes room for the chained log."""

    dependencies = [("core", "0001_initial")]
    operations = [
        migrations.RunPython(set_aside, migrations.RunPython.noop),
        migrations.DeleteModel("FirmRead"),
        migrations.DeleteModel("AuditEntry"),
    ]
