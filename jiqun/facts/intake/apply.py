"""Writing a plan as one batch, and taking the batch back."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from jiqun.errors import JiqunError, Kind, Problem
from jiqun.facts.contract import Contract
from jiqun.facts.intake.compare import CHANGE, Compared, compare
from jiqun.facts.intake.plan import Plan
from jiqun.facts.store.ledger import Receipt
from jiqun.facts.store.store import Store

NAMED = 8  # rows named in a message


def apply(facts: Store, planned: Plan, *, meta: Mapping[str, str] | None = None) -> Receipt:
    """Write exactly the rows of a plan as one batch; a repetition writes nothing.

    Args:
        facts: the store that the plan was made with.
        planned: the plan, perhaps read back from where an earlier request kept it.
        meta: anything about the import (who, why); kept in the ledger.

    Raises:
        JiqunError: ``E-INTAKE-BLOCKED`` for a blocked plan; ``E-INTAKE-STALE`` when facts of
            the plan's keys have changed since it was made; and those of ``Store.append``.
    """
    contract = facts.tables.contract(planned.contract)
    if planned.blocked:
        raise _still_blocked(planned)
    rows = planned.rows.drop(CHANGE)
    origin = planned.origin

    def unchanged_since() -> None:
        now = compare(facts, contract, rows)
        if now.digest != planned.seen:
            raise _stale(planned, now, contract)

    told = {
        "owner": origin.owner or None, "as_of": origin.as_of, "next_due": origin.next_due,
        "file": planned.file, "sheet": planned.sheet, "encoding": planned.encoding,
        "rows": planned.file_rows, "blank": planned.blank,
    }  # fmt: skip
    note = {key: str(value) for key, value in told.items() if value is not None} | {**(meta or {})}
    return facts.append(
        planned.contract, rows, batch=planned.batch, received=planned.received,
        source=origin.source, quarantined=planned.held if planned.held.height else None,
        duplicate=planned.repeated, meta=note, guard=unchanged_since,
    )  # fmt: skip


def _still_blocked(planned: Plan) -> JiqunError:
    errors = [one for one in planned.listed() if one.code.startswith("E-") and one.row is None]
    return JiqunError(
        "E-INTAKE-BLOCKED",
        f"“{planned.file}”还有 {len(errors)} 个整表问题未解决，不能写入",
        f"“{planned.file}” still has {len(errors)} problems of the whole table; nothing is stored",
        hint_zh="按所列的办法确认列、补充信息，或改正文件后重新导入",
        hint_en="settle the columns as listed, or correct the file, and plan it again",
        fields=errors,
    )


def _stale(planned: Plan, now: Compared, contract: Contract) -> JiqunError:
    differ = planned.rows.with_columns(now.change.alias("_now"))
    differ = differ.filter(pl.col("_now") != pl.col(CHANGE)).head(NAMED)
    fields = [
        Problem(
            "E-INTAKE-STALE", "该行对应的事实已变", "the fact of this row has changed",
            file=planned.file, sheet=planned.sheet, row=row["source_row"],
            column=", ".join(contract.key), value=", ".join(str(row[n]) for n in contract.key),
        )
        for row in differ.iter_rows(named=True)
    ]  # fmt: skip
    return JiqunError(
        "E-INTAKE-STALE",
        f"预览“{planned.file}”之后，所涉及的事实已被他人更改，未写入",
        f"facts that “{planned.file}” touches have changed since the preview; nothing was stored",
        hint_zh="重新预览，核对后再写入",
        hint_en="make the preview again, check it, and apply it",
        kind=Kind.CONFLICT,
        fields=fields,
    )
