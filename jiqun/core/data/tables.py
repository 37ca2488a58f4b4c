"""Every table of facts, and the refused rows: what the manifest of core declares."""

from __future__ import annotations

from jiqun.core.data.facts import fact_table
from jiqun.core.data.quarantine import QUARANTINE
from jiqun.core.imports.facts import WRITERS, fact_importer
from jiqun.facts.contract import contracts

TABLES = (
    *(
        fact_table(one, fact_importer(one), WRITERS[one.grade])
        for one in contracts().values()
        if one.kind == "fact"
    ),
    QUARANTINE,
)
