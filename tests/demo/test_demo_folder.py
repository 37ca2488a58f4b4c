"""The folder that the demo county hands over: equal bytes, sums that agree, nothing real."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from python_calamine import load_workbook

from jiqun.demo import flaws, generate
from jiqun.demo.reference import groups

LABEL = "合成数据"
# Names of provinces and of well-known textile counties that must not appear as places.
REAL = (
    "北京", "上海", "天津", "重庆", "浙江", "江苏", "广东", "福建", "山东", "湖南", "河南", "吉林",
    "辽宁", "诸暨", "大唐", "义乌", "海宁", "柯桥", "汨罗", "柳河", "社头", "常熟", "晋江",
)  # fmt: skip


def _digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def _csv(folder: Path, name: str, encoding: str) -> pl.DataFrame:
    text = (folder / f"{LABEL}_{name}").read_bytes().decode(encoding)
    return pl.read_csv(text.encode(), infer_schema=False)


def _sheet(folder: Path, name: str, sheet: str) -> list[list[object]]:
    book = load_workbook(str(folder / f"{LABEL}_{name}"))
    return [list(row) for row in book.get_sheet_by_name(sheet).to_python()]


def _good(folder: Path) -> pl.DataFrame:
    """The register without the planted rows, which stand at its end."""
    register = _csv(folder, "企业名录.csv", "gb18030")
    name = f"{LABEL}_企业名录.csv"
    planted = sum(flaws.PLANTED[name].values()) + flaws.DUPLICATES[name]
    return register.head(register.height - planted)


def test_equal_seed_equal_bytes_other_seed_other_bytes(small: Path, tmp_path: Path) -> None:
    generate(tmp_path / "again", firms=200)
    generate(tmp_path / "other", firms=200, seed=1)
    first, again, other = (
        _digests(small),
        _digests(tmp_path / "again"),
        _digests(tmp_path / "other"),
    )
    assert first == again
    changed = {name for name in first if first[name] != other[name]}
    assert changed >= {f"{LABEL}_企业名录.csv", f"{LABEL}_各县分行业_2019-2025.parquet"}


def test_every_file_says_that_it_is_synthetic(full: Path) -> None:
    names = [path.name for path in full.iterdir()]
    assert all(name.startswith(LABEL) for name in names if name != "county.toml")
    mapping = tomllib.loads((full / "county.toml").read_text(encoding="utf-8"))
    assert mapping["county"]["synthetic"] is True
    assert {table["file"] for table in mapping["table"]} == {*names} - {"county.toml"}
    assert (full / "county.toml").read_text(encoding="utf-8").startswith(f"# {LABEL}")


def test_nothing_real_is_named(full: Path) -> None:
    places = _csv(full, "地方.csv", "utf-8-sig")
    assert places["名称"].str.starts_with("合成").all()
    assert places["区划代码"].str.contains("^(XX|99)").all()
    # Open ocean: 150–154° E, 30–34° N.
    assert places["经度"].cast(pl.Float64).drop_nulls().is_between(150, 154).all()
    register = _good(full)
    assert register["企业名称"].str.starts_with("合成").all()
    assert register["统一社会信用代码"].str.slice(2, 6).unique().to_list() == ["990101"]
    for path in full.glob("*.csv"):
        data = path.read_bytes()
        text = data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "gb18030")
        assert not [name for name in REAL if name in text], path.name


def test_habits_differ_as_bureaux_do(full: Path) -> None:
    files = {path.name: path.read_bytes() for path in full.iterdir()}
    tables = [data for name, data in files.items() if name.endswith(".csv")]
    assert any(data.startswith(b"\xef\xbb\xbf") for data in tables)
    with pytest.raises(UnicodeDecodeError):
        files[f"{LABEL}_企业名录.csv"].decode("utf-8")
    rows = _sheet(full, "本县分行业_2025.xlsx", "中类")
    assert rows[1][-1] == "单位：万元"
    assert rows[2][2] == "规模"
    assert rows[3][2] == "单位数（家）"
    assert rows[-2][0] == "合计"
    assert str(rows[-1][0]).startswith("注：")


def test_counts(full: Path) -> None:
    register = _good(full)
    assert register.height == 3000
    assert register["统一社会信用代码"].n_unique() == 3000
    places = _csv(full, "地方.csv", "utf-8-sig")
    levels = dict(places.group_by("层级").len().iter_rows())
    assert levels == {"country": 1, "province": 1, "city": 9, "county": 81, "town": 9, "park": 3}
    peers = pl.read_parquet(full / f"{LABEL}_各县分行业_2019-2025.parquet")
    assert peers.height == (80 * 7 - 6) * 198
    assert not peers.select("place", "industry", "year").is_duplicated().any()
    assert 4000 <= _csv(full, "企业购销_2025.csv", "gb18030").height <= 6000
    assert _csv(full, "产业链台账.csv", "utf-8-sig")["类别"].n_unique() == 10


def test_firms_sum_to_the_cells_of_the_county(full: Path) -> None:
    main = _csv(full, "企业行业.csv", "utf-8-sig").filter(pl.col("是否主营") == "是")
    report = _csv(full, "企业年报_2025.csv", "gb18030")
    joined = report.join(
        main.select("统一社会信用代码", pl.col("行业代码").str.slice(0, 3).alias("group")),
        on="统一社会信用代码",
    ).filter(~pl.col("企业名称").str.contains("示例"))
    columns = {"工业总产值（万元）": 4, "增加值（万元）": 5, "税收（万元）": 6, "从业人员（人）": 3}
    sums = joined.group_by("group").agg(
        pl.len(), *(pl.col(name).cast(pl.Int64).sum() for name in columns)
    )
    found = {row["group"]: row for row in sums.iter_rows(named=True)}
    checked = 0
    for row in _sheet(full, "本县分行业_2025.xlsx", "中类")[4:-2]:
        firms = found.get(str(row[0]), {"len": 0, **dict.fromkeys(columns, 0)})
        assert row[2] == firms["len"], row
        if 0 < firms["len"] < 3:
            assert row[3:] == ["保密"] * 5
            continue
        assert all(row[at] == firms[name] for name, at in columns.items()), row
        checked += 1
    assert checked > 150


def test_early_years_agree_too(full: Path) -> None:
    early = pl.read_parquet(full / f"{LABEL}_企业年报_2021-2024.parquet")
    cells = _csv(full, "本县分行业_2019-2024.csv", "gb18030").filter(pl.col("年份") == "2023")
    ours = early.filter(pl.col("year") == 2023)
    assert cells["总产值"].cast(pl.Int64).sum() == ours["output"].sum()
    assert cells["单位数"].cast(pl.Int64).sum() == ours.height


def test_socks_lead_fibres_are_missing_a_supplier_is_hidden(full: Path) -> None:
    rows = {str(row[0]): row for row in _sheet(full, "本县分行业_2025.xlsx", "中类")[4:-2]}
    peers = pl.read_parquet(full / f"{LABEL}_各县分行业_2019-2025.parquet")
    reference = (
        peers.filter(pl.col("year") == 2025).group_by("industry").agg(pl.col("employment").sum())
    )
    staff = {code: int(row[3]) if row[3] != "保密" else 0 for code, row in rows.items()}
    total = {code: n + staff[code] for code, n in reference.iter_rows()}
    share = sum(staff.values()) / sum(total.values())
    lq = {code: staff[code] / total[code] / share for code in ("176", "182", "183", "223")}
    assert min(lq.values()) > 5
    assert rows["282"][2:] == [0] * 6
    assert rows["264"][2] == 2
    assert rows["264"][3:] == ["保密"] * 5
    assert 0 < int(rows["355"][4]) < 0.05 * int(rows["176"][4])


def test_entries_give_a_back_test_something_to_find(full: Path) -> None:
    peers = pl.read_parquet(full / f"{LABEL}_各县分行业_2019-2025.parquet")
    wide = peers.pivot("year", index=["place", "industry"], values="establishments")
    entered = wide.filter((pl.col("2021") == 0) & (pl.col("2023") > 0))
    assert entered.height >= 300
    assert wide.filter((pl.col("2019") == 0) & (pl.col("2021") > 0)).height >= 300


def test_neighbours_and_relatives_predict_entry_better_than_size(full: Path) -> None:
    """The latent factors must show: the mean of the most related industries ranks entries well."""
    peers = pl.read_parquet(full / f"{LABEL}_各县分行业_2019-2025.parquet")
    cube = [
        peers.filter(pl.col("year") == year).sort("place", "industry")["establishments"].to_numpy()
        .reshape(80, 198).astype(float)
        for year in (2021, 2023)
    ]  # fmt: skip
    before, after = cube
    size = np.log(np.outer(before.sum(1), before.sum(0)) / before.sum() + 0.05)
    excess = np.log(before + 0.3) - np.log(np.exp(size) + 0.3)
    like = np.nan_to_num(np.corrcoef(excess.T))
    np.fill_diagonal(like, 0)
    like[like < np.sort(like, axis=0)[-15]] = 0
    related = excess @ like / np.maximum(like.sum(0), 1e-9)
    absent = before == 0
    target = (after > 0)[absent]

    def auc(score: np.ndarray) -> float:
        order = score[absent].argsort().argsort()
        positive = target.sum()
        rank = order[target].sum() - positive * (positive - 1) / 2
        return float(rank / positive / (len(target) - positive))

    assert auc(size + related) > auc(size) + 0.05


def test_trade_never_exceeds_what_a_firm_earned(full: Path) -> None:
    trade = _csv(full, "企业购销_2025.csv", "gb18030").head(-2)
    report = _csv(full, "企业年报_2025.csv", "gb18030").head(-2)
    sold = trade.group_by("销方信用代码").agg(pl.col("金额（万元）").cast(pl.Int64).sum())
    joined = sold.join(report, left_on="销方信用代码", right_on="统一社会信用代码")
    assert joined.height > 1000
    assert (joined["金额（万元）"] <= joined["营业收入（万元）"].cast(pl.Int64)).all()
    inside = {*report["统一社会信用代码"]}
    away = {*_csv(full, "县外往来单位.csv", "utf-8-sig")["信用代码"]}
    ends = {*trade["销方信用代码"], *trade["购方信用代码"]}
    assert ends <= inside | away
    assert ends & away


def test_months_sum_to_the_year_and_cumulatives_stay_cumulatives(full: Path) -> None:
    rows = _sheet(full, "规上企业月报_2025.xlsx", "产值")
    report = _csv(full, "企业年报_2025.csv", "gb18030")
    year = dict(report.select("统一社会信用代码", "工业总产值（万元）").iter_rows())
    months = [row for row in rows[3:-1] if row[2] != ""]
    part = [row for row in rows[3:-1] if row[2] == ""]
    assert len(months) > 150
    assert len(part) == 18
    assert rows[2][14] == "2025年1—8月"
    assert all(
        sum(int(str(c).split(".")[0]) for c in row[2:14]) == int(year[row[0]]) for row in months
    )
    assert all(0 < float(row[14]) < float(year[row[0]]) for row in part)


def test_too_few_firms_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 200"):
        generate(tmp_path, firms=199)


def test_groups_are_the_level_of_every_cell(full: Path) -> None:
    peers = pl.read_parquet(full / f"{LABEL}_各县分行业_2019-2025.parquet")
    assert {*peers["industry"]} == {*groups()}
