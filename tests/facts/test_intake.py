"""One uploaded file: plan, keep the plan, apply it, take it back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from jiqun.errors import JiqunError, Kind
from jiqun.facts.contract import Column, Contract, contracts, require_basis
from jiqun.facts.intake import saved
from jiqun.facts.intake.apply import apply
from jiqun.facts.intake.export import export, template
from jiqun.facts.intake.hints import Hints
from jiqun.facts.intake.plan import Plan, letter, plan
from jiqun.facts.intake.timing import in_text
from jiqun.facts.load.quality import check
from jiqun.facts.load.references import Known
from jiqun.facts.store.store import Store
from jiqun.facts.store.undo import undo
from tests.facts.corpus.outcome import county
from tests.facts.corpus.spec import CONTEXT, FIRM_A, FIRM_B, sheet

HEAD = "行业代码,期间,产值（万元）\n"
TWO = HEAD + "1762,2025,12.5\n1763,2025,3\n"
BASIS = "企业授权书 2025-001"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return county(tmp_path / "county")


def cells(store: Store, text: str, **more: Any) -> Plan:
    hints = Hints(constants={**CONTEXT, **more.pop("constants", {})}, **more.pop("hints", {}))
    return plan(
        store, "industry_cell", text.encode(), "产值.csv", source="快报", hints=hints, **more
    )


def values(store: Store) -> list[int]:
    return store.polars("industry_cell").sort("industry")["value"].to_list()


def code(error: pytest.ExceptionInfo[JiqunError]) -> str:
    assert error.value.message_zh
    assert error.value.hint_en
    return error.value.code


# ---- the preview ----------------------------------------------------------------------------


def test_a_plan_writes_nothing(store: Store) -> None:
    before = store.version("industry_cell"), store.batches().height
    made = cells(store, TWO)
    assert (made.creates, made.updates, made.unchanged) == (2, 0, 0)
    assert (store.version("industry_cell"), store.batches().height) == before


def test_creates_updates_and_unchanged_with_before_and_after(store: Store) -> None:
    apply(store, cells(store, TWO))
    made = cells(store, HEAD + "1762,2025,12.5\n1763,2025,4\n0111,2025,1\n1763,2025,4\n")
    assert (made.creates, made.updates, made.unchanged, made.repeated) == (1, 1, 1, 1)
    assert made.received == made.accepted + made.quarantined + made.duplicate == 4
    spec = store.tables.contract("industry_cell")
    (changed,) = made.changes(spec).to_dicts()
    assert (changed["source_row"], changed["industry"], changed["column"]) == (3, "1763", "value")
    assert (changed["before"], changed["after"]) == ("3000000", "4000000")


def test_every_problem_of_every_row_at_once_with_its_cell(store: Store) -> None:
    made = cells(store, HEAD + "1762,8月,约3\n9999,2025,3\n1763,2025,▲3\n")
    found = made.problems.select("row", "cell", "column", "value", "code").rows()
    assert found == [
        (2, "B2", "期间", "8月", "E-PERIOD-YEAR"),
        (2, "C2", "产值（万元）", "约3", "E-QUANTITY"),
        (4, "C4", "产值（万元）", "▲3", "E-RANGE"),
        (3, "A3", "行业代码", "9999", "E-CODE-UNKNOWN"),
    ]
    assert all(made.problems["remedy_zh"])


def test_what_is_wrong_with_a_row_is_listed_once_however_many_figures_it_has(store: Store) -> None:
    text = "2025年,,\n行业代码,产值（万元）,从业人员（人）\n合计,9,8\n9999,5,6\n"
    made = cells(store, text)
    assert made.problems.select("row", "code").rows() == [(3, "I-TOTAL-ROW"), (4, "E-CODE-UNKNOWN")]
    assert made.quarantined == made.received == 4  # but every record is accounted for


def test_headings_are_shown_as_they_were_understood(store: Store) -> None:
    made = cells(store, "2025年1-8月,,\n序号,行业名称,产值（万元）\n1,针织品,3\n")
    assert ("产值（万元）", "output", "label") in made.shown
    assert ("行业名称", "industry", "name") in made.shown
    assert ("序号", "", "I-COLUMN-EXPLAINS") in made.shown
    assert ("2025年1-8月", "period = 2025-01/08", "title") in made.shown


def test_an_unknown_column_blocks_with_the_nearest_name(store: Store) -> None:
    made = cells(store, "行业代玛,期间,产值（万元）\n1762,2025,3\n")
    (found,) = [one for one in made.listed() if one.code == "E-COLUMN-UNKNOWN"]
    assert (found.column, found.value) == ("行业代玛", "行业代玛")
    assert "行业代码" in found.message_zh
    assert made.blocked
    assert made.received == made.quarantined == 1
    with pytest.raises(JiqunError) as error:
        apply(store, made)
    assert code(error) == "E-INTAKE-BLOCKED"
    assert {one.code for one in error.value.fields} == {"E-COLUMN-UNKNOWN", "E-COLUMN-ABSENT"}


def test_row_problems_are_told_beside_those_of_the_columns(store: Store) -> None:
    made = cells(store, "行业代码,期间,产值（万元）,分机\n1762,8月,约3,1\n")
    assert set(made.problems["code"]) == {"E-COLUMN-UNKNOWN", "E-PERIOD-YEAR", "E-QUANTITY"}


def test_a_hint_that_names_no_column_is_a_problem(store: Store) -> None:
    made = cells(store, TWO, hints={"columns": {"行业代码": "industri"}})
    (found,) = [one for one in made.listed() if one.code == "E-MAPPING-COLUMN"]
    assert "industry" in found.message_zh


def test_a_file_that_cannot_be_read_is_a_blocked_plan(store: Store) -> None:
    made = plan(store, "firm", b"PK\x03\x04broken", "坏.xlsx", source="t")
    assert made.blocked
    assert [one.code for one in made.listed()] == ["E-FILE-UNREADABLE"]
    assert made.listed()[0].file == "坏.xlsx"


def test_an_unknown_contract_and_a_missing_file_are_errors(store: Store, tmp_path: Path) -> None:
    for name, file, expected in (
        ("nothing", b"a", "E-STORE-NAME"),
        ("firm", tmp_path / "none.csv", "E-FILE-MISSING"),
    ):
        with pytest.raises(JiqunError) as error:
            plan(store, name, file, source="t")
        assert error.value.code == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("合成县2025年1—8月主要指标", "2025-01/08"),
        ("二〇二五年上半年快报", "2025H1"),
        ("2025年第三季度", "2025Q3"),
        ("2024年与2025年对比", ""),
        ("合成县工业", ""),
        ("2025年8月和2025年1-8月", ""),
    ],
)
def test_the_one_period_of_a_title(text: str, expected: str) -> None:
    assert in_text(text) == expected


def test_letters() -> None:
    assert [letter(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


# ---- applying -------------------------------------------------------------------------------


def test_apply_writes_exactly_what_was_shown_once(store: Store) -> None:
    made = cells(store, TWO + "9999,2025,1\n")
    receipt = apply(store, made, meta={"by": "合成用户"})
    assert (receipt.received, receipt.accepted, receipt.quarantined) == (3, 2, 1)
    assert values(store) == [12_500_000, 3_000_000]
    assert apply(store, made).repeated
    entry = store.batches().filter(pl.col("batch") == made.batch)
    assert entry.height == 1
    assert '"by":"合成用户"' in entry["meta"][0]
    held = store.polars("_quarantine").filter(pl.col("batch") == made.batch)
    assert "9999" in held["record"][0]


def test_facts_keep_where_they_came_from(store: Store) -> None:
    day = dt.date(2026, 1, 18)
    apply(store, cells(store, TWO, owner="统计局", as_of=day, basis="统计调查制度"))
    row = store.polars("industry_cell").row(0, named=True)
    assert (row["source"], row["as_of"], row["basis"]) == ("快报", day, "统计调查制度")
    assert row["source_row"] in (2, 3)


def test_a_plan_survives_being_kept_as_bytes(store: Store) -> None:
    apply(store, cells(store, TWO))
    made = cells(store, HEAD + "1762,2025,1\n0111,2025,2\n9999,2025,3\n", as_of=dt.date(2026, 1, 1))
    kept = saved.load(saved.dump(made))
    for name in ("rows", "before", "problems", "held"):
        assert getattr(kept, name).equals(getattr(made, name)), name
    same = ("contract", "origin", "batch", "seen", "received", "shown", "sheets", "blocked")
    assert [getattr(kept, n) for n in same] == [getattr(made, n) for n in same]
    assert apply(store, kept).accepted == 2


@pytest.mark.parametrize("damage", ["cut", "changed", "none"])
def test_a_damaged_plan_is_refused(store: Store, damage: str) -> None:
    content = saved.dump(cells(store, TWO))
    broken = {
        "cut": content[:-40],
        "changed": content.replace("快报".encode(), "公报".encode()),
        "none": b"",
    }[damage]
    with pytest.raises(JiqunError) as error:
        saved.load(broken)
    assert code(error) == "E-INTAKE-DAMAGED"


def test_facts_that_changed_since_the_preview_refuse_it(store: Store) -> None:
    made = cells(store, TWO)
    apply(store, cells(store, HEAD + "1763,2025,9\n"))
    with pytest.raises(JiqunError) as error:
        apply(store, made)
    assert code(error) == "E-INTAKE-STALE"
    assert error.value.kind is Kind.CONFLICT
    assert [one.row for one in error.value.fields] == [3]
    assert values(store) == [9_000_000]
    assert not store.batches()["batch"].is_in([made.batch]).any()
    assert not store.polars("_quarantine")["batch"].is_in([made.batch]).any()


def test_facts_that_changed_elsewhere_do_not(store: Store) -> None:
    made = cells(store, TWO)
    apply(store, cells(store, HEAD + "0111,2025,9\n"))
    assert apply(store, made).accepted == 2


def test_undo_and_the_same_file_again(store: Store) -> None:
    made = cells(store, TWO)
    apply(store, made)
    taken = undo(store, made.batch)
    assert (taken.removed, values(store)) == (2, [])
    again = cells(store, TWO)
    assert again.batch != made.batch
    assert apply(store, again).accepted == 2
    assert values(store) == [12_500_000, 3_000_000]


# ---- whose rows -----------------------------------------------------------------------------

FIRM_HEAD = "统一社会信用代码,指标,期间,数值,单位\n"


def firm_rows(store: Store, *firms: str, **more: Any) -> Plan:
    text = FIRM_HEAD + "".join(f"{firm},output,2025,5,万元\n" for firm in firms)
    options: dict[str, Any] = {"basis": BASIS, **more}
    return plan(store, "firm_indicator", text.encode(), "f.csv", source="直报", **options)


def test_rows_of_others_are_refused_alike_whether_they_exist_or_not(store: Store) -> None:
    made = firm_rows(store, FIRM_A, FIRM_B, "91350100M000100Y44", allowed_firms=[FIRM_A])
    assert made.rows["firm"].to_list() == [FIRM_A]
    said = made.problems.filter(pl.col("code") == "E-NOT-YOURS")
    assert said["row"].to_list() == [3, 4]
    known, unknown = (
        row["message_zh"].replace(row["value"], "·") for row in said.iter_rows(named=True)
    )
    assert known == unknown
    assert FIRM_B not in " ".join(said["message_zh"][1:]) + " ".join(said["remedy_zh"])


def test_no_code_of_another_firm_is_offered_for_a_wrong_one(store: Store) -> None:
    near_b = FIRM_B[:-1] + "7"
    open_to_all = firm_rows(store, near_b)
    assert FIRM_B in open_to_all.problems["message_zh"][0]
    narrow = firm_rows(store, near_b, allowed_firms=[FIRM_A, near_b])
    assert narrow.problems["code"].to_list() == ["E-FIRM-UNKNOWN"]
    assert FIRM_B not in narrow.problems["message_zh"][0]


def test_places_of_others(store: Store) -> None:
    text = "行业代码,期间,地方,产值（万元）\n1762,2025,990101,1\n1762,2025,990101001,2\n"
    made = cells(store, text, allowed_places=["990101001"])
    assert made.rows["place"].to_list() == ["990101001"]
    assert made.problems["code"].to_list() == ["E-NOT-YOURS"]


def test_firm_level_rows_need_a_basis(store: Store) -> None:
    assert (
        firm_rows(store, FIRM_A, basis="consent:credit").rows["lawful_basis"][0] == "consent:credit"
    )
    text = f"统一社会信用代码,指标,期间,数值,单位,合法依据\n{FIRM_A},output,2025,5,万元,　\n"
    made = plan(store, "firm_indicator", text.encode(), "f.csv", source="t", basis="")
    assert made.held["code"].to_list() == ["E-BASIS"]


# ---- grades ---------------------------------------------------------------------------------


def graded(*columns: Column, grade: str = "public") -> Contract:
    return Contract(
        name="graded", title={}, about={}, key=("firm",), columns=columns,
        grade=grade,  # type: ignore[arg-type]
    )  # fmt: skip


FIRM = Column("firm", "firm_id", "代码", "Firm", required=True)
LAWFUL = Column("lawful_basis", "text", "合法依据", "Basis")
SECRET = Column("bank", "text", "开户行", "Bank", grade="firm")


def test_a_column_may_be_graded_above_its_table() -> None:
    spec = graded(FIRM, SECRET, LAWFUL)
    assert dict(spec.column_grades) == {"firm": "public", "bank": "firm", "lawful_basis": "public"}
    require_basis(spec)


@pytest.mark.parametrize("spec", [graded(FIRM, SECRET), graded(FIRM, grade="firm")])
def test_firm_level_columns_without_a_basis_are_no_contract(spec: Contract) -> None:
    with pytest.raises(JiqunError) as error:
        require_basis(spec)
    assert code(error) == "E-CONTRACT"


def test_every_contract_of_facts_has_the_basis_it_needs() -> None:
    for spec in contracts().values():
        require_basis(spec)
    assert contracts()["firm_indicator"].column_grades["value"] == "firm"


def test_a_graded_column_needs_a_basis_only_where_it_says_something() -> None:
    spec = graded(FIRM, SECRET, LAWFUL)
    frame = pl.DataFrame(
        {
            "firm": ["a", "b", "c"], "bank": ["x", None, "y"],
            "lawful_basis": [None, None, "授权书"], "_row": [2, 3, 4], "_total": [False] * 3,
            "_wide": [False] * 3, "_refused": [""] * 3, "_unit": [""] * 3,
        }
    )  # fmt: skip
    none = pl.DataFrame(
        schema={
            "_record": pl.UInt32,
            **dict.fromkeys(("column", "value", "code", "extra"), pl.String),
        }
    )
    checked = check(frame, none, spec, Known())
    assert checked.accepted["firm"].to_list() == ["b", "c"]
    assert checked.found["code"].to_list() == ["E-BASIS"]


# ---- round trip -----------------------------------------------------------------------------

SAMPLES: dict[str, list[dict[str, object]]] = {
    "parcel": [{"parcel": "990101001001GB00001", "location": "合成路", "place": "990101", "use": "工业用地",
                "holder": FIRM_A, "area_m2": 20_000.5, "floor_m2": 25_000.0, "planned_ratio": 1.2,
                "datum": "cgcs2000", "geometry": '{"type":"Polygon","coordinates":[]}'}],
    "parcel_use": [{"parcel": "990101001001GB00001", "firm": FIRM_A, "kind": "rented_in", "area_m2": 20_000.5,
                    "floor_m2": 4_000.25, "total_floor_m2": 25_000.0, "first": dt.date(2024, 1, 1),
                    "document": "合成租1号", "lawful_basis": "法定职责"}],
    "parcel_deal": [{"parcel": "990101001001GB00001", "place": "990101", "firm": FIRM_A, "notice": "合成公告1号",
                     "area": "20000", "investment": "≥300", "plot_ratio": "1.0-2.0"}],
    "place": [
        {"place": "990101", "name_zh": "合成县", "name_en": "Synthetic, \"County\"", "level": "county",
         "lon": 120.123456789, "lat": -0.1, "population": 352_000, "area_km2": 3348.75},
        {"place": "990101001", "name_zh": "合成镇", "parent": "990101", "level": "town"},
    ],
    "industry": [{"classification": "c", "code": "0111", "name_zh": "稻谷种植", "level": 4}],
    "firm": [
        {"firm": FIRM_A, "id_scheme": "uscc", "name": "合成示例织造有限公司", "place": "990101",
         "status": "active", "scale": "small", "founded": dt.date(2008, 5, 12), "products": "棉袜;运动袜"},
        {"firm": "T001", "id_scheme": "other", "name": "=合成", "place": "990101", "status": "closed",
         "lon": 1e-7, "lat": 29.7},
    ],
    "firm_industry": [
        {"firm": FIRM_A, "classification": "c", "industry": "0111", "share": 0.8, "main": True},
        {"firm": FIRM_B, "classification": "c", "industry": "0111", "share": None, "main": False},
        {"firm": FIRM_B, "classification": "d", "industry": "1", "main": None},
    ],
    "firm_indicator": [
        {"firm": FIRM_A, "indicator": "output", "period": "2025-01/08", "value": 12_345, "unit": "CNY_fen",
         "status": "published", "lawful_basis": BASIS},
        {"firm": FIRM_A, "indicator": "tax", "period": "2025Q3", "value": None, "unit": "CNY_fen",
         "status": "suppressed", "lawful_basis": BASIS},
        {"firm": FIRM_A, "indicator": "rd", "period": "2025", "value": 0, "unit": "CNY_fen",
         "status": "imputed", "lawful_basis": BASIS},
        {"firm": FIRM_B, "indicator": "output", "period": "2025-08-31", "value": -(10**17) - 1,
         "unit": "CNY_fen", "status": "imputed", "lawful_basis": BASIS},
    ],
    "firm_attribute": [
        {"firm": FIRM_A, "item": "高新技术企业", "period": "2026", "content": "是", "valid_to": dt.date(2027, 1, 1),
         "document": "某科〔2026〕1号", "lawful_basis": BASIS},
        {"firm": FIRM_B, "item": "项目总投资", "period": "2026", "content": "500万元", "lawful_basis": BASIS},
    ],
    "list_coverage": [
        {"item": "高新技术企业", "place": "990101", "period": "2026", "otherwise": "否", "holder": "某局"},
    ],
    "industry_cell": [
        {"place": "990101", "classification": "c", "industry": "0111", "period": "2025H1",
         "measure": "employment", "value": 0, "unit": "person", "status": "zero"},
        {"place": "990101", "classification": "c", "industry": "0111", "period": "2025",
         "measure": "tax", "value": -5, "unit": "CNY_fen", "status": "published"},
    ],
    "input_output": [
        {"table": "t", "place": "990101", "period": "2018", "classification": "c", "matrix": "symmetric",
         "kind": "competitive", "origin": "total", "row": "0111", "row_kind": "sector", "column": "TIU",
         "column_kind": "total", "value": 5, "unit": "CNY_fen"},
    ],
    "concordance": [
        {"from_classification": "c", "from_code": "0111", "to_classification": "x", "to_code": "028",
         "weight": 0.1 + 0.2, "confidence": "A"},
    ],
    "chain_record": [
        {"record": "XM-1", "kind": "project", "name": "合成示例项目", "place": "990101", "value": 8_000_000_000,
         "unit": "CNY_fen", "due": dt.date(2026, 12, 31), "note": "一行\n又一行"},
        {"record": "PT-1", "kind": "platform", "name": "合成示例平台", "place": "990101"},
    ],
    "trade_link": [
        {"seller": FIRM_A, "buyer": FIRM_B, "period": "2025-08", "value": 350, "unit": "CNY_fen",
         "lawful_basis": BASIS},
        {"seller": FIRM_A, "buyer": FIRM_B, "period": "2025-08", "product": "棉纱", "value": 1,
         "unit": "CNY_fen", "lawful_basis": BASIS},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("filled") / "store")
    rest = [name for name in SAMPLES if name not in ("place", "industry", "firm")]
    extra = {
        "firm": FIRM_B,
        "id_scheme": "uscc",
        "name": "乙",
        "place": "990101",
        "status": "active",
    }
    for name in ("place", "industry", "firm", *rest):
        spec = contracts()[name]
        rows = [*SAMPLES[name], *([extra] if name == "firm" else [])]
        full = [{column: row.get(column) for column in spec.names} for row in rows]
        frame = pl.DataFrame(full, infer_schema_length=None)
        store.append(name, frame, batch="b", received=frame.height, source="合成")
    return store


def test_every_contract_that_can_be_imported_has_a_sample() -> None:
    assert set(SAMPLES) == {name for name, spec in contracts().items() if spec.kind == "fact"}


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_an_export_is_an_import_that_changes_nothing(filled: Store, name: str, form: Any) -> None:
    made = plan(filled, name, export(filled, name, form=form), f"t.{form}", source="t")
    height = filled.polars(name).height
    assert not made.blocked, made.problems.rows()
    assert made.quarantined == 0, made.problems.rows()
    assert (made.creates, made.updates, made.unchanged) == (0, 0, height)
    assert height > 0
    assert made.problems["code"].to_list() in ([], ["W-CODE-UNCHECKED"], ["W-PERIOD-MIXED"], [
        "W-CODE-UNCHECKED", "W-PERIOD-MIXED"])  # fmt: skip


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_an_empty_template_says_that_it_is_empty(filled: Store, name: str) -> None:
    made = plan(filled, name, template(filled, name), "t.xlsx", source="t")
    assert made.problems["code"].to_list() == ["E-TABLE-EMPTY"]


def test_a_changed_cell_of_an_export_is_one_update(filled: Store) -> None:
    rows = filled.polars("firm").with_columns(
        pl.when(pl.col("firm") == FIRM_B)
        .then(pl.lit("building"))
        .otherwise("status")
        .alias("status")
    )
    made = plan(filled, "firm", export(filled, "firm", rows), "t.xlsx", source="t")
    assert (made.updates, made.unchanged) == (1, 2)
    (changed,) = made.changes(filled.tables.contract("firm")).to_dicts()
    assert (changed["column"], changed["before"], changed["after"]) == (
        "status",
        "active",
        "building",
    )


def test_a_hundred_thousand_rows_in_reasonable_time(filled: Store) -> None:
    """Figures are in benchmarks/intake; here a bound that no busy machine breaks."""
    rows = "".join(f"{n % 9000:04d},{2000 + n // 9000},{n},\n" for n in range(100_000))
    text = "行业代码,期间,产值（万元）,备注\n" + rows
    made = plan(
        filled, "industry_cell", text.encode("gb18030"), "大.csv", source="t",
        hints=Hints(constants={"place": "990101", "classification": "none"}),
    )  # fmt: skip
    assert (made.received, made.creates) == (100_000, 100_000)
    assert made.seconds < 30


def test_hidden_rows_are_found_by_sheet(store: Store) -> None:
    rows = [["行业代码", "期间", "产值（万元）"], ["1762", "2025", 1], ["1763", "2025", 2]]
    content = sheet(rows, hidden=[2], name="a & b", before={"说明": [["x"]]})
    made = plan(
        store, "industry_cell", content, "t.xlsx", source="t", hints=Hints(constants=CONTEXT)
    )
    assert made.held.select("row", "code").rows() == [(2, "E-ROW-HIDDEN")]
    assert made.rows["industry"].to_list() == ["1763"]
