"""A command that is the first to need the tables makes them; an older release's are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from jiqun.core.database import require_tables
from jiqun.errors import JiqunError
from jiqun.modules.policy.models import Case
from tests.core.test_backup import on_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


def test_a_new_database_gets_its_tables_and_an_older_one_is_told(tmp_path: Path) -> None:
    with on_database("", tmp_path):
        assert connection.introspection.table_names() == []
        require_tables()
        assert Case.objects.count() == 0
        require_tables()
        MigrationRecorder(connection).record_unapplied("policy", "0003_drafts")
        before = connection.introspection.table_names()
        with pytest.raises(JiqunError) as caught:
            require_tables()
        assert caught.value.code == "E-DATABASE-BEHIND"
        assert "policy 0003_drafts" in caught.value.message_zh
        assert connection.introspection.table_names() == before
