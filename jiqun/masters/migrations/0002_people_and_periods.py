import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('masters', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='姓名')),
                ('phone', models.CharField(blank=True, max_length=30, verbose_name='办公电话')),
                ('opened_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.AlterModelOptions(
            name='membership',
            options={'ordering': ['organisation__name', 'role']},
        ),
        migrations.AddField(
            model_name='membership',
            name='granted_at',
            field=models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='membership',
            name='granted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='roles_granted', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='membership',
            name='valid_from',
            field=models.DateField(default=django.utils.timezone.localdate, verbose_name='开始日期'),
        ),
        migrations.AddField(
            model_name='membership',
            name='valid_until',
            field=models.DateField(blank=True, null=True, verbose_name='截止日期'),
        ),
        migrations.AddField(
            model_name='organisation',
            name='active',
            field=models.BooleanField(default=True, verbose_name='启用'),
        ),
        migrations.AddField(
            model_name='organisation',
            name='opened_at',
            field=models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='membership',
            name='role',
            field=models.CharField(choices=[('analyst', '分析员'), ('firm', '企业用户'), ('butler', '园区管家'), ('partner', '合作机构'), ('system', '系统管理员'), ('security', '安全管理员'), ('audit', '审计管理员')], max_length=12, verbose_name='角色'),
        ),
        migrations.AlterField(
            model_name='organisation',
            name='kind',
            field=models.CharField(choices=[('bureau', '部门'), ('firm', '企业'), ('park', '园区运营方'), ('partner', '合作机构'), ('operator', '平台运维'), ('public', '公众')], max_length=12, verbose_name='类别'),
        ),
        migrations.AlterField(
            model_name='organisation',
            name='place',
            field=models.CharField(blank=True, max_length=200, verbose_name='负责地方'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('role__in', ['audit', 'security', 'system'])), fields=('user',), name='one_administrator_role_each'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='membership_period_in_order'),
        ),
        migrations.AddField(
            model_name='person',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='people', to='masters.organisation'),
        ),
        migrations.AddField(
            model_name='person',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='person', to=settings.AUTH_USER_MODEL),
        ),
    ]
