"""Invented places: one country, one province, nine cities, 81 counties, and the towns of one.

The coordinates lie in the open ocean (150–154° E, 30–34° N), so that no real land is meant.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from jiqun.demo.reference import settings

COUNTRY, PROVINCE, CITY, COUNTY = "XX", "99", "9901", "990101"
PEER_CITIES, PEERS_PER_CITY = 8, 10
CENTRE = (152.0, 32.0)  # of the demo county, degrees
KM_PER_DEGREE = 111.2


def county_codes() -> list[str]:
    """Return the 81 counties, the demo county first."""
    peers = [
        f"99{city:02d}{county:02d}"
        for city in range(2, PEER_CITIES + 2)
        for county in range(1, PEERS_PER_CITY + 1)
    ]
    return [COUNTY, *peers]


def counties(rng: np.random.Generator) -> pl.DataFrame:
    """Return place, name_zh, name_en, parent, level, lon, lat, population, area_km2, size.

    ``size`` is the relative size of the county's industry (heavy-tailed, mean 1).
    """
    codes = county_codes()
    angle = np.linspace(0, 2 * np.pi, PEER_CITIES, endpoint=False) + 0.3
    city = np.array([int(code[2:4]) - 2 for code in codes[1:]])
    lon = CENTRE[0] + 1.2 * np.cos(angle[city]) + rng.normal(0, 0.28, len(city))
    lat = CENTRE[1] + 1.0 * np.sin(angle[city]) + rng.normal(0, 0.24, len(city))
    size = np.exp(rng.normal(0, 0.85, len(codes)))
    size[0] = 1.6
    size /= size.mean()
    population = np.rint(430_000 * size**0.55 * rng.uniform(0.75, 1.3, len(codes)))
    return pl.DataFrame(
        {
            "place": codes,
            "name_zh": [
                "合成示例县（袜业）",
                *[f"合成县{i:02d}" for i in range(2, len(codes) + 1)],
            ],
            "name_en": [
                "Synthetic Demo County (socks)",
                *[f"Synthetic County {i:02d}" for i in range(2, len(codes) + 1)],
            ],
            "parent": [code[:4] for code in codes],
            "level": "county",
            "lon": np.round([CENTRE[0], *lon], 4),
            "lat": np.round([CENTRE[1], *lat], 4),
            "population": population.astype(np.int64),
            "area_km2": np.round(rng.uniform(700, 2600, len(codes)), 1),
            "size": size,
        }
    )


def towns() -> pl.DataFrame:
    """Return the towns and parks of the demo county: the columns of ``counties`` without size."""
    rows = settings("cluster")["towns"]
    return pl.DataFrame(
        {
            "place": [f"{COUNTY}{i:03d}" for i in range(1, len(rows) + 1)],
            "name_zh": [row["zh"] for row in rows],
            "name_en": [row["en"] for row in rows],
            "parent": COUNTY,
            "level": [row["level"] for row in rows],
            "lon": [round(CENTRE[0] + row["east"] / 94.3, 4) for row in rows],  # km at 32° N
            "lat": [round(CENTRE[1] + row["north"] / KM_PER_DEGREE, 4) for row in rows],
            "population": [row["population"] for row in rows],
            "area_km2": [float(row["area"]) for row in rows],
        }
    )


def table(districts: pl.DataFrame) -> pl.DataFrame:
    """Return the whole place table, from the country down to the towns."""
    above = [
        (COUNTRY, "合成国", "Synthetic Country", None, "country"),
        (PROVINCE, "合成省", "Synthetic Province", COUNTRY, "province"),
    ]
    above += [
        (f"99{i:02d}", f"合成市{i:02d}", f"Synthetic City {i:02d}", PROVINCE, "city")
        for i in range(1, PEER_CITIES + 2)
    ]
    top = pl.DataFrame(
        above, schema=["place", "name_zh", "name_en", "parent", "level"], orient="row"
    )
    return pl.concat([top, districts.drop("size"), towns()], how="diagonal")
