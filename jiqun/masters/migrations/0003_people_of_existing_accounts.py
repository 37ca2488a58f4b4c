"""Carries accounts of the first version over: the administrator's role, and a person for each.

An account with several organisations becomes a person of the first; its roles stay as they are.
"""

from django.db import migrations


def carry_over(apps, schema_editor):
    """Rename the role, then add the missing people."""
    membership = apps.get_model("masters", "Membership")
    person = apps.get_model("masters", "Person")
    membership.objects.filter(role="admin").update(role="system")
    known = set(person.objects.values_list("user_id", flat=True))
    for one in membership.objects.select_related("user").order_by("pk"):
        if one.user_id not in known:
            known.add(one.user_id)
            person.objects.create(
                user_id=one.user_id, organisation_id=one.organisation_id, name=one.user.username
            )


class Migration(migrations.Migration):
    """Only rows change."""

    dependencies = [("masters", "0002_people_and_periods")]
    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
