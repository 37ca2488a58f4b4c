"""Rule packs of per-mu evaluation: one YAML file per scheme and year, read into a Scheme.

The shape is in docs/reference/per-mu-packs.md. A pack that is incomplete or contradicts itself
does not load. Another year is another file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from jiqun.engine.indices.exact import micro
from jiqun.engine.indices.scheme import (
    Admits,
    Benchmark,
    Bonus,
    Bound,
    Group,
    Indicator,
    Measure,
    Quota,
    Scheme,
    Special,
    Veto,
)
from jiqun.errors import JiqunError, Kind
from jiqun.rules import loader, marked
from jiqun.rules.marked import Node, Reading, choice, flag, maybe, number, whole
from jiqun.rules.permu_checks import contradictions

TOPIC = "permu"
TOP = (
    "topic", "version", "title", "in_force", "place", "status", "source", "rules", "groups",
    "bonuses", "vetoes", "specials", "bounds", "measures", "vectors",
)  # fmt: skip
FAMILIES = ("ratio", "inverse", "minmax", "rank")
KINDS = ("fixed", "group_mean_weighted", "group_mean_simple", "industry_mean", "provincial_list")
DM2_OF_M2 = 100


@dataclass(frozen=True, slots=True)
class PermuPack:
    """One version of one place's per-mu evaluation.

    Attributes:
        version: name of the file without ``.yaml``.
        title: ``zh`` and ``en``.
        in_force: first day.
        place: who issued it.
        status: what the issuer calls it, or how far it is this project's filling-in.
        source: ``zh`` and ``en``: the document and where it can be read.
        scheme: the rules themselves, with the marks.
        vectors: worked examples.
    """

    version: str
    title: Mapping[str, str]
    in_force: date
    place: str
    status: str
    source: Mapping[str, str]
    scheme: Scheme
    vectors: tuple[Mapping[str, Any], ...]


def versions() -> list[str]:
    """Return the names of the packs there are."""
    return sorted(path.stem for path in (loader.FOLDER / TOPIC).glob("*.yaml"))


def latest(place: str, on: date) -> PermuPack:
    """Return the pack of a place that is in force on a day: the latest that has begun.

    Raises:
        JiqunError: ``E-PACK-UNKNOWN`` where there is none; ``E-PACK`` from loading.
    """
    packs = [permu_pack(version) for version in versions()]
    begun = [one for one in packs if one.place == place and one.in_force <= on]
    if not begun:
        raise JiqunError(
            "E-PACK-UNKNOWN",
            f"{on} {place}尚无生效的亩均效益规则包",
            f"no per-mu rule pack of {place} is in force on {on}",
            hint_zh="有规则包的地方：" + "、".join(sorted({one.place for one in packs})),
            hint_en="places with packs: " + ", ".join(sorted({one.place for one in packs})),
            kind=Kind.NOT_FOUND,
        )
    return max(begun, key=lambda one: (one.in_force, one.version))


@cache
def permu_pack(version: str) -> PermuPack:
    """Load one pack.

    Raises:
        JiqunError: ``E-PACK-UNKNOWN`` names those there are; ``E-PACK`` carries every problem
            with file, key and remedy.
    """
    if version not in versions():
        raise JiqunError(
            "E-PACK-UNKNOWN",
            f"没有规则包 {TOPIC}/{version}",
            f"there is no rule pack {TOPIC}/{version}",
            hint_zh="可用：" + "、".join(versions()),
            hint_en="known: " + ", ".join(versions()),
            kind=Kind.NOT_FOUND,
        )
    path = loader.FOLDER / TOPIC / f"{version}.yaml"
    reading = Reading(path.name)
    node = marked.read(path, reading)
    reading.done()
    pack = _pack(reading, node)
    if pack.version != version:
        reading.bad("version", f"{pack.version} 与文件名不符", f"{pack.version!r} differs from the file's name",
                    remedy=("改成文件名", "write the file's name"))  # fmt: skip
    for key, zh, en, remedy in contradictions(pack.scheme):
        reading.bad(key, zh, en, remedy=remedy)
    reading.done()
    return pack


def _pack(reading: Reading, node: Node) -> PermuPack:
    reading.only(node, "", TOP)
    texts = {key: reading.words(reading.part(node, "", key), key) for key in ("title", "source")}
    in_force = node.get("in_force")
    if not isinstance(in_force, date):
        reading.bad("in_force", "应为日期", "a day is wanted", remedy=("YYYY-MM-DD", "YYYY-MM-DD"))
        in_force = date.max
    vectors = node.get("vectors")
    if not isinstance(vectors, list) or not vectors:
        reading.bad("vectors", "没有验算例", "there is no worked example",
                    remedy=("至少写一个有结果的算例", "write at least one with its answer"))  # fmt: skip
        vectors = []
    return PermuPack(
        version=reading.text(node, "", "version"),
        title=dict(zip(("zh", "en"), texts["title"], strict=True)),
        in_force=in_force,
        place=reading.text(node, "", "place"),
        status=reading.text(node, "", "status"),
        source=dict(zip(("zh", "en"), texts["source"], strict=True)),
        scheme=_scheme(reading, node),
        vectors=tuple(vectors),
    )


def _scheme(reading: Reading, node: Node) -> Scheme:
    rules, path = reading.part(node, "", "rules"), "rules"
    reading.only(rules, path, (
        "year", "unit", "electricity", "landless", "mid_year", "least_known", "count_veto",
        "count_special", "veto_fills_quota", "bonus_cap", "penalty_cap",
    ))  # fmt: skip
    groups = reading.part(node, "", "groups")
    if not groups:
        reading.bad("groups", "没有分组", "there is no group", remedy=("至少一组", "add one"))

    def take(key: str, parse: Any, instead: Any) -> Any:
        return reading.take(rules, path, key, parse, instead=instead)

    return Scheme(
        version=str(node.get("version") or ""),
        year=take("year", whole, 0),
        unit=take("unit", choice("firm", "operator", "parcel"), "firm"),
        electricity=take("electricity", choice("equivalent", "calorific"), "calorific"),
        landless=take("landless", str, "indefinite"),
        mid_year=take("mid_year", choice("as_is", "annualise"), "as_is"),
        least_known=round(take("least_known", number, 0.0) * 100),
        count_veto=take("count_veto", flag, False),
        count_special=take("count_special", flag, False),
        veto_fills_quota=take("veto_fills_quota", flag, False),
        groups=tuple(_group(reading, groups, code) for code in groups),
        bonuses=_each(reading, node, "bonuses", _bonus),
        bonus_cap=take("bonus_cap", maybe(micro), None),
        penalty_cap=take("penalty_cap", maybe(micro), None),
        vetoes=_each(reading, node, "vetoes", _veto),
        specials=_each(reading, node, "specials", _special),
        bounds=_each(reading, node, "bounds", _bound),
        measures=_each(reading, node, "measures", _measure),
        marks=reading.marks,
    )


def _each(reading: Reading, node: Node, key: str, build: Any) -> tuple[Any, ...]:
    parts = reading.part(node, "", key, needed=False)
    return tuple(
        build(reading, reading.part(parts, key, code), f"{key}.{code}", code) for code in parts
    )


def _group(reading: Reading, groups: Node, code: str) -> Group:
    node, path = reading.part(groups, "groups", code), f"groups.{code}"
    reading.only(node, path, ("zh", "en", "admits", "indicators", "quota"))
    zh, en = reading.words(node, path)
    items = reading.part(node, path, "indicators")
    return Group(
        code, zh, en,
        tuple(
            _admits(reading, way, f"{path}.admits.{at}") for at, way in enumerate(_ways(node), 1)
        ),
        tuple(
            _indicator(reading, reading.part(items, f"{path}.indicators", one), f"{path}.{one}", one)
            for one in items
        ),
        _quota(reading, reading.part(node, path, "quota"), f"{path}.quota"),
    )  # fmt: skip


def _ways(node: Node) -> list[Node]:
    """Return the ways into a group: one mapping, or a list of which any is enough."""
    ways = node.get("admits") or {}
    return list(ways) if isinstance(ways, list) else [ways]


def _admits(reading: Reading, node: Node, path: str) -> Admits:
    """Land in 亩 and floor in m² become whole 0.01 m²; 3 亩 is 2,000 m² exactly."""

    def mu(text: str) -> int:
        return round(number(text) * 200_000 / 3)

    def m2(text: str) -> int:
        return round(number(text) * DM2_OF_M2)

    parsers: Mapping[str, Any] = {
        "scale": choice("above", "below"), "tenant": flag, "park": flag, "land_from": mu,
        "land_below": mu, "rented_floor_from": m2, "age_from": whole,
    }  # fmt: skip
    reading.only(node, path, tuple(parsers))
    found: dict[str, Any] = {
        key: reading.take(node, path, key, parse, instead=None)
        for key, parse in parsers.items()
        if key in node
    }
    return Admits(**found)


def _indicator(reading: Reading, node: Node, path: str, code: str) -> Indicator:
    reading.only(node, path, (
        "zh", "en", "of", "unit", "family", "weight", "benchmark", "cap", "floor", "missing",
        "negative", "base", "winsorise", "list",
    ))  # fmt: skip
    zh, en = reading.words(node, path)
    above, _, below = reading.text(node, path, "of").partition(" / ")
    family = reading.take(node, path, "family", choice(*FAMILIES), instead="ratio")

    def take(key: str, parse: Any, instead: Any, *, needed: bool = True) -> Any:
        if not needed and key not in node:
            return instead
        return reading.take(node, path, key, parse, instead=instead)

    benchmark = Benchmark("fixed")
    if family in {"ratio", "inverse"} or "benchmark" in node:
        benchmark = take("benchmark", _benchmark, benchmark)
    if "list" in node:
        table = {str(k): float(v) for k, v in reading.part(node, path, "list").items()}
        benchmark = Benchmark(benchmark.kind, benchmark.value, benchmark.multiple, table)
    return Indicator(
        code, zh, en, above, below, reading.text(node, path, "unit"),
        weight=take("weight", micro, 0), family=family, benchmark=benchmark,
        cap=take("cap", maybe(number), None, needed=family in {"ratio", "inverse"}),
        floor=take("floor", maybe(number), None, needed=family in {"ratio", "inverse"}),
        missing=take("missing", choice("group_mean", "zero", "renormalise"), "zero"),
        negative=take("negative", choice("zero", "keep"), "zero"),
        base=take("base", number, 0.2, needed=family == "minmax"),
        winsorise=take("winsorise", maybe(_pair), None, needed=family == "minmax"),
    )  # fmt: skip


def _benchmark(text: str) -> Benchmark:
    """Parse ``fixed 24.097``, ``group_mean_weighted × 2``, ``industry_mean``, ``2×mean`` …."""
    kind, _, rest = text.replace("2×mean", "group_mean_weighted × 2").partition(" ")
    if kind not in KINDS:
        raise ValueError(f"one of {', '.join(KINDS)}, or 2×mean, is wanted")
    if kind == "fixed":
        return Benchmark(kind, number(rest))
    if kind == "provincial_list":
        return Benchmark(kind, number(rest) if rest else float("nan"))
    return Benchmark(kind, multiple=number(rest.removeprefix("× ")) if rest else 1.0)


def _pair(text: str) -> tuple[float, float]:
    low, _, high = text.partition("–")
    return number(low) / 100, number(high) / 100


def _quota(reading: Reading, node: Node, path: str) -> Quota:
    rest = ("rounding", "ties", "small_below", "thresholds")
    grades = tuple(key for key in node if key not in rest)

    def take(key: str, parse: Any, instead: Any) -> Any:
        return reading.take(node, path, key, parse, instead=instead)

    below = take("small_below", whole, 0)
    return Quota(
        grades=grades,
        cumulative=tuple(round(take(grade, number, 0.0) * 100) for grade in grades),
        rounding=take("rounding", choice("floor", "round", "ceil"), "round"),
        ties=take("ties", choice("all_up", "all_down", "by_tax"), "all_up"),
        small_below=below,
        thresholds=take("thresholds", _points, ()) if below else (),
    )


def _points(text: str) -> tuple[int, ...]:
    return tuple(micro(number(part)) for part in text.split("/"))


def _bonus(reading: Reading, node: Node, path: str, code: str) -> Bonus:
    reading.only(node, path, ("zh", "en", "family", "points"))
    return Bonus(
        code, *reading.words(node, path), reading.text(node, path, "family"),
        reading.take(node, path, "points", lambda text: micro(number(text)), instead=0),
    )  # fmt: skip


def _veto(reading: Reading, node: Node, path: str, code: str) -> Veto:
    reading.only(node, path, ("zh", "en", "effect", "months", "evidence"))
    words = reading.words(node, path)
    kind, grade = reading.take(node, path, "effect", _effect, instead=("to", ""))
    months = reading.take(node, path, "months", whole, instead=12)
    return Veto(code, *words, kind, grade, months, reading.text(node, path, "evidence"))


def _effect(text: str) -> tuple[str, str]:
    kind, _, grade = text.partition(" ")
    if kind not in {"to", "cap"} or not grade:
        raise ValueError("“to GRADE” or “cap GRADE” is wanted")
    return kind, grade


def _special(reading: Reading, node: Node, path: str, code: str) -> Special:
    reading.only(node, path, ("zh", "en", "label", "managed_as"))
    label = reading.take(node, path, "label", choice("T", "不定等级"), instead="T")
    managed = reading.take(node, path, "managed_as", maybe(str), instead=None)
    return Special(code, *reading.words(node, path), label, managed or "")


def _bound(reading: Reading, node: Node, path: str, _: str) -> Bound:
    reading.only(node, path, ("grade", "indicator", "side", "of", "value"))
    return Bound(
        reading.text(node, path, "grade"), reading.text(node, path, "indicator"),
        reading.take(node, path, "side", choice("needs", "only_below"), instead="needs"),
        reading.take(node, path, "of", choice("group_mean", "fixed"), instead="fixed"),
        reading.take(node, path, "value", number, instead=0.0),
    )  # fmt: skip


def _measure(reading: Reading, node: Node, path: str, code: str) -> Measure:
    reading.only(
        node, path, ("factor", "zh", "en", "grade", "years", "op", "value", "unit", "basis")
    )
    return Measure(
        code, reading.text(node, path, "factor"), *reading.words(node, path),
        reading.text(node, path, "grade"), reading.take(node, path, "years", whole, instead=1),
        reading.take(node, path, "op", choice("add", "multiply", "deny", "priority"), instead="deny"),
        reading.take(node, path, "value", maybe(number), instead=None),
        str(node.get("unit") or ""), reading.text(node, path, "basis"),
    )  # fmt: skip
