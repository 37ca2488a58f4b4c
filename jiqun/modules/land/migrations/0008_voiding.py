"""An entry of a parcel can be voided: what it is about, by two people, once."""

from django.conf import settings
from django.db import migrations, models

from jiqun.modules.land.parcels.guards import drop, make


class Migration(migrations.Migration):

    dependencies = [
        ('land', '0007_returned'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(drop, make),
        migrations.RemoveConstraint(
            model_name='parcelevent',
            name='parcel_event_happens_once',
        ),
        migrations.RemoveConstraint(
            model_name='parcelevent',
            name='parcel_event_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='parcelevent',
            name='parcel_event_four_eyes',
        ),
        migrations.RemoveConstraint(
            model_name='parcelproposal',
            name='proposal_of_what_takes_two',
        ),
        migrations.AddField(
            model_name='parcelevent',
            name='of',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='parcelproposal',
            name='of',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='parcelevent',
            name='kind',
            field=models.CharField(choices=[('deal', '成交'), ('reached', '节点完成'), ('checked', '联合核查'), ('evidence', '佐证材料'), ('extension_requested', '申请延期'), ('extension_granted', '同意延期'), ('extension_refused', '不同意延期'), ('clock_stopped', '中止计时'), ('clock_resumed', '恢复计时'), ('rectification_ordered', '责令整改'), ('rectified', '整改完成'), ('measure', '违约处理'), ('bond_returned', '退还保证金'), ('bond_forfeited', '没收保证金'), ('closed', '结案'), ('land_resumed', '收回土地'), ('voided', '作废登记')], max_length=24),
        ),
        migrations.AlterField(
            model_name='parcelproposal',
            name='kind',
            field=models.CharField(choices=[('deal', '成交'), ('reached', '节点完成'), ('checked', '联合核查'), ('evidence', '佐证材料'), ('extension_requested', '申请延期'), ('extension_granted', '同意延期'), ('extension_refused', '不同意延期'), ('clock_stopped', '中止计时'), ('clock_resumed', '恢复计时'), ('rectification_ordered', '责令整改'), ('rectified', '整改完成'), ('measure', '违约处理'), ('bond_returned', '退还保证金'), ('bond_forfeited', '没收保证金'), ('closed', '结案'), ('land_resumed', '收回土地'), ('voided', '作废登记')], max_length=24),
        ),
        migrations.AddConstraint(
            model_name='parcelevent',
            constraint=models.UniqueConstraint(condition=models.Q(('kind__in', ['bond_returned', 'deal', 'land_resumed'])), fields=('parcel', 'kind', 'milestone'), name='parcel_event_happens_once'),
        ),
        migrations.AddConstraint(
            model_name='parcelevent',
            constraint=models.UniqueConstraint(condition=models.Q(('of__isnull', False)), fields=('parcel', 'of'), name='parcel_event_voided_once'),
        ),
        migrations.AddConstraint(
            model_name='parcelevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'voided'), ('of__gt', 0), ('of__isnull', False)), models.Q(models.Q(('kind', 'voided'), _negated=True), ('of__isnull', True)), _connector='OR'), name='parcel_event_voids_one'),
        ),
        migrations.AddConstraint(
            model_name='parcelevent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['deal', 'reached', 'checked', 'evidence', 'extension_requested', 'extension_granted', 'extension_refused', 'clock_stopped', 'clock_resumed', 'rectification_ordered', 'rectified', 'measure', 'bond_returned', 'bond_forfeited', 'closed', 'land_resumed', 'voided'])), name='parcel_event_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='parcelevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_by__isnull', False), ('kind__in', ['bond_forfeited', 'bond_returned', 'checked', 'extension_granted', 'extension_refused', 'land_resumed', 'measure', 'voided']), models.Q(('confirmed_by', models.F('made_by')), _negated=True)), models.Q(models.Q(('kind__in', ['bond_forfeited', 'bond_returned', 'checked', 'extension_granted', 'extension_refused', 'land_resumed', 'measure', 'voided']), _negated=True), ('confirmed_by__isnull', True)), _connector='OR'), name='parcel_event_four_eyes'),
        ),
        migrations.AddConstraint(
            model_name='parcelproposal',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['bond_forfeited', 'bond_returned', 'checked', 'extension_granted', 'extension_refused', 'land_resumed', 'measure', 'voided'])), name='proposal_of_what_takes_two'),
        ),
        migrations.RunPython(make, drop),
    ]
