"""The peer counties' industries, 2019–2025: latent relatedness, births and deaths.

Establishments follow a birth–death process around an intensity that is county size × industry size
× exp(latent factors); counties' factors are smooth in space. So industries that use the same
capabilities appear together, and an absent industry with a high intensity tends to enter: a
back-test of an entry model finds a real signal, beyond size alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from jiqun.demo.reference import groups, industries, main_sector, sector_trait

YEARS = tuple(range(2019, 2026))
MEASURES = ("establishments", "employment", "output", "value_added", "tax")


@dataclass(frozen=True, slots=True)
class Dynamics:
    """Parameters of the process; shares per year, lengths in degrees."""

    factors: int = 5
    strength: float = 1.75  # standard deviation of the log intensity due to the factors
    own: float = 0.35  # … of what no factor explains
    reach: float = 0.45  # distance at which two counties' factors correlate by exp(−1)
    turnover: float = 0.075  # establishments that close in a year, and open where intensity is met
    unseen: float = 0.3  # share of county × industry pairs that have not begun in the first year
    density: float = 880.0  # establishments of a county of mean size


@dataclass(frozen=True, slots=True)
class Panel:
    """Arrays are years × counties × industries; money in 万元."""

    counties: tuple[str, ...]
    industries: tuple[str, ...]
    growth: np.ndarray  # yearly growth of each industry, nation-wide
    values: dict[str, np.ndarray]


def _factors(rng: np.random.Generator, places: pl.DataFrame, p: Dynamics) -> np.ndarray:
    """Log intensity due to capabilities, counties × industries, standard deviation ``strength``."""
    where = places.select("lon", "lat").to_numpy()
    distance = np.linalg.norm(where[:, None] - where[None], axis=2)
    smooth = np.linalg.cholesky(np.exp(-distance / p.reach) + 1e-9 * np.eye(len(where)))
    county = smooth @ rng.normal(size=(len(where), p.factors))
    sectors = [main_sector()[code] for code in groups()]
    centre = {code: rng.normal(size=p.factors) for code in sorted(set(sectors))}
    industry = np.array([centre[code] for code in sectors])
    industry = 0.75 * industry + 0.66 * rng.normal(size=industry.shape)
    found = county @ industry.T
    return p.strength * found / found.std() + p.own * rng.normal(size=found.shape)


def _weights(rng: np.random.Generator, output: dict[str, float]) -> np.ndarray:
    """National weight of each industry, in establishments: its share of its sector's output."""
    sectors = np.array([main_sector()[code] for code in groups()])
    raw = np.exp(rng.normal(0, 0.7, len(sectors)))
    for sector in set(sectors.tolist()):
        mine = sectors == sector
        raw[mine] *= output[sector] / raw[mine].sum()
    return raw / (sector_trait("worker") * sector_trait("staff"))


def _establishments(rng: np.random.Generator, intensity: np.ndarray, p: Dynamics) -> np.ndarray:
    """Birth–death counts, years × counties × industries."""
    # Some capable counties do not have the industry yet: those are the entries to come.
    begun = rng.random(intensity.shape[1:]) >= p.unseen
    count = rng.poisson(intensity[0] * begun)
    path = [count]
    for expected in intensity[1:]:
        survivors = rng.binomial(count, 1 - p.turnover)
        count = survivors + rng.poisson(p.turnover * expected)
        path.append(count)
    return np.array(path)


def _money(
    rng: np.random.Generator, count: np.ndarray, growth: np.ndarray
) -> dict[str, np.ndarray]:
    """Employment, output, value added and tax of cells with ``count`` establishments."""
    years = np.arange(len(count))[:, None, None]
    cell = count.shape[1:]
    staff = 1.35 * sector_trait("staff") * np.exp(rng.normal(0, 0.25, cell[1]))
    level = staff * np.exp(rng.normal(0, 0.4, cell))
    wobble = np.exp(rng.normal(0, 0.06, count.shape))
    employment = np.maximum(np.rint(count * level * wobble), count).astype(np.int64)
    worker = sector_trait("worker") * np.exp(rng.normal(0, 0.15, cell))
    rise = (1 + 0.6 * growth) ** years
    output = np.rint(employment * worker * rise * np.exp(rng.normal(0, 0.05, count.shape)))
    share = np.clip(sector_trait("va") * np.exp(rng.normal(0, 0.08, count.shape)), 0.08, 0.85)
    value_added = np.rint(output * share)
    tax = np.rint(value_added * rng.uniform(0.09, 0.17, count.shape))
    return {
        "establishments": count,
        "employment": employment,
        "output": output.astype(np.int64),
        "value_added": value_added.astype(np.int64),
        "tax": tax.astype(np.int64),
    }


def simulate(
    rng: np.random.Generator,
    places: pl.DataFrame,
    output: dict[str, float],
    *,
    dynamics: Dynamics | None = None,
) -> Panel:
    """Return the panel of every county.

    Args:
        rng: source of chance.
        places: counties with lon, lat and size.
        output: national output by sector code, any unit; only its proportions matter.
        dynamics: parameters of the process.
    """
    p = dynamics or Dynamics()
    relative = np.exp(_factors(rng, places, p))
    weights = _weights(rng, output)
    size = places["size"].to_numpy()
    expected = size[:, None] * relative / (size[:, None] * relative).sum(axis=0)
    expected *= weights / weights.sum() * p.density * len(size)
    growth = np.clip(rng.normal(0.045, 0.05, len(weights)), -0.08, 0.18)
    years = np.arange(len(YEARS))[:, None, None]
    count = _establishments(rng, expected * (1 + growth) ** years, p)
    return Panel(tuple(places["place"]), tuple(groups()), growth, _money(rng, count, growth))


def entries(panel: Panel, first: int, last: int) -> int:
    """Number of county × industry pairs without establishments in ``first`` and with in ``last``."""
    count = panel.values["establishments"]
    before, after = count[YEARS.index(first)], count[YEARS.index(last)]
    return int(((before == 0) & (after > 0)).sum())


def wide(panel: Panel) -> pl.DataFrame:
    """Return the panel as a table: place, industry, name_zh, year and one column per measure."""
    shape = panel.values["establishments"].shape
    year, county, industry = (axis.ravel() for axis in np.indices(shape))
    names = dict(industries().select("code", "name_zh").iter_rows())
    codes = np.array(panel.industries)
    return pl.DataFrame(
        {
            "place": np.array(panel.counties)[county],
            "industry": codes[industry],
            "name_zh": np.array([names[code] for code in panel.industries])[industry],
            "year": np.array(YEARS)[year],
            **{name: panel.values[name].ravel() for name in MEASURES},
        }
    )
