"""Papers of firms, and triggers that keep what was handed in."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from jiqun.core.papers.guards import GUARDS
from jiqun.core.triggers import install, remove


def guard(apps, schema_editor):
    """Make the triggers."""
    install(schema_editor.connection, GUARDS)


def unguard(apps, schema_editor):
    """Drop the triggers."""
    remove(schema_editor.connection, GUARDS)


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0004_append_only_log'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Paper',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=20, unique=True)),
                ('firm', models.CharField(db_index=True, max_length=40)),
                ('title', models.CharField(max_length=120)),
                ('file_name', models.CharField(max_length=150)),
                ('kind', models.CharField(max_length=10)),
                ('size', models.PositiveBigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('valid_until', models.DateField(null=True)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='papers_made', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='PaperUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort', models.CharField(max_length=40)),
                ('target', models.CharField(max_length=80)),
                ('place', models.CharField(db_index=True, max_length=20)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='papers_handed_in', to=settings.AUTH_USER_MODEL)),
                ('paper', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='core.paper')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['sort', 'target'], name='paper_use_of')],
                'constraints': [models.UniqueConstraint(fields=('paper', 'sort', 'target'), name='paper_handed_in_once')],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
