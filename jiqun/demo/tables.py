"""The demo county's tables in the form in which bureaux hand them over."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import polars as pl

from jiqun.demo import economy, firms, flaws, input_output
from jiqun.demo.places import COUNTY
from jiqun.demo.reference import FOLDER, concordance, groups, industries
from jiqun.demo.sheets import LABEL, Row, Sheet, rows_of, write_csv, write_parquet, write_workbook

GB, BOM = "gb18030", "utf-8-sig"
HIDDEN = "保密"
FEWEST = 3  # establishments below which a hiding bureau shows nothing
HIDERS = ("990203", "990304", "990405", "990506", "990607", "990708")
PAY_SHARE = 0.47  # pay / value added, for the wage column of the county's table
CELL_HEAD = ("单位数", "从业人员", "总产值", "增加值", "税收")
NAMES = dict(industries().select("code", "name_zh").iter_rows())


def _path(folder: Path, name: str) -> Path:
    return folder / f"{LABEL}_{name}"


def references(folder: Path, places: pl.DataFrame) -> list[Path]:
    """Places, industries, sectors and the concordance."""
    place = places.select(
        "place", "name_zh", "name_en", "parent", "level", "lon", "lat", "population", "area_km2"
    )
    sectors = input_output.sectors_frame().select("code", "name_zh", "name_en", "level")
    return [
        write_csv(
            _path(folder, "地方.csv"),
            ["区划代码", "名称", "英文名", "上级代码", "层级", "经度", "纬度", "常住人口",
             "面积（平方公里）"],
            rows_of(place), encoding=BOM,
        ),
        write_csv(
            _path(folder, "行业分类.csv"), ["代码", "名称", "英文名", "上级", "级次"],
            rows_of(industries()), encoding=GB,
        ),
        write_csv(
            _path(folder, "投入产出部门.csv"), ["部门代码", "部门", "英文名", "级次"],
            rows_of(sectors), encoding=GB,
        ),
        write_csv(
            _path(folder, "行业与部门对照.csv"), ["行业代码", "部门代码", "权重"],
            rows_of(concordance()), encoding=BOM,
        ),
    ]  # fmt: skip


def national(folder: Path, table: input_output.Table) -> list[Path]:
    """The input–output table, laid out as published ones are."""
    head, rows = input_output.layout(table)
    sheet = Sheet(
        name="投入产出表", title="2023年投入产出表（合成数据）", head=(tuple(head),), rows=rows,
        unit="万元", notes=("注：合成数据，不代表任何国家或地区。",),
    )  # fmt: skip
    return [write_workbook(_path(folder, "投入产出表_2023.xlsx"), [sheet])]


def peers(folder: Path, panel: economy.Panel) -> list[Path]:
    """The peer counties; some hide small cells of the last year and hand in their own table."""
    wide = economy.wide(panel).filter(pl.col("place") != COUNTY).drop("name_zh")
    hides = pl.col("place").is_in(HIDERS) & (pl.col("year") == economy.YEARS[-1])
    small = pl.col("establishments").is_between(1, FEWEST - 1)
    masked = wide.filter(hides).with_columns(
        pl.when(small).then(pl.lit(HIDDEN)).otherwise(pl.col(name).cast(pl.String)).alias(name)
        for name in reversed(economy.MEASURES)
    )
    return [
        write_parquet(_path(folder, "各县分行业_2019-2025.parquet"), wide.filter(~hides)),
        write_csv(
            _path(folder, "部分县分行业_2025.csv"), ["区划代码", "行业代码", "年份", *CELL_HEAD],
            rows_of(masked), encoding=GB,
        ),
    ]  # fmt: skip


def _hide(row: list[object], count: int) -> list[object]:
    """The county's bureau shows how many establishments there are, but not what few of them do."""
    few = 0 < count < FEWEST
    return [row[0], row[1], count, *([HIDDEN] * (len(row) - 3) if few else row[3:])]


def _sheet(name: str, title: str, codes: list[str], values: np.ndarray) -> Sheet:
    """A 2025 worksheet: ``values`` is industries × the six measures."""
    body: list[Row] = [
        _hide([code, NAMES[code], *row], int(row[0]))
        for code, row in zip(codes, values.tolist(), strict=True)
    ]
    return Sheet(
        name=name, title=title, unit="万元",
        head=(
            ("行业代码", "行业名称", "规模", "规模", "效益", "效益", "效益", "效益"),
            ("", "", "单位数（家）", "从业人员（人）", "总产值", "增加值", "税收", "工资总额"),
        ),
        rows=body, total=["合计", None, *values.sum(axis=0).tolist()],
        notes=("注：1. 合成数据。2. 不足三家的行业只公布单位数，其余保密。",),
    )  # fmt: skip


def county(folder: Path, cells: dict[str, np.ndarray]) -> list[Path]:
    """The county's own industries: earlier years as CSV, the last year as a headed workbook."""
    stack = np.stack([cells[name] for name in economy.MEASURES], axis=-1)
    rows: list[Row] = [
        [code, NAMES[code], year, *stack[y, i].tolist()]
        for y, year in enumerate(economy.YEARS[:-1])
        for i, code in enumerate(groups())
    ]
    last = np.column_stack([stack[-1], np.rint(stack[-1][:, 3] * PAY_SHARE).astype(np.int64)])
    divisions = sorted({code[:2] for code in groups()})
    member = np.array([[code[:2] == division for code in groups()] for division in divisions])
    return [
        write_csv(
            _path(folder, "本县分行业_2019-2024.csv"),
            ["行业代码", "行业名称", "年份", *CELL_HEAD], [*rows, *flaws.cells()], encoding=GB,
        ),
        write_workbook(
            _path(folder, "本县分行业_2025.xlsx"),
            [
                _sheet("中类", "合成示例县2025年分行业主要指标（中类）", groups(), last),
                _sheet("大类", "合成示例县2025年分行业主要指标（大类）", divisions, member @ last),
            ],
        ),
    ]  # fmt: skip


STATUS = {"active": "在产", "suspended": "停产", "building": "在建", "closed": "注销"}
SCALE = {"large": "大型", "medium": "中型", "small": "小型", "micro": "微型"}


def register(folder: Path, table: pl.DataFrame, away: list[str]) -> list[Path]:
    """The register of the county's firms, and their counterparts elsewhere."""
    shown = table.select(
        "firm", "name", "place", pl.col("status").replace(STATUS), pl.col("scale").replace(SCALE),
        pl.col("founded").dt.to_string("%Y-%m-%d"), "products", "materials", "lon", "lat",
    )  # fmt: skip
    rows = rows_of(shown)
    outside = [[code, f"合成县外单位{i:04d}", code[2:8]] for i, code in enumerate(away, start=1)]
    return [
        write_csv(
            _path(folder, "企业名录.csv"),
            ["统一社会信用代码", "企业名称", "所属乡镇代码", "经营状态", "规模", "成立日期",
             "主要产品", "主要原料", "经度", "纬度"],
            [*rows, *flaws.firms(rows)], encoding=GB,
        ),
        write_csv(
            _path(folder, "县外往来单位.csv"), ["信用代码", "名称", "所在县代码"], outside,
            encoding=BOM,
        ),
    ]  # fmt: skip


def side_industries(rng: np.random.Generator, folder: Path, table: pl.DataFrame) -> list[Path]:
    """Main and side industries; a few shares are left open (unknown)."""
    count = table.height
    codes, kinds = table["code"].to_numpy(), table["kind"].to_numpy()
    other = np.array(codes)
    for kind in sorted(set(kinds.tolist())):
        mine = np.flatnonzero(kinds == kind)
        other[mine] = rng.permutation(codes[mine])
    second = (rng.random(count) < 0.24) & (other != codes)
    share = np.where(second, np.round(rng.uniform(0.55, 0.95, count), 2), 1.0)
    unknown = rng.random(count) < 0.03
    rows: list[Row] = []
    for i, firm in enumerate(table["firm"]):
        rows.append([firm, codes[i], None if unknown[i] else float(share[i]), "是"])
        if second[i]:
            rest = None if unknown[i] else round(1 - float(share[i]), 2)
            rows.append([firm, other[i], rest, "否"])
    spare = table.filter(pl.col("code") != "419")["firm"][0]
    head = ["统一社会信用代码", "行业代码", "份额", "是否主营"]
    path = _path(folder, "企业行业.csv")
    return [write_csv(path, head, [*rows, *flaws.shares(spare)], encoding=BOM)]


def trade(folder: Path, links: pl.DataFrame, table: pl.DataFrame) -> list[Path]:
    """Who sold what to whom; names beside codes as tax extracts have them."""
    names = table.select("firm", "name")
    # A ninth of the sellers, and the firm that has the demo's account, signed no letter: their
    # sales wait for a consent given in the console.
    asked = (pl.col("seller").rank("dense") % 9 == 0) | (pl.col("seller") == table["firm"].min())
    basis = pl.when(asked).then(pl.lit("授权:chain")).otherwise(pl.lit("企业授权书（合成）"))
    shown = (
        links.join(names.rename({"firm": "seller", "name": "s"}), on="seller", how="left",
                   maintain_order="left")
        .join(names.rename({"firm": "buyer", "name": "b"}), on="buyer", how="left",
              maintain_order="left")
        .select("seller", "s", "buyer", "b", "product", "value", basis)
    )  # fmt: skip
    rows = rows_of(shown)
    local = links.filter(pl.col("buyer").is_in(names["firm"].implode()))
    bad = flaws.trade(local["seller"][0], local["buyer"][0])
    head = ["销方信用代码", "销方名称", "购方信用代码", "购方名称", "货物名称", "金额（万元）",
            "授权依据"]  # fmt: skip
    path = _path(folder, "企业购销_2025.csv")
    return [write_csv(path, head, [*rows, *bad], encoding=GB)]


KINDS = {
    "project": "项目", "platform": "创新平台", "park": "园区", "policy": "政策",
    "technology": "技术", "application": "应用领域", "need": "短板需求", "problem": "问题",
    "event": "重点事项", "cluster": "集群",
}  # fmt: skip


def records(folder: Path) -> list[Path]:
    """The lists of the chain map: projects, platforms, parks, policies and so on."""
    with (FOLDER / "chain_record.csv").open(encoding="utf-8", newline="") as file:
        entries = list(csv.DictReader(file))
    rows: list[Row] = [
        [f"TZ-{number:04d}", KINDS[entry["kind"]], *list(entry.values())[1:]]
        for number, entry in enumerate(entries, start=1)
    ]
    head = ["编号", "类别", "名称", "行业代码", "阶段", "金额（万元）", "责任单位", "期限", "说明"]
    path = _path(folder, "产业链台账.csv")
    return [write_csv(path, head, [*rows, *flaws.records()], encoding=BOM)]


def panel_frame(table: pl.DataFrame, years: firms.Panel) -> pl.DataFrame:
    """Return the yearly figures of present firms: firm, name, year and the ten indicators."""
    firm, year = np.nonzero(years.present)
    return pl.DataFrame(
        {
            "firm": table["firm"].to_numpy()[firm],
            "name": table["name"].to_numpy()[firm],
            "year": np.array(economy.YEARS)[year],
            **{name: values[firm, year] for name, values in years.values.items()},
        }
    )
