"""The demo county's firms: who they are, and what each did in every year.

The county's industry cells are sums over these firms, so firm data and cells agree exactly.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from jiqun.demo.codes import issue
from jiqun.demo.economy import YEARS
from jiqun.demo.places import COUNTY, towns
from jiqun.demo.reference import groups, industries, main_sector, sector_trait, settings
from jiqun.demo.sizes import scale

FULL = 3000  # firms that the counts of cluster.yaml stand for
OTHERS = 64  # further industries with at least three firms …
SINGLES = 8  # … and with one or two, whose cells a bureau hides
KM_EAST, KM_NORTH = 1 / 94.3, 1 / 111.2  # degrees per km at 32° N


@dataclass(frozen=True, slots=True)
class Register:
    """What the register says, one row per firm, and the traits that only the generator knows.

    ``table`` has firm, name, place, status, founded, products, materials, lon, lat, code (as the
    firm states its main industry: three or four digits), group (three digits), kind, outside,
    closed (first year without the firm, 0 for none).
    """

    table: pl.DataFrame


def _others(panel_cells: np.ndarray, total: int) -> dict[str, int]:
    """Firms of the industries that cluster.yaml does not name, by the county's simulated pattern.

    Args:
        panel_cells: simulated establishments of the county by :func:`groups`.
        total: firms to spread at full size.
    """
    cluster = settings("cluster")
    named = {row["code"][:3] for row in cluster["industries"]} | set(cluster["absent"])
    free = [i for i, code in enumerate(groups()) if code not in named and code < "44"]
    order = sorted(free, key=lambda i: (-int(panel_cells[i]), groups()[i]))
    chosen, single = order[:OTHERS], order[OTHERS : OTHERS + SINGLES]
    weight = np.sqrt(panel_cells[chosen] + 1.0)
    count = 3 + np.floor((total - 3 * OTHERS) * weight / weight.sum()).astype(int)
    found = {groups()[i]: int(n) for i, n in zip(chosen, count, strict=True)}
    return found | {groups()[i]: 1 + n % 2 for n, i in enumerate(single)}


def _plan(panel_cells: np.ndarray, firms: int) -> pl.DataFrame:
    """One row per industry: code, kind, size, outside, firms (scaled to the wanted total)."""
    cluster = settings("cluster")
    rows = [
        (row["code"], row["kind"], row["size"], row["outside"], row["firms"])
        for row in cluster["industries"]
    ]
    rest = FULL - sum(row[4] for row in rows) - SINGLES - SINGLES // 2
    other = cluster["others"]
    rows += [
        (code, "other", other["size"], other["outside"], count)
        for code, count in _others(panel_cells, rest).items()
    ]
    plan = pl.DataFrame(rows, schema=["code", "kind", "size", "outside", "full"], orient="row")
    exact = plan["full"].to_numpy() * firms / plan["full"].sum()
    count = np.floor(exact).astype(int)
    # Largest remainders, so that exactly the wanted number of firms comes out.
    count[np.argsort(-(exact - count), kind="stable")[: firms - count.sum()]] += 1
    return plan.with_columns(pl.Series("firms", count))


def _dates(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Founding days (ordinals), first year without the firm (0 for none), status."""
    years = np.arange(1996, 2026)
    weight = np.linspace(1, 4, len(years))
    year = rng.choice(years, count, p=weight / weight.sum())
    day = np.array([dt.date(int(y), 1, 1).toordinal() for y in year]) + rng.integers(0, 360, count)
    draw = rng.random(count)
    status = np.select([draw < 0.03, draw < 0.055, draw < 0.063], ["closed", "suspended", "building"],
                       "active")  # fmt: skip
    closing = np.maximum(rng.integers(2020, 2026, count), year + 1)
    closed = np.where(status == "closed", closing, np.where(status == "suspended", 2025, 0))
    closed = np.where(status == "building", 1, closed)
    return day, closed, status.tolist()


def _sites(rng: np.random.Generator, kinds: np.ndarray) -> pl.DataFrame:
    """Town and point of each firm; kinds are drawn to different towns."""
    rows = settings("cluster")["towns"]
    pick = np.zeros(len(kinds), dtype=int)
    for kind in sorted(set(kinds.tolist())):
        pull = np.array([float(row["draw"].get(kind, row["draw"]["other"])) for row in rows])
        mine = kinds == kind
        pick[mine] = rng.choice(len(rows), int(mine.sum()), p=pull / pull.sum())
    table = towns()
    spread = rng.normal(0, 1.1, (2, len(kinds)))
    return pl.DataFrame(
        {
            "place": table["place"].to_numpy()[pick],
            "lon": np.round(table["lon"].to_numpy()[pick] + spread[0] * KM_EAST, 6),
            "lat": np.round(table["lat"].to_numpy()[pick] + spread[1] * KM_NORTH, 6),
        }
    )


def _word(name: str) -> str:
    """A short trade word from an industry's name: 泵、阀门、压缩机及类似机械制造 → 泵."""
    head = re.split("[、及和]", name)[0]
    for tail in ("专用设备制造", "设备制造", "制造业", "制造", "加工", "生产", "业"):
        if head.endswith(tail) and len(head) > len(tail):
            return head.removesuffix(tail)
    return head


def _texts(rng: np.random.Generator, codes: list[str]) -> pl.DataFrame:
    """Name, products and materials of each firm."""
    known = {row["code"]: row for row in settings("cluster")["industries"]}
    names = dict(industries().select("code", "name_zh").iter_rows())
    draws = rng.random((len(codes), 4))
    rows: list[tuple[str, str, str]] = []
    for number, (code, draw) in enumerate(zip(codes, draws, strict=True), start=1):
        row = known.get(code)
        words = row["words"] if row else [_word(names[code])]
        goods = row["products"] if row else [_word(names[code])]
        first = int(draw[1] * len(goods))
        made = [
            goods[(first + k) % len(goods)] for k in range(min(len(goods), 1 + int(draw[2] * 3)))
        ]
        used = row["materials"][: 1 + int(draw[3] * len(row["materials"]))] if row else []
        name = f"合成{words[int(draw[0] * len(words))]}{number:04d}有限公司"
        rows.append((name, ";".join(made), ";".join(used)))
    return pl.DataFrame(rows, schema=["name", "products", "materials"], orient="row")


def register(rng: np.random.Generator, panel_cells: np.ndarray, firms: int) -> Register:
    """Return ``firms`` firms of the demo county, in a shuffled order as registers have it."""
    plan = _plan(panel_cells, firms)
    repeated = plan.select(pl.exclude("full", "firms").repeat_by("firms").explode())
    body = repeated.filter(pl.col("code").is_not_null()).sample(
        fraction=1.0, shuffle=True, seed=int(rng.integers(2**31))
    )
    day, closed, status = _dates(rng, body.height)
    table = pl.concat(
        [
            pl.DataFrame({"firm": issue(COUNTY, body.height)}),
            _texts(rng, body["code"].to_list()),
            _sites(rng, body["kind"].to_numpy()),
            body.with_columns(pl.col("code").str.slice(0, 3).alias("group")),
            pl.DataFrame(
                {
                    "status": status,
                    "founded": [dt.date.fromordinal(int(d)) for d in day],
                    "closed": closed,
                }
            ),
        ],
        how="horizontal",
    )
    return Register(table)


@dataclass(frozen=True, slots=True)
class Panel:
    """Arrays firms × years (``YEARS``); money in 万元; ``present`` tells who existed.

    ``values`` holds output, revenue, value_added, tax, employment, electricity_kwh, energy_kgce,
    land_m2, rd_expense and exports, 0 where a firm was not present.
    """

    present: np.ndarray
    values: dict[str, np.ndarray]


def _staff(rng: np.random.Generator, table: pl.DataFrame, staff: np.ndarray) -> np.ndarray:
    """Base staff: lognormal around the industry's median, with a few firms that lead the chain."""
    base = staff * table["size"].to_numpy() * np.exp(rng.normal(0, 0.9, table.height))
    for code, factor in (("1763", 5.0), ("1830", 4.0), ("1821", 3.0), ("1711", 3.0)):
        mine = np.flatnonzero(
            (table["code"] == code).to_numpy() & (table["closed"] == 0).to_numpy()
        )
        leaders = mine[np.argsort(-base[mine], kind="stable")[: max(1, len(mine) // 160)]]
        base[leaders] *= factor
    return base


def panel(rng: np.random.Generator, firms: Register) -> Panel:
    """Return what every firm did in each year."""
    table = firms.table
    place = {code: i for i, code in enumerate(groups())}
    index = np.array([place[code] for code in table["group"]])
    years = np.array(YEARS)
    founded = table["founded"].dt.year().to_numpy()[:, None]
    closed = table["closed"].to_numpy()[:, None]
    present = (founded <= years) & ((closed == 0) | (years < closed))
    ramp = np.where(founded == years, 0.45, np.where(founded == years - 1, 0.8, 1.0))
    wobble = np.cumprod(np.exp(rng.normal(0.005, 0.06, present.shape)), axis=1)
    base = _staff(rng, table, sector_trait("staff")[index])[:, None]
    employment = np.maximum(np.rint(base * ramp * wobble), 1.0)
    worker = sector_trait("worker")[index][:, None] * np.exp(rng.normal(0, 0.28, (table.height, 1)))
    rise = 1.035 ** (years - 2023)
    output = np.maximum(np.rint(employment * worker * rise * _noise(rng, present, 0.07)), 1.0)
    va = sector_trait("va")[index][:, None] * np.exp(rng.normal(0, 0.15, (table.height, 1)))
    value_added = np.rint(output * np.clip(va * _noise(rng, present, 0.05), 0.05, 0.85))
    revenue = np.rint(output * rng.uniform(0.93, 1.03, present.shape))
    found = {
        "output": output,
        "revenue": revenue,
        "value_added": value_added,
        "tax": np.rint(value_added * rng.uniform(0.05, 0.19, present.shape)),
        "employment": employment,
        **_energy(rng, output, sector_trait("energy")[index][:, None]),
        "land_m2": np.rint(base * rng.uniform(50, 190, (table.height, 1))) * np.ones(len(years)),
        **_effort(rng, table, revenue),
    }
    return Panel(present, {k: np.where(present, v, 0).astype(np.int64) for k, v in found.items()})


def _noise(rng: np.random.Generator, like: np.ndarray, sigma: float) -> np.ndarray:
    return np.exp(rng.normal(0, sigma, like.shape))


def _energy(
    rng: np.random.Generator, output: np.ndarray, intensity: np.ndarray
) -> dict[str, np.ndarray]:
    """Energy in kgce and electricity in kWh (0.1229 kgce/kWh, GB/T 2589-2020, equivalent value)."""
    total = np.rint(output * intensity * _noise(rng, output, 0.25))
    electric = np.clip(rng.normal(0.62, 0.12, (len(output), 1)), 0.25, 0.95)
    return {"electricity_kwh": np.rint(total * electric / 0.1229), "energy_kgce": total}


def _effort(
    rng: np.random.Generator, table: pl.DataFrame, revenue: np.ndarray
) -> dict[str, np.ndarray]:
    """R&D expense (a quarter of the firms have some) and exports of firms that sell outside."""
    count = table.height
    researches = rng.random(count) < np.where(table["kind"] == "machine", 0.6, 0.24)
    intensity = np.where(researches, rng.gamma(2.2, 0.011, count), 0.0)
    ships = rng.random(count) < np.where(table["kind"].is_in(["sock", "trade"]), 0.28, 0.08)
    share = np.where(ships, rng.beta(2, 3, count) * table["outside"].to_numpy(), 0.0)
    return {
        "rd_expense": np.rint(revenue * intensity[:, None]),
        "exports": np.rint(revenue * share[:, None]),
    }


def with_scale(firms: Register, years: Panel) -> pl.DataFrame:
    """Return the register with ``scale`` by the last year's staff and revenue (null if unknown)."""
    table = firms.table
    return table.with_columns(
        scale(
            table["group"],
            pl.Series(years.values["employment"][:, -1]),
            pl.Series(years.values["revenue"][:, -1]),
            known=pl.Series(years.present[:, -1]),
        ).alias("scale")
    )


def cells(firms: Register, years: Panel) -> dict[str, np.ndarray]:
    """Return the county's industry cells: years × :func:`groups`, by sums over its firms."""
    place = {code: i for i, code in enumerate(groups())}
    index = np.array([place[code] for code in firms.table["group"]])

    def total(values: np.ndarray) -> np.ndarray:
        found = np.zeros((len(groups()), len(YEARS)), dtype=np.int64)
        np.add.at(found, index, values)
        return found.T

    names = ("employment", "output", "value_added", "tax")
    return {
        "establishments": total(years.present.astype(np.int64)),
        **{name: total(years.values[name]) for name in names},
    }


def sectors_of(table: pl.DataFrame) -> list[str]:
    """Return the main input–output sector of each firm."""
    return [main_sector()[code] for code in table["group"]]
