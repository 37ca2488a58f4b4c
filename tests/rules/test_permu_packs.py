"""Per-mu rule packs: they load, their worked examples hold, and what is wrong is named at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jiqun.engine.indices.exact import POINT, micro
from jiqun.engine.indices.grade import counts, graded_by, rank_and_grade, small
from jiqun.engine.indices.measures import applied, surcharge
from jiqun.engine.indices.scheme import Indicator, Quota, Scheme
from jiqun.engine.indices.score import FrozenItem, Quotient, add, item
from jiqun.errors import JiqunError
from jiqun.rules import loader, permu_pack
from jiqun.rules.loader import MARKS

VERSIONS = permu_pack.versions()
FOLDER = loader.FOLDER / "permu"


def _item(one: Indicator, frozen: FrozenItem, x: float) -> Any:
    none = np.zeros(1, dtype=np.int64)
    reason = np.zeros(1, dtype=np.int8)
    return item(
        one, frozen, Quotient(none, none, np.array([float(x)]), reason), industry=np.array([""])
    )


def _score(scheme: Scheme, vector: Mapping[str, Any]) -> Mapping[str, float]:
    group, given = scheme.group(vector["group"]), vector["given"]
    benchmarks = vector.get("benchmarks", {})
    items = {
        one.code: _item(
            one, FrozenItem(benchmarks.get(one.code, one.benchmark.value)), given[one.code]
        )
        for one in group.indicators
    }
    found = {code: int(one.score[0]) / POINT for code, one in items.items()}
    return found | {"total": int(add(group, items)[0][0]) / POINT}


def _minmax(scheme: Scheme, vector: Mapping[str, Any]) -> float:
    given = vector["given"]
    one = next(i for i in scheme.group(vector["group"]).indicators if i.code == given["indicator"])
    frozen = FrozenItem(float("nan"), low=float(given["low"]), high=float(given["high"]))
    return int(_item(one, frozen, given["x"]).score[0]) / POINT


def _grades(scheme: Scheme, vector: Mapping[str, Any]) -> Mapping[str, int]:
    quota = scheme.group(vector["group"]).quota
    score = np.array([micro(one) for one in vector["given"]["scores"]])
    found = rank_and_grade(quota, score, tie=np.zeros(len(score), dtype=np.int64))
    return Counter(quota.grades[place] for place in found.grade.tolist())


def _quota(scheme: Scheme, vector: Mapping[str, Any]) -> list[int]:
    return list(counts(scheme.group(vector["group"]).quota, vector["given"]["n"]))


def _surcharge(scheme: Scheme, vector: Mapping[str, Any]) -> float:
    given = vector["given"]
    found = applied(scheme, given["grade"], years=given["years"], on=date(2024, 7, 1))
    price = next(one.measure.value for one in found if one.measure.op == "add")
    return int(surcharge(np.array([given["kwh"] * 1_000]), price or 0.0)[0]) / 100


CALLS: Mapping[str, Callable[[Scheme, Mapping[str, Any]], Any]] = {
    "score": _score, "minmax": _minmax, "grades": _grades, "quota": _quota, "surcharge": _surcharge,
}  # fmt: skip
VECTORS = [
    pytest.param(version, vector, id=f"{version}-{vector['name']}")
    for version in VERSIONS
    for vector in permu_pack.permu_pack(version).vectors
]


@pytest.mark.parametrize("version", VERSIONS)
def test_each_pack_says_what_it_is_and_what_it_rests_on(version: str) -> None:
    found = permu_pack.permu_pack(version)
    assert found.version == found.scheme.version == version
    for text in (found.title, found.source):
        assert text["zh"]
        assert text["en"]
    assert set(found.scheme.marks.values()) <= MARKS
    for group in found.scheme.groups:
        assert sum(one.weight for one in group.indicators) == 100 * POINT
        for one in group.indicators:
            assert found.scheme.mark("groups", group.code, one.code, "weight")


@pytest.mark.parametrize(("version", "vector"), VECTORS)
def test_worked_examples(version: str, vector: Mapping[str, Any]) -> None:
    scheme = permu_pack.permu_pack(version).scheme
    assert CALLS[vector["call"]](scheme, vector) == vector["expect"]


def test_the_published_figures_of_huangyan(shared_data: Path) -> None:
    """Weights and benchmarks typed into the pack are those of the collected notice."""
    notice = json.loads((shared_data / "per_mu/huangyan_2022.json").read_text("utf-8"))
    scheme = permu_pack.permu_pack("zhejiang-huangyan-2022").scheme
    for group, name in (("above", "规上"), ("below", "规下")):
        published = [(one["weight"], one["base"]) for one in notice["scope"][name]["indicators"]]
        ours = [(one.weight / POINT, one.benchmark.value) for one in scheme.group(group).indicators]
        assert ours == published


def test_two_years_are_two_files_and_differ_only_in_figures() -> None:
    """The code knows no year: both years run through the same engine by data alone."""
    old, new = (permu_pack.permu_pack(f"zhejiang-huangyan-{year}").scheme for year in (2021, 2022))
    assert [one.weight for one in old.groups[0].indicators] == [
        one.weight for one in new.groups[0].indicators
    ]
    assert old.groups[0].indicators[0].benchmark.value == 26.01
    assert new.groups[0].indicators[0].benchmark.value == 24.097
    assert old.digest != new.digest


def test_the_pack_in_force_on_a_day() -> None:
    place = "浙江省台州市黄岩区"
    assert permu_pack.latest(place, date(2023, 9, 24)).scheme.year == 2021
    assert permu_pack.latest(place, date(2023, 9, 25)).scheme.year == 2022
    with pytest.raises(JiqunError) as caught:
        permu_pack.latest("月球", date(2023, 9, 25))
    assert caught.value.code == "E-PACK-UNKNOWN"
    assert place in caught.value.hint_zh


def test_small_groups_have_thresholds_that_make_sense() -> None:
    """Where a pack has thresholds, the benchmark itself is worth at least the second grade."""
    for version in VERSIONS:
        for group in permu_pack.permu_pack(version).scheme.groups:
            if small(group.quota, 1):
                assert graded_by(np.array([100 * POINT]), group.quota.thresholds)[0] == 0


# ---- packs that do not load -------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of packs that a test may spoil."""
    (tmp_path / "permu").mkdir()
    monkeypatch.setattr(loader, "FOLDER", tmp_path)
    permu_pack.permu_pack.cache_clear()
    yield tmp_path / "permu"
    permu_pack.permu_pack.cache_clear()


def _spoilt(
    folder: Path, *changes: tuple[str, str], version: str = "zhejiang-typical"
) -> JiqunError:
    text = (FOLDER / f"{version}.yaml").read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    (folder / f"{version}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(JiqunError) as caught:
        permu_pack.permu_pack(version)
    return caught.value


@pytest.mark.parametrize(
    ("before", "after", "key", "what"),
    [
        ("weight: 30 ✔", "weight: 31 ✔", "groups.above.indicators", "sum to 101"),
        ("weight: 30 ✔", "weight: 30", "groups.above.tax_per_mu.weight", "carries no mark"),
        ("weight: 30 ✔", "weight: 30 ?", "groups.above.tax_per_mu.weight", "carries no mark"),
        ("weight: 30 ✔", "weight: many ✔", "groups.above.tax_per_mu.weight", "could not convert"),
        ("        weight: 30 ✔\n", "", "groups.above.tax_per_mu.weight", "missing"),
        ("cap: 1.5 ✎", "cap: -1 ✎", "groups.above.tax_per_mu.cap", "below the floor"),
        ("cap: 1.5 ✎", "capp: 1.5 ✎", "groups.above.tax_per_mu.capp", "unknown key"),
        ("of: tax / land", "of: tax / energy", "groups.above.tax_per_mu.unit", "does not measure"),
        ("of: tax / land", "of: profit / land", "groups.above.tax_per_mu.unit", "unknown quantity"),
        ("family: ratio ✔", "family: linear ✔", "groups.above.tax_per_mu.family", "ratio, inverse"),
        ("family: ratio ✔", "family: rank ✔", "groups.above", "one indicator"),
        ("missing: renormalise ◆", "missing: guess ◆", "groups.above.tax_per_mu.missing", "group_mean"),
        ("benchmark: group_mean_weighted ✎", "benchmark: fixed 0 ✎", "groups.above.tax_per_mu.benchmark", "positive"),
        ("benchmark: group_mean_weighted ✎", "benchmark: provincial_list ✎", "groups.above.tax_per_mu.list", "missing"),
        ("benchmark: group_mean_weighted ✎", "benchmark: median ✎", "groups.above.tax_per_mu.benchmark", "2×mean"),
        ("A: 25 ✎, B: 80 ✎", "A: 80 ✎, B: 25 ✎", "groups.above.quota", "rise from grade to grade"),
        ("D: 100 ✎", "D: 99 ✎", "groups.above.quota", "end with 100"),
        ("rounding: round ◆", "rounding: up ◆", "groups.above.quota.rounding", "floor, round, ceil"),
        ("thresholds: 100/60/30 ◆", "thresholds: 60/100/30 ◆", "groups.above.quota.thresholds", "fall"),
        ("count_veto: true ◆", "count_veto: false ◆", "rules.veto_fills_quota", "cannot fill"),
        ("landless: indefinite ◆", "landless: tenants ◆", "rules.landless", "tenants"),
        ("least_known: 50 ◆", "least_known: 500 ◆", "rules.least_known", "0 and 100"),
        ("effect: to D ✎", "effect: to E ✎", "vetoes.accident.effect", "'E'"),
        ("effect: to D ✎", "effect: D ✎", "vetoes.accident.effect", "to GRADE"),
        ("evidence: 事故调查报告或批复", "evidence: ", "vetoes.accident.evidence", "missing"),
        ("managed_as: B ✔", "managed_as: E ✔", "specials.utility.managed_as", "'E'"),
        ("side: needs ◆", "side: only_below ◆", "bounds: A", "no grade to move to"),
        ("indicator: tax_per_mu, side: needs", "indicator: profit, side: needs", "bounds: A", "'profit'"),
        ("value: 0.10 ✔", "value: none ✔", "measures.electricity_1.value", "missing"),
        ("points: 5 ✎", "points: 0 ✎", "bonuses.giant.points", "do nothing"),
        ("in_force: 2018-01-23", "in_force: soon", "in_force", "a day is wanted"),
        ("topic: permu", "topic: permu\ncolour: red", "colour", "unknown key"),
        ("version: zhejiang-typical", "version: other", "version", "file's name"),
        ("    zh: 规上工业企业", "    zh: ", "groups.above.zh", "name is missing"),
        ("vectors:\n", "vectors: []\nold:\n", "vectors", "no worked example"),
    ],
)  # fmt: skip
def test_a_pack_that_contradicts_itself_does_not_load(
    folder: Path, before: str, after: str, key: str, what: str
) -> None:
    error = _spoilt(folder, (before, after))
    assert error.code == "E-PACK"
    assert error.status == 500
    problem = next(one for one in error.fields if one.column == key)
    assert what in problem.message_en
    assert problem.file == "zhejiang-typical.yaml"
    assert problem.remedy_zh
    assert problem.remedy_en
    assert what in error.message_en


def test_every_problem_is_named_at_once(folder: Path) -> None:
    error = _spoilt(
        folder,
        ("weight: 30 ✔", "weight: 31 ✔"),
        ("rounding: round ◆", "rounding: up ◆"),
        ("effect: to D ✎", "effect: to E ✎"),
        ("unit: firm ✔", "unit: village ✔"),
    )
    assert {one.column for one in error.fields} == {
        "groups.above.indicators", "groups.above.quota.rounding", "vetoes.accident.effect", "rules.unit",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("- a list", "no mapping"), ("a: [", "not readable as YAML"), ("", "no mapping"),
        ("rules: {year: 1 ✔}\nrules: {year: 2 ✔}", "there twice"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_pack(folder: Path, text: str, what: str) -> None:
    (folder / "bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(JiqunError) as caught:
        permu_pack.permu_pack("bad")
    assert what in caught.value.message_en


def test_grades_must_be_the_same_in_every_group(folder: Path) -> None:
    text = (FOLDER / "zhejiang-typical.yaml").read_text(encoding="utf-8")
    head, _, tail = text.rpartition("{A: 25 ✎, B: 80 ✎, C: 95 ✎, D: 100 ✎,")
    spoilt = f"{head}{{一: 25 ✎, 二: 80 ✎, 三: 95 ✎, 四: 100 ✎,{tail}"
    (folder / "zhejiang-typical.yaml").write_text(spoilt, encoding="utf-8")
    with pytest.raises(JiqunError) as caught:
        permu_pack.permu_pack("zhejiang-typical")
    assert "differ from the first group's" in caught.value.message_en


def test_an_unknown_version_names_those_there_are() -> None:
    with pytest.raises(JiqunError) as caught:
        permu_pack.permu_pack("2019")
    assert (caught.value.code, caught.value.status) == ("E-PACK-UNKNOWN", 404)
    assert "zhejiang-huangyan-2022" in caught.value.hint_en


def test_the_general_loader_does_not_read_them() -> None:
    with pytest.raises(JiqunError) as caught:
        loader.pack("permu", "zhejiang-typical")
    assert caught.value.code == "E-PACK-UNKNOWN"


def test_quotas_of_the_packs_are_whole_basis_points() -> None:
    quota = permu_pack.permu_pack("zhejiang-jingning-2022").scheme.groups[0].quota
    assert isinstance(quota, Quota)
    assert quota.cumulative == (2_850, 8_200, 9_900, 10_000)


def test_every_pack_is_in_the_reference_with_its_marks() -> None:
    text = (Path(__file__).parents[2] / "docs/reference/per-mu-packs.md").read_text(
        encoding="utf-8"
    )
    rows = {
        cells[1].strip(" `"): cells
        for cells in (line.split("|") for line in text.splitlines())
        if len(cells) > 6
    }
    for version in VERSIONS:
        pack = permu_pack.permu_pack(version)
        numbers = Counter(pack.scheme.marks.values())
        assert rows[version][2].strip() == str(pack.in_force)
        assert rows[version][5].strip() == " · ".join(f"{mark} {numbers[mark]}" for mark in "✔◐✎◆")
