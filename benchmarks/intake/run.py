"""Time the import of one uploaded workbook beside what an analyst would write, in one run.

python benchmarks/intake/run.py [--rows 100000] [--repeat 3]

Peers that are not installed are left out and said to be (``dataframely``, ``pandera``).
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pydantic
import xlsxwriter

from jiqun.facts.contract import contract
from jiqun.facts.intake import saved
from jiqun.facts.intake.apply import apply
from jiqun.facts.intake.context import known_of
from jiqun.facts.intake.hints import Hints, Origin, Scope
from jiqun.facts.intake.plan import plan
from jiqun.facts.intake.recognise import recognise
from jiqun.facts.load import records, report
from jiqun.facts.load.convert import convert
from jiqun.facts.load.quality import check
from jiqun.facts.read import tables
from jiqun.facts.store.store import Store
from jiqun.facts.values import uscc

NAME = "firm_indicator"
INDICATORS = ("output", "revenue", "tax", "employment", "rd_expense")
UNITS = ("万元", "万元", "万元", "人", "万元")
HEAD = ["统一社会信用代码", "指标", "期间", "数值", "单位", "合法依据", "备注"]
PERIODS = ("2025年8月", "２０２５年８月", "二〇二五年八月", "2025-08")


def codes(number: int) -> list[str]:
    """Return valid, made-up credit codes."""
    bodies = [f"91990101M{place:07d}"[:16] for place in range(number)]
    found: list[str] = []
    for body in bodies:
        own = sum(
            int(c, 36) * int(w) for c, w in zip(body[8:], uscc.ORGANISATION_WEIGHTS, strict=True)
        )
        middle = uscc.ORGANISATION_CHECKS[(11 - own % 11) % 11]
        head = body + middle
        total = sum(
            uscc.ALPHABET.index(c) * int(w) for c, w in zip(head, uscc.WEIGHTS, strict=True)
        )
        found.append(head + uscc.ALPHABET[(31 - total % 31) % 31])
    return found


def declarations(rows: int) -> pl.DataFrame:
    """Return declarations in bureau habits; every ninth row has one of seven faults."""
    firms = codes(rows // len(INDICATORS))
    pick = np.arange(rows) % len(INDICATORS)
    random = np.random.default_rng(7)
    value = [
        f"{v:,.2f}" if n % 3 else f"{v:.2f}" for n, v in enumerate(random.uniform(1, 9e4, rows))
    ]
    frame = pl.DataFrame(
        {
            "firm": np.repeat(np.array(firms, dtype=object), len(INDICATORS))[:rows],
            "indicator": np.array(INDICATORS, dtype=object)[pick],
            "period": np.array(PERIODS, dtype=object)[np.arange(rows) // 5 % 4],
            "value": [
                f"{random.integers(1, 900)}" if pick[n] == 3 else v for n, v in enumerate(value)
            ],
            "unit": np.array(UNITS, dtype=object)[pick],
            "lawful_basis": ["统计调查制度（合成示例）"] * rows,
            "note": [""] * rows,
        }
    ).with_row_index("n")
    fault = pl.when(pl.col("n") % 9 == 4).then(pl.col("n") // 9 % 7).otherwise(-1)
    frame = frame.with_columns(fault.alias("fault"))

    def broken(kind: int, column: str, text: str) -> pl.Expr:
        return (
            pl.when(pl.col("fault") == kind)
            .then(pl.lit(text))
            .otherwise(pl.col(column))
            .alias(column)
        )

    for kind, column, text in (
        (0, "firm", "91350100M000100Y44"), (1, "period", "8月"), (2, "value", "约3000"),
        (3, "unit", "斛"), (4, "lawful_basis", ""), (5, "value", "…"), (6, "value", "1.2E+08"),
    ):  # fmt: skip
        frame = frame.with_columns(broken(kind, column, text))
    return frame


def workbook(frame: pl.DataFrame) -> bytes:
    """Return the declarations as a workbook under a title and a unit line."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": True})
    sheet = book.add_worksheet("填报")
    sheet.write_row(0, 0, ["合成县规上企业直报汇总"])
    sheet.write_row(1, 0, HEAD)
    for number, row in enumerate(frame.drop("n", "fault").iter_rows(), start=2):
        for place, cell in enumerate(row):
            sheet.write(number, place, cell)
    book.close()
    return buffer.getvalue()


def known_store(folder: Path, firms: list[str]) -> Store:
    """Return a store that knows the firms."""
    facts = Store(folder / "store")
    spec = contract("firm")
    filled = {"id_scheme": "uscc", "name": "合成企业", "place": "990101", "status": "active"}
    rows = pl.DataFrame({"firm": firms}).with_columns(
        pl.lit(filled.get(name)).alias(name) for name in spec.names if name != "firm"
    )
    facts.append("firm", rows, batch="firms", received=rows.height, source="合成名录")
    return facts


class Declaration(pydantic.BaseModel):
    """What an analyst would write first: a model per row."""

    firm: str = pydantic.Field(pattern=r"^[0-9A-HJ-NPQRTUWXY]{18}$")
    indicator: str = pydantic.Field(min_length=1)
    period: str = pydantic.Field(pattern=r"^(?:\d{4}|[〇一二三四五六七八九]{4})[年-]")
    value: float
    unit: str = pydantic.Field(pattern=r"^(?:万元|元|人)$")
    lawful_basis: str = pydantic.Field(min_length=1)

    @pydantic.field_validator("value", mode="before")
    @classmethod
    def plain(cls, text: str) -> str:
        """Drop thousands separators."""
        return str(text).replace(",", "")


def by_row(rows: list[dict[str, Any]]) -> int:
    """Validate row by row; return how many are bad."""
    bad = 0
    for row in rows:
        try:
            Declaration(**row)
        except pydantic.ValidationError as error:
            bad += bool(error.errors())
    return bad


def timed(label: str, work: Callable[[], Any], repeat: int) -> Any:
    """Run ``work`` and print the best and worst time, and the least CPU time of all threads."""
    seconds: list[float] = []
    cpu: list[float] = []
    result: Any = None
    for _ in range(repeat):
        started, used = time.perf_counter(), time.process_time()
        result = work()
        seconds.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
    print(f"| {label} | {min(seconds):.2f} | {max(seconds):.2f} | {min(cpu):.2f} |", flush=True)
    return result


def ours(facts: Store, content: bytes, repeat: int) -> None:
    """Time the plan, its parts, keeping it and applying it."""
    made = timed(
        "ours: workbook → plan with every reason",
        lambda: plan(facts, NAME, content, "直报.xlsx", source="直报"),
        repeat,
    )
    spec, hints, origin = contract(NAME), Hints(), Origin("直报")
    raw = timed("· read the sheet", lambda: tables.read_bytes(content, file="直报.xlsx"), repeat)
    told = timed("· recognise headings", lambda: recognise(raw, spec, hints, origin), repeat)
    known = timed("· known firms", lambda: known_of(facts, spec, Scope()), repeat)
    got = records.build(raw, told.table, spec)
    typed = timed("· convert cells", lambda: convert(got, told.table, raw, spec), repeat)
    checked = timed(
        "· **validate** typed rows", lambda: check(typed.frame, typed.found, spec, known), repeat
    )
    timed(
        "· reasons in words",
        lambda: report.quarantine(
            report.listed(typed.frame, checked.found, raw, got, spec), raw, spec
        ),
        repeat,
    )
    kept = timed("· keep the plan as bytes", lambda: saved.dump(made), repeat)
    again = timed("· read it back", lambda: saved.load(kept), repeat)
    receipt = timed("· apply (one durable batch)", lambda: apply(facts, again), 1)
    print(
        f"\nreceived {made.received} = accepted {made.accepted} + quarantined "
        f"{made.quarantined} + duplicate {made.duplicate}; applied {receipt.accepted}; "
        f"{made.problems.height} problems with cell, reason and remedy\n"
    )


def _frame(content: bytes, engine: str) -> pd.DataFrame:
    frame = pd.read_excel(io.BytesIO(content), header=1, dtype=str, engine=engine)
    frame.columns = ["firm", "indicator", "period", "value", "unit", "lawful_basis", "note"]
    return frame.fillna("")


def peers(content: bytes, repeat: int) -> None:
    """Time what an analyst would use, on the same workbook, told where the headings are."""
    timed("pandas, openpyxl: read only", lambda: _frame(content, "openpyxl"), 1)
    frame = timed("pandas, calamine: read only", lambda: _frame(content, "calamine"), repeat)
    rows = frame.to_dict("records")
    bad = timed("pydantic, row by row: validate", lambda: by_row(rows), repeat)
    print(f"| (pydantic found {bad} bad rows; nothing across rows, no cell address) | | | |")
    table = pl.DataFrame(frame.to_dict("list"))
    for name, work in (("dataframely", _dataframely), ("pandera", _pandera)):
        if importlib.util.find_spec(name) is None:
            print(f"| {name}: not installed | | | |")
        else:
            timed(f"{name}: validate", lambda work=work: work(table), repeat)


def _number(frame: pl.DataFrame) -> pl.DataFrame:
    plain = pl.col("value").str.replace_all(",", "").cast(pl.Float64, strict=False)
    return frame.with_columns(plain.alias("value"))


def _dataframely(frame: pl.DataFrame) -> int:
    import dataframely as dy  # noqa: PLC0415 - an optional peer

    class Rows(dy.Schema):
        firm = dy.String(regex=r"^[0-9A-HJ-NPQRTUWXY]{18}$")
        indicator = dy.String(min_length=1)
        period = dy.String(regex=r"^(?:\d{4}|[〇一二三四五六七八九]{4})[年-]")
        value = dy.Float64()
        unit = dy.String(regex=r"^(?:万元|元|人)$")
        lawful_basis = dy.String(min_length=1)
        note = dy.String(nullable=True)

    _, failure = Rows.filter(_number(frame))
    return len(failure)


def _pandera(frame: pl.DataFrame) -> int:
    import pandera.errors  # noqa: PLC0415 - an optional peer
    import pandera.polars as pa  # noqa: PLC0415 - an optional peer

    text = {
        "firm": r"^[0-9A-HJ-NPQRTUWXY]{18}$", "unit": r"^(?:万元|元|人)$", "lawful_basis": r"^.+$",
        "period": r"^(?:\d{4}|[〇一二三四五六七八九]{4})[年-]",
    }  # fmt: skip
    columns = {
        name: pa.Column(str, pa.Check.str_matches(re.compile(form).pattern))
        for name, form in text.items()
    }
    schema = pa.DataFrameSchema({**columns, "value": pa.Column(float)})
    try:
        schema.validate(_number(frame), lazy=True)
    except pandera.errors.SchemaErrors as error:
        return len(error.failure_cases)
    return 0


def main() -> None:
    """Make the workbook, then time us and the peers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    frame = declarations(given.rows)
    content = workbook(frame)
    print(f"{given.rows} rows × {len(HEAD)} columns, {len(content) / 1e6:.1f} MB workbook; "
          f"{frame.filter(pl.col('fault') >= 0).height} rows with a planted fault\n")  # fmt: skip
    print("| step | best s | worst s | CPU s |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        facts = known_store(Path(folder), codes(given.rows // len(INDICATORS)))
        ours(facts, content, given.repeat)
    print("| peer | best s | worst s | CPU s |\n|---|---|---|---|")
    peers(content, given.repeat)


if __name__ == "__main__":
    main()
