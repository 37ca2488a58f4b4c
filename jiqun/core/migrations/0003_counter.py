import django.db.models.deletion
import jiqun.core.models.audit
import jiqun.core.models.imports
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0002_first_log_set_aside'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditChain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target', models.CharField(max_length=200, unique=True)),
                ('length', models.BigIntegerField()),
                ('head', models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='AuditRoot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True)),
                ('entries', models.BigIntegerField()),
                ('chains', models.BigIntegerField()),
                ('algorithm', models.CharField(max_length=10)),
                ('root', models.CharField(max_length=64)),
                ('previous', models.CharField(blank=True, max_length=64)),
                ('made', jiqun.core.models.audit.InstantField()),
                ('seal', models.CharField(max_length=64)),
            ],
            options={
                'ordering': ['-day'],
            },
        ),
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('due', models.DateTimeField()),
                ('started', models.DateTimeField(null=True)),
                ('finished', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='RateCounter',
            fields=[
                ('bucket', models.CharField(max_length=120, primary_key=True, serialize=False)),
                ('count', models.IntegerField()),
                ('until', models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='SearchState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=40, unique=True)),
                ('stamp', models.CharField(blank=True, max_length=200)),
                ('built', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.AlterModelOptions(
            name='apitoken',
            options={'ordering': ['-id']},
        ),
        migrations.AddField(
            model_name='apitoken',
            name='scope',
            field=models.CharField(choices=[('read', 'read'), ('write', 'write')], default='read', max_length=8),
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('at', jiqun.core.models.audit.InstantField(db_index=True)),
                ('user_name', models.CharField(blank=True, max_length=150)),
                ('organisation', models.CharField(blank=True, max_length=400)),
                ('roles', models.CharField(blank=True, max_length=120)),
                ('action', models.CharField(max_length=80)),
                ('target', models.CharField(db_index=True, max_length=200)),
                ('reason', models.TextField(blank=True)),
                ('before', jiqun.core.models.audit.CanonicalJSONField()),
                ('after', jiqun.core.models.audit.CanonicalJSONField()),
                ('request_id', models.CharField(blank=True, max_length=40)),
                ('algorithm', models.CharField(max_length=10)),
                ('prev', models.CharField(blank=True, max_length=64)),
                ('digest', models.CharField(max_length=64)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-at', '-id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('action', 'core.read_firms'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='a_read_of_firms_has_a_purpose'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('receipt', models.CharField(max_length=32, unique=True)),
                ('firm', models.CharField(db_index=True, max_length=40)),
                ('purpose', models.CharField(db_index=True, max_length=40)),
                ('fields', models.JSONField()),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField()),
                ('text_version', models.CharField(max_length=20)),
                ('granted_at', models.DateTimeField(auto_now_add=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('granted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents_granted', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='consents_withdrawn', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('valid_until__gte', models.F('valid_from'))), name='consent_period_in_order'),
                    models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='consent_withdrawal_is_whole'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ConsentUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('reference', models.CharField(max_length=200)),
                ('fields', models.JSONField()),
                ('rows', models.PositiveIntegerField()),
                ('consent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='core.consent')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['consent', '-id'], name='consent_use_newest'),
                ],
            },
        ),
        migrations.CreateModel(
            name='FirmRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.IntegerField()),
                ('firm', models.CharField(db_index=True, max_length=40)),
                ('salt', models.CharField(max_length=16)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reads', to='core.auditentry')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [
                    models.UniqueConstraint(fields=('entry', 'position'), name='one_firm_at_one_position'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=jiqun.core.models.imports._key, editable=False, max_length=32, unique=True)),
                ('table', models.CharField(max_length=60)),
                ('file_name', models.CharField(max_length=200)),
                ('digest', models.CharField(max_length=64)),
                ('said', models.JSONField(default=dict)),
                ('counts', models.JSONField(default=dict)),
                ('plan_digest', models.CharField(blank=True, max_length=64)),
                ('receipt', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('planned', '待确认'), ('applying', '正在写入'), ('applied', '已写入'), ('undone', '已撤销'), ('discarded', '已放弃'), ('expired', '已过期')], default='planned', max_length=10)),
                ('idempotency', models.CharField(blank=True, max_length=80)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('applied', models.DateTimeField(null=True)),
                ('ended', models.DateTimeField(null=True)),
                ('undo_until', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('idempotency', ''), _negated=True), fields=('user', 'idempotency'), name='import_sent_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('title_zh', models.CharField(max_length=200)),
                ('title_en', models.CharField(max_length=200)),
                ('arguments', models.JSONField(default=dict)),
                ('purpose', models.CharField(blank=True, max_length=200)),
                ('request_id', models.CharField(blank=True, max_length=40)),
                ('state', models.CharField(choices=[('waiting', '等待'), ('running', '进行中'), ('done', '完成'), ('failed', '失败'), ('cancelled', '已取消')], default='waiting', max_length=10)),
                ('done', models.BigIntegerField(default=0)),
                ('total', models.BigIntegerField(null=True)),
                ('message_zh', models.CharField(blank=True, max_length=300)),
                ('message_en', models.CharField(blank=True, max_length=300)),
                ('result_url', models.CharField(blank=True, max_length=300)),
                ('error', models.JSONField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('attempts_allowed', models.PositiveSmallIntegerField(default=2)),
                ('lease', models.CharField(blank=True, max_length=80)),
                ('heartbeat', models.DateTimeField(null=True)),
                ('cancel', models.BooleanField(default=False)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('started', models.DateTimeField(null=True)),
                ('finished', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['state', 'id'], name='job_queue'),
                    models.Index(fields=['user', '-id'], name='job_of_person'),
                ],
            },
        ),
        migrations.CreateModel(
            name='LoginSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=40, unique=True)),
                ('started', models.DateTimeField(auto_now_add=True)),
                ('seen', models.DateTimeField(auto_now_add=True)),
                ('address', models.CharField(blank=True, max_length=45)),
                ('device', models.CharField(blank=True, max_length=200)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-seen'],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=60)),
                ('title_zh', models.CharField(max_length=200)),
                ('title_en', models.CharField(max_length=200)),
                ('body_zh', models.TextField(blank=True)),
                ('body_en', models.TextField(blank=True)),
                ('link', models.CharField(blank=True, max_length=300)),
                ('key', models.CharField(max_length=120)),
                ('shown', models.BooleanField(default=True)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('read', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(condition=models.Q(('read', None), ('shown', True)), fields=['user'], name='notice_unread'),
                    models.Index(fields=['user', '-id'], name='notice_of_person'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('user', 'key'), name='notice_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='NoticeChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=60)),
                ('channel', models.CharField(choices=[('console', '控制台'), ('mail', '邮件'), ('robot', '群机器人')], max_length=8)),
                ('on', models.BooleanField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('user', 'kind', 'channel'), name='notice_choice_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PasswordRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('encoded', models.CharField(max_length=200)),
                ('initial', models.BooleanField(default=False)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='PublishedTable',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=32, unique=True)),
                ('title_zh', models.CharField(max_length=120, verbose_name='中文标题')),
                ('title_en', models.CharField(blank=True, max_length=160, verbose_name='英文标题')),
                ('place', models.CharField(db_index=True, max_length=20, verbose_name='地方')),
                ('period', models.CharField(max_length=20, verbose_name='期间')),
                ('measure', models.CharField(max_length=60, verbose_name='指标')),
                ('unit', models.CharField(max_length=20, verbose_name='单位')),
                ('classification', models.CharField(blank=True, max_length=60, verbose_name='分类')),
                ('dimensions', models.JSONField()),
                ('parameters', models.JSONField()),
                ('snapshot', models.CharField(max_length=64)),
                ('code_version', models.CharField(max_length=40)),
                ('firms', models.JSONField()),
                ('cells', models.JSONField()),
                ('report', models.JSONField()),
                ('digest', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('draft', '草稿'), ('published', '已发布'), ('withdrawn', '已撤回')], default='draft', max_length=12)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('approved_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='撤回原因')),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tables_approved', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tables_made', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tables_withdrawn', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-id',),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('made_by')), _negated=True), _connector='OR'), name='publication_needs_two_people'),
                    models.CheckConstraint(condition=models.Q(models.Q(('approved_by__isnull', True), ('state', 'draft')), models.Q(('approved_by__isnull', False), ('state__in', ['published', 'withdrawn'])), _connector='OR'), name='publication_is_approved'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Robot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organisation', models.PositiveBigIntegerField(db_index=True)),
                ('kind', models.CharField(choices=[('wecom', '企业微信'), ('dingtalk', '钉钉')], max_length=10, verbose_name='类型')),
                ('label', models.CharField(max_length=80, verbose_name='名称')),
                ('base', models.CharField(max_length=120)),
                ('sealed', models.TextField()),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['label', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('console', '控制台'), ('mail', '邮件'), ('robot', '群机器人')], max_length=8)),
                ('title_zh', models.CharField(max_length=200)),
                ('title_en', models.CharField(max_length=200)),
                ('link', models.CharField(blank=True, max_length=300)),
                ('key', models.CharField(max_length=160, unique=True)),
                ('state', models.CharField(choices=[('waiting', '等待'), ('sending', '发送中'), ('sent', '已发送'), ('failed', '失败')], default='waiting', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due', models.DateTimeField()),
                ('sent', models.DateTimeField(null=True)),
                ('problem_zh', models.CharField(blank=True, max_length=300)),
                ('problem_en', models.CharField(blank=True, max_length=300)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                ('robot', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='core.robot')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [
                    models.Index(fields=['state', 'due'], name='delivery_queue'),
                    models.Index(fields=['robot', '-sent'], name='delivery_rate'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=60)),
                ('name', models.CharField(max_length=60)),
                ('query', models.TextField(blank=True)),
                ('shared_with', models.CharField(blank=True, max_length=60)),
                ('is_default', models.BooleanField(default=False)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [
                    models.UniqueConstraint(fields=('user', 'table', 'name'), name='saved_view_named_once'),
                    models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('user', 'table'), name='one_default_view'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SearchSegment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=40)),
                ('place', models.CharField(blank=True, max_length=20)),
                ('firm', models.CharField(blank=True, max_length=40)),
                ('grade', models.CharField(max_length=10)),
                ('roles', models.CharField(blank=True, max_length=120)),
                ('digest', models.CharField(max_length=64)),
                ('rows', models.PositiveIntegerField()),
                ('built', models.DateTimeField(auto_now=True)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['source'], name='search_source'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SearchPosting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('gram', models.CharField(max_length=12)),
                ('title', models.BooleanField()),
                ('numbers', models.BinaryField()),
                ('segment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='core.searchsegment')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('gram', 'segment', 'title'), name='search_gram'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=120)),
                ('title_zh', models.CharField(max_length=200)),
                ('title_en', models.CharField(blank=True, max_length=200)),
                ('subtitle', models.CharField(blank=True, max_length=300)),
                ('body', models.TextField(blank=True)),
                ('url', models.CharField(blank=True, max_length=300)),
                ('segment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='core.searchsegment')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['key'], name='search_key'),
                ],
            },
        ),
    ]
